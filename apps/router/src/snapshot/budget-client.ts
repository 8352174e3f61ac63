import { type BudgetLeaseReply, BudgetLeaseReplySchema, type BudgetSpec, SUBJECTS } from '@tollgate/contracts';
import { type Clock, decodeJson, encodeJson } from '@tollgate/kernel';
import { type BudgetCall, type BudgetTicket, type BudgetVerdict, type BudgetView, LocalBudgets } from '@tollgate/policy';
import type { Logger } from '@tollgate/telemetry';
import type { Transport } from '@tollgate/transport';

const LEASE_MS_MAX = 2_000;
const TICK_MS = 100;
const IN_FLIGHT_MAX = 16;

export interface BudgetParts {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The spool's instance: whoever replays its folder can tell auth that this router owes nothing more. */
  readonly holder: string;
  /** Called before the first question: from then on somebody must close this holder. */
  onFirst(): void;
}

/** Carries the questions of {@link LocalBudgets} to auth: all budgets of one turn of the event loop in one message. */
export class BudgetClient {
  private readonly budgets: LocalBudgets;
  private readonly timer: NodeJS.Timeout;
  private scheduled = false;
  private inFlight = 0;
  private asked = false;
  private closed = false;

  constructor(private readonly parts: BudgetParts) {
    this.budgets = new LocalBudgets({ clock: parts.clock, holder: parts.holder });
    this.timer = setInterval(this.onTick, TICK_MS);
    this.timer.unref();
  }

  get blocking(): BudgetSpec | null {
    return this.budgets.blocking;
  }

  check(specs: readonly BudgetSpec[], nano: number, currency: string): BudgetVerdict {
    const verdict = this.budgets.check(specs, nano, currency);
    if (this.budgets.pending) this.schedule();
    return verdict;
  }

  reserve(specs: readonly BudgetSpec[], nano: number, currency: string): BudgetTicket {
    const ticket = this.budgets.reserve(specs, nano, currency);
    if (this.budgets.pending) this.schedule();
    return ticket;
  }

  whenSettled(id: string, listener: () => void): void {
    this.budgets.whenSettled(id, listener);
  }

  view(id: string, nano: number): BudgetView | null {
    return this.budgets.view(id, nano);
  }

  /** Nothing is asked any more; what is out is freed with the spool's folder. */
  close(): void {
    this.closed = true;
    clearInterval(this.timer);
  }

  private readonly onTick = (): void => {
    this.budgets.tick();
    if (this.budgets.pending) this.schedule();
  };

  private schedule(): void {
    if (this.scheduled || this.closed) return;
    this.scheduled = true;
    setImmediate(this.send);
  }

  private readonly send = (): void => {
    this.scheduled = false;
    while (this.inFlight < IN_FLIGHT_MAX && !this.closed) {
      const call = this.budgets.nextRequest();
      if (call === null) return;
      this.inFlight += 1;
      void this.ask(call);
    }
  };

  private async ask(call: BudgetCall): Promise<void> {
    let reply: BudgetLeaseReply | null = null;
    try {
      if (!this.asked) this.parts.onFirst();
      this.asked = true;
      const answer = await this.parts.transport.request(SUBJECTS.budgetLease, encodeJson(call.request), {
        timeoutMs: LEASE_MS_MAX,
      });
      reply = BudgetLeaseReplySchema.parse(decodeJson(answer));
    } catch (error) {
      this.parts.logger.debug({ error }, 'no money from the budget authority');
    }
    this.inFlight -= 1;
    this.budgets.settle(call, reply);
    if (this.budgets.pending) this.schedule();
  }
}

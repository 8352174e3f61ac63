import type { BudgetLeaseReply, BudgetLeaseRequest, BudgetSpec } from '@tollgate/contracts';
import type { Clock } from '@tollgate/kernel';
import type { BudgetTicket } from './budget-ticket.js';
import { type BudgetAnswer, type BudgetVerdict, type BudgetView, LocalBudget } from './local-budget.js';

/** One question under way: send `request`, then hand the reply (or null where none came) to {@link LocalBudgets.settle}. */
export interface BudgetCall {
  readonly request: BudgetLeaseRequest;
  /** Monotonic milliseconds. */
  readonly sentAt: number;
  readonly budgets: readonly LocalBudget[];
}

export interface LocalBudgetsSettings {
  readonly clock: Clock;
  /** That of the spool in which the reservations are on file. */
  readonly holder: string;
}

const ASKS_MAX = 256;

/**
 * A router's share of the budgets that all routers have in common: reserves from money leased from the authority, never more.
 * Does no io, as {@link LocalQuota}.
 */
export class LocalBudgets {
  readonly #clock: Clock;
  readonly #holder: string;
  readonly #budgets = new Map<string, LocalBudget>();
  readonly #asking = new Set<LocalBudget>();
  #blocking: BudgetSpec | null = null;

  constructor(settings: LocalBudgetsSettings) {
    this.#clock = settings.clock;
    this.#holder = settings.holder;
  }

  get pending(): boolean {
    return this.#asking.size > 0;
  }

  get size(): number {
    return this.#budgets.size;
  }

  /** The budget that the last {@link check} stopped at. */
  get blocking(): BudgetSpec | null {
    return this.#blocking;
  }

  /** Whether every hard one of the budgets has so much left; where leases are missing the call is counted among those who wait. */
  check(specs: readonly BudgetSpec[], nano: number, currency: string): BudgetVerdict {
    const now = this.#clock.monotonic();
    let worst: BudgetVerdict = 'ok';
    this.#blocking = null;
    for (const spec of specs) {
      if (!spec.hard) continue;
      const verdict = this.#of(spec.id).check(nano, currency, now);
      if (verdict === 'ok') continue;
      this.#blocking = spec;
      worst = verdict;
      // Refused by one: nobody is asked to lend for the others.
      if (verdict !== 'need_lease') return verdict;
    }
    if (worst === 'need_lease') this.#waitFor(specs, nano, currency, now);
    return worst;
  }

  /** After {@link check} has said `ok`, in the same turn. */
  reserve(specs: readonly BudgetSpec[], nano: number, currency: string): BudgetTicket {
    const now = this.#clock.monotonic();
    const reservations = [];
    const soft: string[] = [];
    for (const spec of specs) {
      if (!spec.hard) {
        soft.push(spec.id);
        continue;
      }
      const budget = this.#of(spec.id);
      reservations.push({ budget, money: budget.reserve(nano, now) });
      this.#noteWishes(budget);
    }
    return { currency, nano, reservations, soft, settled: null };
  }

  whenSettled(id: string, listener: () => void): void {
    const budget = this.#budgets.get(id);
    if (budget === undefined) listener();
    else budget.listeners.push(listener);
  }

  nextRequest(): BudgetCall | null {
    if (this.#asking.size === 0) return null;
    const sentAt = this.#clock.monotonic();
    const budgets: LocalBudget[] = [];
    const asks: BudgetLeaseRequest['budgets'] = [];
    for (const budget of this.#asking) {
      if (asks.length === ASKS_MAX) break;
      this.#asking.delete(budget);
      budgets.push(budget);
      asks.push(budget.ask(sentAt));
    }
    return { request: { v: 1, holder: this.#holder, budgets: asks }, sentAt, budgets };
  }

  /** `null` = no reply came in time: the question is put again at the next {@link tick}. */
  settle(call: BudgetCall, reply: BudgetLeaseReply | null): void {
    const now = this.#clock.monotonic();
    const answers = new Map<string, BudgetAnswer>();
    if (reply?.status === 'ok') for (const answer of reply.budgets) answers.set(answer.budget, answer);
    for (const budget of call.budgets) budget.answered(answers.get(budget.id) ?? null, call.sentAt, now);
    for (const budget of call.budgets) {
      if (answers.has(budget.id)) this.#noteWishes(budget);
      for (const listener of budget.listeners.splice(0)) listener();
    }
  }

  /** Has what nobody uses given back, and forgets budgets that nobody asks for; a few times a second. */
  tick(): void {
    const now = this.#clock.monotonic();
    for (const budget of this.#budgets.values()) {
      budget.tick(now);
      if (budget.wantsAsk) this.#asking.add(budget);
      else if (budget.forgettable(now) && budget.listeners.length === 0) this.#budgets.delete(budget.id);
    }
  }

  view(id: string, nano: number): BudgetView | null {
    return this.#budgets.get(id)?.view(nano, this.#clock.monotonic()) ?? null;
  }

  #of(id: string): LocalBudget {
    const known = this.#budgets.get(id);
    if (known !== undefined) return known;
    const made = new LocalBudget(id);
    this.#budgets.set(id, made);
    return made;
  }

  #waitFor(specs: readonly BudgetSpec[], nano: number, currency: string, now: number): void {
    for (const spec of specs) {
      if (!spec.hard) continue;
      const budget = this.#of(spec.id);
      if (budget.check(nano, currency, now) === 'need_lease') budget.wait(nano);
      this.#noteWishes(budget);
    }
  }

  #noteWishes(budget: LocalBudget): void {
    if (budget.wantsAsk) this.#asking.add(budget);
  }
}

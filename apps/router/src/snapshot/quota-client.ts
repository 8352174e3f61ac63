import { type QuotaLeaseReply, QuotaLeaseReplySchema, type RateLimit, SUBJECTS } from '@tollgate/contracts';
import { type Clock, decodeJson, encodeJson } from '@tollgate/kernel';
import { type CountedLimit, type Hold, LocalQuota, type QuotaCall, type QuotaView, type TakeVerdict } from '@tollgate/policy';
import type { Logger } from '@tollgate/telemetry';
import type { Transport } from '@tollgate/transport';

const LEASE_MS_MAX = 2_000;
const TICK_MS = 200;
const IN_FLIGHT_MAX = 16;

export interface QuotaParts {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly holder: string;
}

/** Carries the questions of {@link LocalQuota} to auth: all buckets of one turn of the event loop in one message. */
export class QuotaClient {
  private readonly quota: LocalQuota;
  private readonly timer: NodeJS.Timeout;
  private scheduled = false;
  private inFlight = 0;

  constructor(private readonly parts: QuotaParts) {
    this.quota = new LocalQuota({ clock: parts.clock, holder: parts.holder });
    this.timer = setInterval(this.onTick, TICK_MS);
    this.timer.unref();
  }

  tryTake(bucket: string, rate: RateLimit): TakeVerdict {
    const verdict = this.quota.tryTake(bucket, rate);
    if (this.quota.pending) this.schedule();
    return verdict;
  }

  /** The limit that the last {@link check} stopped at. */
  get blocking(): CountedLimit | null {
    return this.quota.blocking;
  }

  check(limits: readonly CountedLimit[], tokens: number, holdMs: number): TakeVerdict {
    const verdict = this.quota.check(limits, tokens, holdMs);
    if (this.quota.pending) this.schedule();
    return verdict;
  }

  take(limits: readonly CountedLimit[], tokens: number, holdMs: number, holds: Hold[]): void {
    this.quota.take(limits, tokens, holdMs, holds);
    if (this.quota.pending) this.schedule();
  }

  release(holds: readonly Hold[], tokensUsed: number): void {
    this.quota.release(holds, tokensUsed);
    if (this.quota.pending) this.schedule();
  }

  retryAfterMs(limit: CountedLimit, tokens: number): number {
    return this.quota.retryAfterMs(limit, tokens);
  }

  whenSettled(bucket: string, listener: () => void): void {
    this.quota.whenSettled(bucket, listener);
  }

  view(bucket: string): QuotaView | null {
    return this.quota.view(bucket);
  }

  close(): void {
    clearInterval(this.timer);
  }

  private readonly onTick = (): void => {
    this.quota.tick();
    if (this.quota.pending) this.schedule();
  };

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(this.send);
  }

  private readonly send = (): void => {
    this.scheduled = false;
    while (this.inFlight < IN_FLIGHT_MAX) {
      const call = this.quota.nextRequest();
      if (call === null) return;
      this.inFlight += 1;
      void this.ask(call);
    }
  };

  private async ask(call: QuotaCall): Promise<void> {
    let reply: QuotaLeaseReply | null = null;
    try {
      const answer = await this.parts.transport.request(SUBJECTS.quotaLease, encodeJson(call.request), {
        timeoutMs: LEASE_MS_MAX,
      });
      reply = QuotaLeaseReplySchema.parse(decodeJson(answer));
    } catch (error) {
      this.parts.logger.debug({ error }, 'no lease from the quota authority');
    }
    this.inFlight -= 1;
    this.quota.settle(call, reply);
    if (this.quota.pending) this.schedule();
  }
}

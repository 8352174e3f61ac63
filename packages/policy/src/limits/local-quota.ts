import type { QuotaLeaseReply, QuotaLeaseRequest, RateLimit } from '@tollgate/contracts';
import type { Clock } from '@tollgate/kernel';
import type { Hold } from './held-lease.js';
import { LocalBucket } from './local-bucket.js';
import type { CountedLimit, LeaseAnswer, QuotaView, TakeVerdict } from './take-verdict.js';

/** One question under way: send `request`, then hand the reply (or null where none came) to {@link LocalQuota.settle}. */
export interface QuotaCall {
  readonly request: QuotaLeaseRequest;
  /** Monotonic milliseconds; leases run from here, not from the reply. */
  readonly sentAt: number;
  readonly buckets: readonly LocalBucket[];
}

export interface LocalQuotaSettings {
  readonly clock: Clock;
  /** Id of this process, fresh at each start. */
  readonly holder: string;
  /** Buckets kept; the one unused for longest makes room, and what it still held counts as spent. */
  readonly bucketsMax?: number;
}

const BUCKETS_MAX = 100_000;
const ASKS_MAX = 256;

/**
 * A router's share of the limits that all routers have in common: spends slices leased from the quota authority, never
 * more. Does no io: whoever owns it sends what {@link nextRequest} returns whenever {@link pending} is true, and calls
 * {@link tick} a few times a second.
 */
export class LocalQuota {
  readonly #clock: Clock;
  readonly #holder: string;
  readonly #bucketsMax: number;
  readonly #buckets = new Map<string, LocalBucket>();
  readonly #asking = new Set<LocalBucket>();
  #blocking: CountedLimit | null = null;

  constructor(settings: LocalQuotaSettings) {
    this.#clock = settings.clock;
    this.#holder = settings.holder;
    this.#bucketsMax = settings.bucketsMax ?? BUCKETS_MAX;
  }

  /** True where {@link nextRequest} would return something. */
  get pending(): boolean {
    return this.#asking.size > 0;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** The limit that the last {@link check} stopped at. */
  get blocking(): CountedLimit | null {
    return this.#blocking;
  }

  /**
   * Whether a call could take from every one of the limits: one request, one slot, so many tokens. Takes nothing; where leases
   * are missing it is counted among those who wait for them. `holdMs`: the call is over by then.
   */
  check(limits: readonly CountedLimit[], tokens: number, holdMs: number): TakeVerdict {
    const now = this.#clock.monotonic();
    let worst: TakeVerdict = 'taken';
    this.#blocking = null;
    for (const limit of limits) {
      const bucket = this.#bucketOf(limit);
      const verdict = bucket.check(limit.rate, amountOf(limit, tokens), holdMs, now);
      if (verdict === 'taken') continue;
      this.#blocking = limit;
      worst = verdict;
      // Refused by one: nobody is asked to lend for the others.
      if (verdict !== 'need_lease') return verdict;
    }
    if (worst === 'need_lease') this.#waitFor(limits, tokens, holdMs, now);
    return worst;
  }

  /** After {@link check} has said `taken`, in the same turn: takes from all. What may come back is pushed to `holds`. */
  take(limits: readonly CountedLimit[], tokens: number, holdMs: number, holds: Hold[]): void {
    const now = this.#clock.monotonic();
    for (const limit of limits) {
      const bucket = this.#bucketOf(limit);
      if (limit.kind === 'requests') bucket.take(1, now);
      else holds.push(bucket.takeHeld(amountOf(limit, tokens), now, now + holdMs));
      this.#noteWishes(bucket);
    }
  }

  /** The call is over: its slots come back, and what it did not use of its tokens. Once per hold, whoever asks. */
  release(holds: readonly Hold[], tokensUsed: number): void {
    const now = this.#clock.monotonic();
    for (const hold of holds) {
      const bucket = hold.owner as LocalBucket;
      bucket.release(hold, bucket.slots ? 0 : tokensUsed, now);
      if (bucket.wantsReport) this.#asking.add(bucket);
    }
  }

  /** Milliseconds until a call of so many tokens may be admitted by this limit, as far as is known here. */
  retryAfterMs(limit: CountedLimit, tokens: number): number {
    return this.#buckets.get(limit.bucket)?.retryAfterMs(amountOf(limit, tokens), this.#clock.monotonic()) ?? 0;
  }

  /** Takes one from the bucket (for instance `requests:tok_...`). No allocation once the bucket is known. */
  tryTake(key: string, rate: RateLimit): TakeVerdict {
    const bucket = this.#buckets.get(key) ?? this.#add(key, rate, 'requests');
    const verdict = bucket.tryTake(rate, this.#clock.monotonic());
    this.#noteWishes(bucket);
    return verdict;
  }

  /** Runs the listener once, when the question under way (or next to be sent) for the bucket has been settled. Must not throw. */
  whenSettled(key: string, listener: () => void): void {
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) listener();
    else bucket.listeners.push(listener);
  }

  /** The next question to the authority, null where there is none. One at a time per bucket. */
  nextRequest(): QuotaCall | null {
    if (this.#asking.size === 0) return null;
    const sentAt = this.#clock.monotonic();
    const buckets: LocalBucket[] = [];
    const leases: QuotaLeaseRequest['leases'] = [];
    for (const bucket of this.#asking) {
      if (leases.length === ASKS_MAX) break;
      this.#asking.delete(bucket);
      buckets.push(bucket);
      leases.push(bucket.ask(sentAt));
    }
    return { request: { v: 1, holder: this.#holder, leases }, sentAt, buckets };
  }

  /** Books the reply; `null` = none came in time, or an error: whatever the authority may have granted is left unspent. */
  settle(call: QuotaCall, reply: QuotaLeaseReply | null): void {
    const now = this.#clock.monotonic();
    const answers = new Map<string, LeaseAnswer>();
    if (reply?.status === 'ok') for (const answer of reply.leases) answers.set(answer.bucket, answer);
    for (const bucket of call.buckets) bucket.settle(answers.get(bucket.key) ?? null, call.sentAt, now);
    for (const bucket of call.buckets) {
      // What could not be told is told again at the next tick, not at once.
      if (bucket.wantsLease || (answers.has(bucket.key) && bucket.wantsReport)) this.#asking.add(bucket);
      for (const listener of bucket.listeners.splice(0)) listener();
    }
  }

  /** Ends leases whose time is up, has what is left of them reported, and forgets buckets that nobody uses. */
  tick(): void {
    const now = this.#clock.monotonic();
    for (const bucket of this.#buckets.values()) {
      bucket.tick(now);
      if (bucket.wantsReport) this.#asking.add(bucket);
      else if (bucket.forgettable(now)) this.#forget(bucket);
    }
  }

  /** null where the bucket is not known here. */
  view(key: string): QuotaView | null {
    return this.#buckets.get(key)?.view(this.#clock.monotonic()) ?? null;
  }

  #bucketOf({ bucket, kind, rate }: CountedLimit): LocalBucket {
    return this.#buckets.get(bucket) ?? this.#add(bucket, rate, kind);
  }

  #waitFor(limits: readonly CountedLimit[], tokens: number, holdMs: number, now: number): void {
    for (const limit of limits) {
      const bucket = this.#bucketOf(limit);
      const amount = amountOf(limit, tokens);
      if (bucket.check(limit.rate, amount, holdMs, now) === 'need_lease') bucket.wait(amount);
      this.#noteWishes(bucket);
    }
  }

  #noteWishes(bucket: LocalBucket): void {
    if (bucket.wantsLease || bucket.wantsReport) this.#asking.add(bucket);
  }

  #add(key: string, rate: RateLimit, kind: CountedLimit['kind']): LocalBucket {
    if (this.#buckets.size >= this.#bucketsMax) {
      const [oldest] = this.#buckets.values();
      if (oldest !== undefined) this.#forget(oldest);
    }
    const bucket = new LocalBucket(key, rate, kind);
    this.#buckets.set(key, bucket);
    return bucket;
  }

  #forget(bucket: LocalBucket): void {
    this.#buckets.delete(bucket.key);
    this.#asking.delete(bucket);
    for (const listener of bucket.listeners.splice(0)) listener();
  }
}

const amountOf = (limit: CountedLimit, tokens: number): number => (limit.kind === 'tokens' ? tokens : 1);

import type { RateLimit } from '@tollgate/contracts';
import type { LeaseAnswer, LeaseAsk, QuotaView, TakeVerdict } from './take-verdict.js';

interface HeldLease {
  readonly id: string;
  readonly granted: number;
  spent: number;
  /** Monotonic milliseconds. */
  readonly endsAt: number;
  lastSpentAt: number;
}

/** A call that waits longer than this for the authority is told that the quota is not available. */
const PATIENCE_MS = 50;
/** After a failed question the authority is left alone for so long. */
const BACKOFF_MS = 250;
const FORGET_AFTER_MS = 60_000;
/** Ask for more when less than this share of the last slice is left. */
const LOW_SHARE = 0.25;
/** Spent leases are worth a message of their own from this share of the burst on. */
const REPORT_SHARE = 0.02;
/** Time since the last spending is told a little short, in case our clock runs faster than the authority's. */
const CLOCK_TRUST = 0.99;

/** The state of one bucket in one router. Times are monotonic milliseconds. */
export class LocalBucket {
  readonly listeners: (() => void)[] = [];
  #rate: RateLimit;
  #leases: HeldLease[] = [];
  /** Ended, not yet reported. */
  #ended: HeldLease[] = [];
  /** Reported in the question under way. */
  #reported: HeldLease[] = [];
  #left = 0;
  #lowMark = 0;
  /** Calls that found nothing since the last question was built. */
  #waiting = 0;
  /** Taken since the last question was built. */
  #taken = 0;
  #askedAt: number | null = null;
  #refusedUntil = 0;
  #unavailableUntil = 0;
  #remaining = 0;
  #resetAt = 0;
  #usedAt = 0;

  constructor(
    readonly key: string,
    rate: RateLimit,
  ) {
    this.#rate = rate;
  }

  tryTake(rate: RateLimit, now: number): TakeVerdict {
    this.#rate = rate;
    this.#usedAt = now;
    for (let lease = this.#leases[0]; lease !== undefined; lease = this.#leases[0]) {
      if (lease.endsAt > now && lease.spent < lease.granted) {
        lease.spent += 1;
        lease.lastSpentAt = now;
        this.#left -= 1;
        this.#taken += 1;
        if (lease.spent === lease.granted) this.#end(lease);
        return 'taken';
      }
      this.#end(lease);
    }
    if (now < this.#refusedUntil) return 'refused';
    if (now < this.#unavailableUntil) return 'unavailable';
    if (this.#askedAt !== null && now - this.#askedAt > PATIENCE_MS) return 'unavailable';
    this.#waiting += 1;
    return 'need_lease';
  }

  /** Somebody waits, or the slice runs low: and no question is under way. */
  get wantsLease(): boolean {
    return this.#askedAt === null && (this.#waiting > 0 || (this.#taken > 0 && this.#left < this.#lowMark));
  }

  /**
   * The authority should hear of ended leases without waiting for the next question: something can go back to it, or so
   * much was spent that the room it takes up there would hold up the refill. Less expires as spent, without a word.
   */
  get wantsReport(): boolean {
    if (this.#askedAt !== null || this.#ended.length === 0) return false;
    let spent = 0;
    for (const lease of this.#ended) {
      if (lease.spent < lease.granted) return true;
      spent += lease.spent;
    }
    return spent >= this.#rate.burst * REPORT_SHARE;
  }

  ask(now: number): LeaseAsk {
    this.tick(now);
    const finished = this.#ended.map((lease) => ({
      lease: lease.id,
      spent: lease.spent,
      idleMs: lease.spent === 0 ? 0 : Math.floor((now - lease.lastSpentAt) * CLOCK_TRUST),
    }));
    // Those who wait, and as much again as was used since the last question: doubles with the demand and dies with it.
    const want = this.#waiting === 0 && this.#taken === 0 ? 0 : this.#waiting + 2 * this.#taken;
    this.#reported = this.#ended;
    this.#ended = [];
    this.#waiting = 0;
    this.#taken = 0;
    this.#askedAt = now;
    return { bucket: this.key, rate: this.#rate, want, finished };
  }

  /** `answer` null = none came, or the authority has lost its database. */
  settle(answer: LeaseAnswer | null, sentAt: number, now: number): void {
    this.#askedAt = null;
    // Those who waited try again now, and are counted again where they find nothing.
    this.#waiting = 0;
    if (answer === null) {
      this.#ended = this.#reported.concat(this.#ended);
      this.#reported = [];
      this.#unavailableUntil = now + BACKOFF_MS;
      return;
    }
    this.#reported = [];
    this.#unavailableUntil = 0;
    this.#remaining = answer.remaining;
    this.#resetAt = sentAt + answer.resetMs;
    if (answer.lease !== null && answer.granted > 0) {
      this.#leases.push({ id: answer.lease, granted: answer.granted, spent: 0, endsAt: sentAt + answer.ttlMs, lastSpentAt: now });
      this.#left += answer.granted;
      this.#lowMark = Math.floor(answer.granted * LOW_SHARE);
      this.#refusedUntil = 0;
    } else {
      this.#lowMark = 0;
      this.#refusedUntil = sentAt + answer.retryAfterMs;
    }
  }

  tick(now: number): void {
    for (let lease = this.#leases[0]; lease !== undefined && lease.endsAt <= now; lease = this.#leases[0]) this.#end(lease);
  }

  forgettable(now: number): boolean {
    return this.#askedAt === null && this.#leases.length === 0 && now - this.#usedAt > FORGET_AFTER_MS;
  }

  view(now: number): QuotaView {
    return {
      limit: this.#rate.limit,
      remaining: this.#remaining + this.#left,
      resetMs: Math.max(0, this.#resetAt - now),
      retryAfterMs: Math.max(0, Math.max(this.#refusedUntil, this.#unavailableUntil) - now),
    };
  }

  /** Leases are spent and end in the order in which they came. */
  #end(lease: HeldLease): void {
    this.#leases.shift();
    this.#left -= lease.granted - lease.spent;
    this.#ended.push(lease);
  }
}

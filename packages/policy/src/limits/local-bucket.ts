import type { RateLimit } from '@tollgate/contracts';
import { type HeldLease, type Hold, type HoldOwner, newLease } from './held-lease.js';
import { LeaseReports } from './lease-reports.js';
import type { CountedLimit, LeaseAnswer, LeaseAsk, QuotaView, TakeVerdict } from './take-verdict.js';

/** A call that waits longer than this for the authority is told that the quota is not available. */
const PATIENCE_MS = 50;
/** After a failed question the authority is left alone for so long. */
const BACKOFF_MS = 250;
const FORGET_AFTER_MS = 60_000;
/** Ask for more when less than this share of the last slice is left. */
const LOW_SHARE = 0.25;
/** Slots are asked for with so much room, or each longer call would need leases of its own. */
const HOLD_STEP_MS = 60_000;

/** The state of one bucket in one router. Times are monotonic milliseconds. */
export class LocalBucket implements HoldOwner {
  readonly listeners: (() => void)[] = [];
  /** What is taken comes back whole. */
  readonly slots: boolean;
  #rate: RateLimit;
  #holdMs = 0;
  #leases: HeldLease[] = [];
  readonly #reports = new LeaseReports();
  #left = 0;
  #lowMark = 0;
  /** Of the calls that found too little since the last question was built: their sum, the largest and the smallest. */
  #waiting = 0;
  #largest = 0;
  #smallest = 0;
  /** Taken since the last question was built. */
  #taken = 0;
  #askedAt: number | null = null;
  /** The smallest take that was in the question under way, and in the one that was refused. */
  #askedLeast = 1;
  #refusedLeast = 1;
  #refusedUntil = 0;
  #unavailableUntil = 0;
  #remaining = 0;
  #resetAt = 0;
  #usedAt = 0;

  constructor(
    readonly key: string,
    rate: RateLimit,
    kind: CountedLimit['kind'] = 'requests',
  ) {
    this.#rate = rate;
    this.slots = kind === 'concurrency';
  }

  /** Takes one, or counts the caller among those who wait. */
  tryTake(rate: RateLimit, now: number): TakeVerdict {
    const verdict = this.check(rate, 1, 0, now);
    if (verdict === 'taken') this.take(1, now);
    else if (verdict === 'need_lease') this.wait(1);
    return verdict;
  }

  /** Whether so much could be taken now; takes nothing. `holdMs`: how long a slot would be in use. */
  check(rate: RateLimit, amount: number, holdMs: number, now: number): TakeVerdict {
    this.#rate = rate;
    this.#usedAt = now;
    if (this.slots && holdMs > this.#holdMs) {
      this.#holdMs = Math.ceil(holdMs / HOLD_STEP_MS) * HOLD_STEP_MS;
      // Slots that were granted for shorter calls go back.
      while (this.#leases[0] !== undefined) this.#end(this.#leases[0]);
    }
    this.tick(now);
    if (amount <= this.#left) return 'taken';
    if (amount > rate.burst) return 'too_large';
    if (now < this.#refusedUntil && amount - this.#left >= this.#refusedLeast) return 'refused';
    if (now < this.#unavailableUntil) return 'unavailable';
    if (this.#askedAt !== null && now - this.#askedAt > PATIENCE_MS) return 'unavailable';
    return 'need_lease';
  }

  wait(amount: number): void {
    this.#waiting += amount;
    this.#largest = Math.max(this.#largest, amount);
    this.#smallest = this.#smallest === 0 ? amount : Math.min(this.#smallest, amount);
  }

  /** After {@link check} has said `taken`, in the same turn. */
  take(amount: number, now: number): void {
    let rest = amount;
    for (let lease = this.#leases[0]; lease !== undefined && rest > 0; lease = this.#leases[0]) {
      rest -= this.#takeFrom(lease, rest, now);
      if (lease.taken === lease.granted) this.#end(lease);
    }
  }

  /** The same, of what may be given back; `until`: the call is over by then. */
  takeHeld(amount: number, now: number, until: number): Hold {
    const leases: HeldLease[] = [];
    const amounts: number[] = [];
    let rest = amount;
    for (const lease of this.#leases) {
      if (rest === 0) break;
      const part = this.#takeFrom(lease, rest, now);
      if (part === 0) continue;
      lease.held += part;
      lease.heldUntil = Math.max(lease.heldUntil, until);
      leases.push(lease);
      amounts.push(part);
      rest -= part;
    }
    return { owner: this, leases, amounts, amount, settled: false };
  }

  /** The call is over and used so much: the rest can be taken again, here or by others. A second time changes nothing. */
  release(hold: Hold, used: number, now: number): void {
    if (hold.settled) return;
    hold.settled = true;
    this.tick(now);
    let spent = Math.min(Math.max(0, used), hold.amount);
    for (const [index, lease] of hold.leases.entries()) {
      const amount = hold.amounts[index] as number;
      const kept = Math.min(spent, amount);
      spent -= kept;
      lease.held -= amount;
      lease.taken -= amount - kept;
      if (lease.stage === 'live') this.#left += amount - kept;
      else this.#reports.changed(lease);
    }
  }

  /** Somebody waits, or the slice runs low: and no question is under way. */
  get wantsLease(): boolean {
    return this.#askedAt === null && (this.#waiting > 0 || (this.#taken > 0 && this.#left < this.#lowMark));
  }

  get wantsReport(): boolean {
    return this.#askedAt === null && this.#reports.due(this.#rate.burst);
  }

  ask(now: number): LeaseAsk {
    this.tick(now);
    // A mere report borrows nothing: of a small limit the routers would hold all of it in advance, and none of them use it.
    const borrows = this.wantsLease;
    // Those who wait, and as much again as was used since the last question: doubles with the demand and dies with it.
    const want = borrows ? this.#waiting + (this.slots ? 1 : 2) * this.#taken : 0;
    const need = Math.max(1, this.#largest - this.#left);
    const least = Math.max(1, this.#smallest - this.#left);
    this.#askedLeast = least;
    this.#waiting = 0;
    this.#largest = 0;
    this.#smallest = 0;
    if (borrows) this.#taken = 0;
    this.#askedAt = now;
    return {
      bucket: this.key,
      ...(this.slots ? { kind: 'concurrency', holdMs: this.#holdMs } : {}),
      rate: this.#rate,
      want,
      ...(need > 1 ? { need, least } : {}),
      finished: this.#reports.take(now),
    };
  }

  /** `answer` null = none came, or the authority has lost its database. */
  settle(answer: LeaseAnswer | null, sentAt: number, now: number): void {
    this.#askedAt = null;
    // Those who waited try again now, and are counted again where they find nothing.
    this.#waiting = 0;
    this.#largest = 0;
    this.#smallest = 0;
    this.#reports.settle(answer !== null);
    if (answer === null) {
      this.#unavailableUntil = now + BACKOFF_MS;
      return;
    }
    this.#unavailableUntil = 0;
    this.#remaining = answer.remaining;
    this.#resetAt = sentAt + answer.resetMs;
    if (answer.lease !== null && answer.granted > 0) {
      this.#leases.push(newLease(answer.lease, answer.granted, sentAt + answer.ttlMs, this.#holdMs, now));
      this.#left += answer.granted;
      this.#lowMark = Math.floor(answer.granted * LOW_SHARE);
      this.#refusedUntil = 0;
    } else {
      this.#lowMark = 0;
      this.#refusedUntil = sentAt + answer.retryAfterMs;
      this.#refusedLeast = this.#askedLeast;
    }
  }

  /** Ends leases whose time is up. */
  tick(now: number): void {
    for (let lease = this.#leases[0]; lease !== undefined && lease.endsAt <= now; lease = this.#leases[0]) this.#end(lease);
  }

  forgettable(now: number): boolean {
    return this.#askedAt === null && this.#leases.length === 0 && this.#reports.quiet && now - this.#usedAt > FORGET_AFTER_MS;
  }

  view(now: number): QuotaView {
    return {
      limit: this.#rate.limit,
      remaining: this.#remaining + this.#left,
      resetMs: Math.max(0, this.#resetAt - now),
      retryAfterMs: Math.max(0, Math.max(this.#refusedUntil, this.#unavailableUntil) - now),
    };
  }

  /** When so much may be had, as far as is known: what was refused last, and the refill of what it takes beyond that. */
  retryAfterMs(amount: number, now: number): number {
    const known = Math.max(0, Math.max(this.#refusedUntil, this.#unavailableUntil) - now);
    const beyond = amount - this.#left - (known > 0 ? this.#refusedLeast : 0);
    if (this.slots || beyond <= 0) return known;
    return known + (beyond * this.#rate.periodMs) / this.#rate.limit;
  }

  #takeFrom(lease: HeldLease, wanted: number, now: number): number {
    const part = Math.min(wanted, lease.granted - lease.taken);
    if (part === 0) return 0;
    lease.taken += part;
    lease.lastTakenAt = now;
    this.#left -= part;
    this.#taken += part;
    return part;
  }

  /** Leases are spent and end in the order in which they came. */
  #end(lease: HeldLease): void {
    this.#leases.shift();
    this.#left -= lease.granted - lease.taken;
    this.#reports.add(lease);
  }
}

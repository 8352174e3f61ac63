import type { HeldLease } from './held-lease.js';
import type { LeaseAsk } from './take-verdict.js';

/** Spent leases are worth a message of their own from this share of the burst on. */
const REPORT_SHARE = 0.02;
/** Time since the last taking is told a little short, in case our clock runs faster than the authority's. */
const CLOCK_TRUST = 0.99;

/** Leases of one bucket that are no longer taken from, on their way to the authority's books. */
export class LeaseReports {
  #ended: HeldLease[] = [];
  #reported: HeldLease[] = [];
  /** Reported, and still held by calls under way. */
  #holding = 0;

  /** No call will come back to it. */
  get quiet(): boolean {
    return this.#holding === 0 && this.#ended.every((lease) => lease.held === 0);
  }

  add(lease: HeldLease): void {
    lease.stage = 'ended';
    this.#ended.push(lease);
  }

  /** A call that held some of it is over. */
  changed(lease: HeldLease): void {
    if (lease.stage === 'reported') lease.changed = true;
    if (lease.stage !== 'holding') return;
    this.#holding -= 1;
    this.add(lease);
  }

  /**
   * The authority should hear without waiting for the next question: something can go back to it, calls hold what it would
   * soon count as spent, or so much was spent that the room it takes up there would hold up the refill. Less expires as spent,
   * without a word.
   */
  due(burst: number): boolean {
    let spent = 0;
    for (const lease of this.#ended) {
      if (lease.granted - lease.taken > lease.returned || lease.held > 0) return true;
      spent += lease.taken;
    }
    return this.#ended.length > 0 && spent >= burst * REPORT_SHARE;
  }

  /** All that is to be told, as totals of each lease. */
  take(now: number): LeaseAsk['finished'] {
    const finished = this.#ended.map((lease) => {
      lease.stage = 'reported';
      lease.reportedTaken = lease.taken;
      lease.changed = false;
      const spent = lease.taken - lease.held;
      const idleMs = spent === 0 ? 0 : Math.floor((now - lease.lastTakenAt) * CLOCK_TRUST);
      const report = { lease: lease.id, spent, idleMs };
      return lease.held === 0 ? report : { ...report, held: lease.held, heldMs: Math.max(0, Math.ceil(lease.heldUntil - now)) };
    });
    this.#reported = this.#ended;
    this.#ended = [];
    return finished;
  }

  /** The reports under way have been booked, or not: then they are told again. */
  settle(booked: boolean): void {
    const reported = this.#reported;
    this.#reported = [];
    if (!booked) {
      for (const lease of reported) lease.stage = 'ended';
      this.#ended = reported.concat(this.#ended);
      return;
    }
    for (const lease of reported) {
      lease.returned = lease.granted - lease.reportedTaken;
      if (lease.changed) this.add(lease);
      else if (lease.held > 0) {
        lease.stage = 'holding';
        this.#holding += 1;
      } else lease.stage = 'gone';
    }
  }
}

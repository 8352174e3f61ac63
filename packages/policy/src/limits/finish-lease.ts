import { type BucketState, MICRO, type OutstandingLease } from './bucket-state.js';

export interface FinishedLease {
  readonly lease: string;
  /** Whole tokens; more than the lease held is taken as all of it. */
  readonly spent: number;
  /** Its holder took none of it for so long before it sent the report. */
  readonly idleMs: number;
  /** Taken by calls that are still under way; their share is told by a later report. Absent = none. */
  readonly held?: number | undefined;
  /** They are over by then, counted from the report. */
  readonly heldMs?: number | undefined;
}

/** What calls under way hold stays out so much longer, so that the last report arrives in time. */
const REPORT_GRACE_MS = 1_000;
/** Nobody can tell what was spent apart from what is held by this id: a second report of the same finds nothing. */
const SPENT = '';

/**
 * A holder's word on a lease that it takes no more from: what was neither spent nor is held goes back into the bucket.
 * Reports are totals: one that comes twice, late or out of order changes nothing (spent only grows, held only shrinks).
 * Unknown and expired ids change nothing. What was spent took up room only until its last taking, so the refill since then is
 * not lost to it. Called before {@link advanceBucket}, which lets the spent part go at the right moment of the past.
 */
export function finishLease(state: BucketState, nowUs: number, finished: FinishedLease): BucketState {
  const lease = finished.lease === SPENT ? undefined : state.leases.find((candidate) => candidate.id === finished.lease);
  if (lease === undefined || lease.expiresAtUs <= nowUs) return state;
  const before = lease.spent ?? 0;
  const spent = Math.min(Math.max(0, finished.spent - before), lease.amount);
  const held = Math.min(Math.max(0, finished.held ?? 0), lease.amount - spent);
  const parts: OutstandingLease[] = [];
  if (spent > 0)
    parts.push({ id: SPENT, holder: lease.holder, amount: spent, expiresAtUs: nowUs - Math.max(0, finished.idleMs) * 1_000 });
  if (held > 0) {
    const expiresAtUs = nowUs + (Math.max(0, finished.heldMs ?? 0) + REPORT_GRACE_MS) * 1_000;
    parts.push({ id: lease.id, holder: lease.holder, amount: held, expiresAtUs, spent: before + spent });
  }
  const leases = state.leases.flatMap((candidate) => (candidate === lease ? parts : [candidate]));
  return { ...state, levelMicro: state.levelMicro + (lease.amount - spent - held) * MICRO, leases };
}

import { type BucketState, MICRO } from './bucket-state.js';

export interface FinishedLease {
  readonly lease: string;
  /** Whole tokens; more than the lease held is taken as all of it. */
  readonly spent: number;
  /** Its holder spent none of it for so long before it sent the report. */
  readonly idleMs: number;
}

/**
 * A holder's last word on a lease: the rest goes back into the bucket. Unknown and expired ids (reported twice, or too
 * late: counted as spent) change nothing. What was spent took up room only until its last spending, so the refill since
 * then is not lost to it. Called before {@link advanceBucket}, which lets the lease go at the right moment of the past.
 */
export function finishLease(state: BucketState, nowUs: number, finished: FinishedLease): BucketState {
  const lease = state.leases.find((candidate) => candidate.id === finished.lease);
  if (lease === undefined || lease.expiresAtUs <= nowUs) return state;
  const spent = Math.min(Math.max(0, finished.spent), lease.amount);
  const expiresAtUs = nowUs - Math.max(0, finished.idleMs) * 1_000;
  const leases = state.leases.map((candidate) => (candidate === lease ? { ...lease, amount: spent, expiresAtUs } : candidate));
  return { ...state, levelMicro: state.levelMicro + (lease.amount - spent) * MICRO, leases };
}

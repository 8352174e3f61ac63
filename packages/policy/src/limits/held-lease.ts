/**
 * live: may be taken from. ended: its time is up or it is used up, and the authority is to hear of it. reported: that is under
 * way. holding: reported, with calls under way. gone: settled for good.
 */
export type LeaseStage = 'live' | 'ended' | 'reported' | 'holding' | 'gone';

/** A slice of one bucket in one router. Times are monotonic milliseconds. */
export interface HeldLease {
  readonly id: string;
  readonly granted: number;
  /** Slots: a call may hold its own for so long. */
  readonly holdMs: number;
  readonly endsAt: number;
  stage: LeaseStage;
  /** Taken and not given back; `held` of it by calls that are still under way. */
  taken: number;
  held: number;
  lastTakenAt: number;
  /** The last of the calls under way is over by then. */
  heldUntil: number;
  /** Given back in reports that the authority has booked. */
  returned: number;
  /** `taken` when the report under way was built; null where it has changed since. */
  reportedTaken: number;
  changed: boolean;
}

/** What one call took and may give back in part: which leases it came from, and how much of each. */
export interface Hold {
  readonly owner: HoldOwner;
  readonly leases: readonly HeldLease[];
  readonly amounts: readonly number[];
  readonly amount: number;
  settled: boolean;
}

/** The bucket that a hold was taken from. */
export interface HoldOwner {
  readonly key: string;
  release(hold: Hold, used: number, now: number): void;
}

export const newLease = (id: string, granted: number, endsAt: number, holdMs: number, now: number): HeldLease => ({
  id,
  granted,
  holdMs,
  endsAt,
  stage: 'live',
  taken: 0,
  held: 0,
  lastTakenAt: now,
  heldUntil: 0,
  returned: 0,
  reportedTaken: 0,
  changed: false,
});

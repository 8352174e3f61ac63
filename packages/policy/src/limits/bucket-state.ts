/** Levels are counted in millionths of a token, so that a refill of any interval is whole and nothing drifts. */
export const MICRO = 1_000_000;

/** A slice that has been handed out and not been settled. All of it may still be spent, until it expires. */
export interface OutstandingLease {
  readonly id: string;
  readonly holder: string;
  /** Whole tokens. */
  readonly amount: number;
  /** Authority's clock, microseconds since the epoch; from then on it counts as spent. */
  readonly expiresAtUs: number;
  /** Of a lease that was reported with calls under way: what was booked as spent by then; `amount` is what those hold. */
  readonly spent?: number;
}

/**
 * One shared limit at the quota authority. Invariant: `levelMicro` + all outstanding leases <= burst. From it follows the
 * promise: in any interval t at most burst + rate x t are admitted, whatever the holders of leases do.
 */
export interface BucketState {
  readonly limit: number;
  readonly periodMs: number;
  readonly burst: number;
  readonly levelMicro: number;
  /** Authority's clock, microseconds since the epoch. */
  readonly updatedAtUs: number;
  readonly leases: readonly OutstandingLease[];
  /** Who asked, and when last: [holder, microseconds since the epoch]. */
  readonly holders: readonly (readonly [string, number])[];
}

/** Limits above this would leave the whole numbers that a double holds exactly. */
export const TOKENS_MAX = 1_000_000_000;

export const outstandingMicro = (leases: readonly OutstandingLease[]): number => {
  let sum = 0;
  for (const lease of leases) sum += lease.amount;
  return sum * MICRO;
};

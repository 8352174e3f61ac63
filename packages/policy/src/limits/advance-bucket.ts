import type { RateLimit } from '@tollgate/contracts';
import { type BucketState, MICRO, outstandingMicro, TOKENS_MAX } from './bucket-state.js';

/** A bucket that nobody has used yet is full. */
export function newBucket(rate: RateLimit, nowUs: number): BucketState {
  const { limit, periodMs, burst } = bounded(rate);
  return { limit, periodMs, burst, levelMicro: burst * MICRO, updatedAtUs: nowUs, leases: [], holders: [] };
}

/** Puts a changed policy into force: a smaller burst cuts the level at once, a larger one fills at the new rate. */
export function applyRate(state: BucketState, rate: RateLimit): BucketState {
  const { limit, periodMs, burst } = bounded(rate);
  if (state.limit === limit && state.periodMs === periodMs && state.burst === burst) return state;
  const room = Math.max(0, burst * MICRO - outstandingMicro(state.leases));
  return { ...state, limit, periodMs, burst, levelMicro: Math.min(state.levelMicro, room) };
}

/**
 * Lets time pass: refills, and forgets leases whose time is up (they count as spent). While a lease is outstanding its
 * tokens take up room in the bucket, so the refill goes in steps from one expiry to the next. A clock that went back
 * changes nothing.
 */
export function advanceBucket(state: BucketState, nowUs: number): BucketState {
  if (nowUs <= state.updatedAtUs) return state;
  let level = state.levelMicro;
  let from = state.updatedAtUs;
  let outstanding = outstandingMicro(state.leases);
  const ending = state.leases.filter((lease) => lease.expiresAtUs <= nowUs).sort((a, b) => a.expiresAtUs - b.expiresAtUs);
  for (const lease of ending) {
    level = refill(state, level, outstanding, lease.expiresAtUs - from);
    from = Math.max(from, lease.expiresAtUs);
    outstanding -= lease.amount * MICRO;
  }
  level = refill(state, level, outstanding, nowUs - from);
  const leases = ending.length === 0 ? state.leases : state.leases.filter((lease) => lease.expiresAtUs > nowUs);
  return { ...state, levelMicro: level, updatedAtUs: nowUs, leases };
}

function refill(state: BucketState, level: number, outstanding: number, elapsedUs: number): number {
  if (elapsedUs <= 0) return level;
  const room = state.burst * MICRO - outstanding;
  if (level >= room) return level;
  // limit tokens per periodMs = limit * 1000 micro-tokens per periodMs in each microsecond; rounded down.
  const added = Number((BigInt(elapsedUs) * BigInt(state.limit) * 1_000n) / BigInt(state.periodMs));
  return Math.min(room, level + added);
}

const bounded = (rate: RateLimit): RateLimit => ({
  limit: Math.min(rate.limit, TOKENS_MAX),
  periodMs: rate.periodMs,
  burst: Math.min(rate.burst, TOKENS_MAX),
});

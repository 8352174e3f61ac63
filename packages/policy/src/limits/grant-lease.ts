import { type BucketState, MICRO, outstandingMicro } from './bucket-state.js';

export interface LeaseWish {
  readonly id: string;
  readonly holder: string;
  /** Whole tokens that the holder could use now. */
  readonly want: number;
  /** How many holders share the bucket, this one included. */
  readonly replicas: number;
  /** How long the holder may spend it, from its own sending of the request. */
  readonly ttlMs: number;
}

export interface LeaseGrant {
  readonly state: BucketState;
  /** Whole tokens, 0 where none is to be had. */
  readonly granted: number;
}

/** A lease outlives its holder's right to spend it by so much, so that the report of what is left arrives in time. */
const REPORT_GRACE_US = 1_000_000;
/** Below this share of the burst tokens are handed out one by one. */
const EXACT_BELOW = 0.05;
/** Bounds the row; a bucket with so many open leases has gone mad. */
const LEASES_MAX = 1_024;

/** Hands out a slice of an advanced bucket. The slice shrinks as the limit nears, so that no holder sits on the last tokens. */
export function grantLease(state: BucketState, wish: LeaseWish): LeaseGrant {
  const remaining = Math.floor(state.levelMicro / MICRO);
  const slice = remaining < state.burst * EXACT_BELOW ? 1 : Math.max(1, Math.floor(remaining / (2 * wish.replicas)));
  const granted = Math.min(wish.want, slice, remaining);
  if (granted <= 0 || state.leases.length >= LEASES_MAX) return { state, granted: 0 };
  const expiresAtUs = state.updatedAtUs + wish.ttlMs * 1_000 + REPORT_GRACE_US;
  const lease = { id: wish.id, holder: wish.holder, amount: granted, expiresAtUs };
  return { state: { ...state, levelMicro: state.levelMicro - granted * MICRO, leases: [...state.leases, lease] }, granted };
}

/** Milliseconds until one more token can be granted, 0 where one can be now. */
export function retryAfterMs(state: BucketState): number {
  if (state.levelMicro >= MICRO) return 0;
  const room = state.burst * MICRO - outstandingMicro(state.leases);
  const refillMs = msToRefill(state, MICRO - state.levelMicro);
  if (room >= MICRO) return refillMs;
  // All of the burst is on loan: nothing comes back before the first lease ends or is reported.
  const first = state.leases.reduce((least, lease) => Math.min(least, lease.expiresAtUs), Number.MAX_SAFE_INTEGER);
  return Math.max(1, Math.min(refillMs, Math.ceil((first - state.updatedAtUs) / 1_000)));
}

/** Milliseconds until the bucket is full again. */
export const resetMs = (state: BucketState): number => msToRefill(state, state.burst * MICRO - state.levelMicro);

const msToRefill = (state: BucketState, micro: number): number =>
  micro <= 0 ? 0 : Math.ceil((micro * state.periodMs) / (state.limit * MICRO));

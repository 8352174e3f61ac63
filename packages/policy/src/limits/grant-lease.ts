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
  /** What it takes may stay in use for so long after that (slots). */
  readonly holdMs?: number;
  /** The largest and the smallest single take that waits: a smaller slice would be of no use. */
  readonly need?: number;
  readonly least?: number;
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
  const { need = 1, least = 1 } = wish;
  const useful = remaining >= need ? need : least;
  const granted = Math.min(wish.want, Math.max(slice, useful), remaining);
  if (granted <= 0 || granted < least || state.leases.length >= LEASES_MAX) return { state, granted: 0 };
  const expiresAtUs = state.updatedAtUs + (wish.ttlMs + (wish.holdMs ?? 0)) * 1_000 + REPORT_GRACE_US;
  const lease = { id: wish.id, holder: wish.holder, amount: granted, expiresAtUs };
  return { state: { ...state, levelMicro: state.levelMicro - granted * MICRO, leases: [...state.leases, lease] }, granted };
}

/** Milliseconds until so many can be granted, 0 where they can be now; of more than the bucket ever holds: until it is full. */
export function retryAfterMs(state: BucketState, tokens = 1): number {
  const wanted = Math.min(tokens, state.burst) * MICRO;
  if (state.levelMicro >= wanted) return 0;
  const room = state.burst * MICRO - outstandingMicro(state.leases);
  const refillMs = msToRefill(state, wanted - state.levelMicro);
  if (room >= wanted) return refillMs;
  // So much is on loan that there is no room: it comes when leases end or are reported.
  const first = state.leases.reduce((least, lease) => Math.min(least, lease.expiresAtUs), Number.MAX_SAFE_INTEGER);
  return Math.max(1, Math.min(refillMs, Math.ceil((first - state.updatedAtUs) / 1_000)));
}

/** Milliseconds until the bucket is full again. */
export const resetMs = (state: BucketState): number => msToRefill(state, state.burst * MICRO - state.levelMicro);

const msToRefill = (state: BucketState, micro: number): number =>
  micro <= 0 ? 0 : Math.ceil((micro * state.periodMs) / (state.limit * MICRO));

import { advanceBucket, applyRate, newBucket } from './advance-bucket.js';
import { type BucketState, MICRO, outstandingMicro } from './bucket-state.js';
import { finishLease } from './finish-lease.js';
import { grantLease, resetMs, retryAfterMs } from './grant-lease.js';
import type { LeaseAnswer, LeaseAsk } from './take-verdict.js';

/** A holder that has asked within this time counts as a replica. */
const HOLDER_SEEN_US = 10_000_000;
const HOLDERS_MAX = 256;
const TTL_MS_MIN = 1_000;
const TTL_MS_MAX = 5_000;
/** A slot that nobody has taken goes back so soon. */
const SLOT_TTL_MS = 1_000;
/** Nor is a refusal kept for longer: calls end all the time. */
const SLOT_RETRY_MS = 100;

export interface AskContext {
  readonly holder: string;
  /** Authority's clock, microseconds since the epoch. */
  readonly nowUs: number;
  /** Id for a lease, should one be granted. */
  readonly leaseId: string;
}

/** The authority's whole step for one bucket: book the reports, let time pass, hand out a slice. `state` null = a bucket never used. */
export function answerAsk(
  state: BucketState | null,
  ask: LeaseAsk,
  context: AskContext,
): { readonly state: BucketState; readonly answer: LeaseAnswer } {
  // A clock that went back must not bring expired leases back to life.
  const nowUs = Math.max(context.nowUs, state?.updatedAtUs ?? 0);
  const slots = ask.kind === 'concurrency';
  let current = state ?? newBucket(ask.rate, nowUs);
  for (const report of ask.finished) current = finishLease(current, nowUs, { ...report, idleMs: report.idleMs ?? 0 });
  current = applyRate(advanceBucket(current, nowUs), ask.rate);
  if (slots) current = freeSlots(current);
  current = seeHolder(current, ask.want > 0 ? context.holder : null, nowUs);
  const ttlMs = slots ? SLOT_TTL_MS : leaseTtlMs(ask.rate.periodMs);
  const wish = {
    id: context.leaseId,
    holder: context.holder,
    want: ask.want,
    replicas: Math.max(1, current.holders.length),
    ttlMs,
    holdMs: slots ? (ask.holdMs ?? 0) : 0,
    need: ask.need ?? 1,
    least: ask.least ?? 1,
  };
  const { state: next, granted } = grantLease(current, wish);
  const wait = retryAfterMs(next, wish.least);
  return {
    state: next,
    answer: {
      bucket: ask.bucket,
      lease: granted > 0 ? context.leaseId : null,
      granted,
      ttlMs: granted > 0 ? ttlMs : 0,
      remaining: Math.floor(next.levelMicro / MICRO),
      // Nobody knows when a call ends.
      retryAfterMs: slots ? Math.min(wait, SLOT_RETRY_MS) : wait,
      resetMs: slots ? 0 : resetMs(next),
    },
  };
}

/** Slots do not refill: what is not out is there, what is out comes back when it is reported or its time is up. */
const freeSlots = (state: BucketState): BucketState => ({
  ...state,
  levelMicro: Math.max(0, state.burst * MICRO - outstandingMicro(state.leases)),
});

/** Long enough to be worth the question, short beside the period of the limit. */
const leaseTtlMs = (periodMs: number): number => Math.min(TTL_MS_MAX, Math.max(TTL_MS_MIN, Math.floor(periodMs / 10)));

function seeHolder(state: BucketState, holder: string | null, nowUs: number): BucketState {
  const others = state.holders.filter(([name, seenUs]) => name !== holder && nowUs - seenUs <= HOLDER_SEEN_US);
  const holders = holder === null ? others : [...others.slice(-HOLDERS_MAX), [holder, nowUs] as const];
  return { ...state, holders };
}

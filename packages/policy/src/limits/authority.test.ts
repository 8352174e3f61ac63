import fc from 'fast-check';
import { expect, test } from 'vitest';
import { advanceBucket, applyRate, newBucket } from './advance-bucket.js';
import { answerAsk } from './answer-ask.js';
import { type BucketState, MICRO, outstandingMicro } from './bucket-state.js';
import { finishLease } from './finish-lease.js';
import { grantLease, resetMs, retryAfterMs } from './grant-lease.js';

const RATE = { limit: 60, periodMs: 60_000, burst: 60 };
const SECOND = 1_000_000;
const full = newBucket(RATE, 0);
const wish = { id: 'l1', holder: 'r1', want: 1_000, replicas: 1, ttlMs: 5_000 };

test('a slice is half of what is left, shared by the replicas', () => {
  expect(grantLease(full, wish).granted).toBe(30);
  expect(grantLease(full, { ...wish, replicas: 3 }).granted).toBe(10);
  expect(grantLease(full, { ...wish, replicas: 100 }).granted).toBe(1);
  expect(grantLease(full, { ...wish, want: 4 }).granted).toBe(4);
  expect(grantLease(full, { ...wish, want: 0 }).granted).toBe(0);
});

test('below 5 % of the burst tokens go out one by one', () => {
  const state = { ...newBucket({ limit: 1_000, periodMs: 1_000, burst: 1_000 }, 0), levelMicro: 49 * MICRO };
  expect(grantLease(state, wish).granted).toBe(1);
  expect(grantLease({ ...state, levelMicro: 50 * MICRO }, wish).granted).toBe(25);
});

test('an empty bucket grants none and says when to come again', () => {
  const empty = { ...full, levelMicro: 250_000 };
  expect(grantLease(empty, wish).granted).toBe(0);
  expect(retryAfterMs(empty)).toBe(750);
  expect(resetMs(empty)).toBe(59_750);
  expect(grantLease(advanceBucket(empty, 750_000), wish).granted).toBe(1);
});

test('what is on loan takes up room until it is reported or expires', () => {
  const { state } = grantLease(full, wish);
  expect(advanceBucket(state, 5 * SECOND).levelMicro).toBe(30 * MICRO);
  const returned = finishLease(state, 5 * SECOND, { lease: 'l1', spent: 10, idleMs: 0 });
  expect(advanceBucket(returned, 5 * SECOND).levelMicro).toBe(50 * MICRO);
  // The ttl of 5 s and a second of grace: it then counts as spent, and the refill goes on from there.
  expect(advanceBucket(state, 8 * SECOND).levelMicro).toBe(32 * MICRO);
});

test('the refill since the last spending is not lost to a late report', () => {
  const { state } = grantLease(full, wish);
  const reported = finishLease(state, 5 * SECOND, { lease: 'l1', spent: 30, idleMs: 4_000 });
  expect(advanceBucket(reported, 5 * SECOND).levelMicro).toBe(34 * MICRO);
});

test('a report that comes twice, late or too high gives nothing away', () => {
  const { state } = grantLease(full, wish);
  const once = advanceBucket(finishLease(state, SECOND, { lease: 'l1', spent: 0, idleMs: 0 }), SECOND);
  expect(finishLease(once, SECOND, { lease: 'l1', spent: 0, idleMs: 0 })).toEqual(once);
  expect(finishLease(state, 6 * SECOND, { lease: 'l1', spent: 0, idleMs: 0 })).toEqual(state);
  const high = finishLease(state, SECOND, { lease: 'l1', spent: 999, idleMs: 0 });
  expect(high.levelMicro).toBe(state.levelMicro);
});

test('a smaller burst is in force at once', () => {
  const { state } = grantLease(full, wish);
  const smaller = applyRate(state, { ...RATE, limit: 10, burst: 10 });
  expect(smaller.levelMicro).toBe(0);
  expect(grantLease(smaller, wish).granted).toBe(0);
});

test('a clock that goes back neither refills nor revives', () => {
  const ask = { bucket: 'b', rate: RATE, want: 60, finished: [] };
  const first = answerAsk(null, ask, { holder: 'r1', nowUs: 10 * SECOND, leaseId: 'a' });
  const second = answerAsk(first.state, ask, { holder: 'r1', nowUs: 2 * SECOND, leaseId: 'b' });
  expect(second.state.updatedAtUs).toBe(10 * SECOND);
  expect(second.answer.granted).toBe(15);
});

test('holders that asked within ten seconds share the slices', () => {
  const ask = { bucket: 'b', rate: RATE, want: 1, finished: [] };
  let state: BucketState | null = null;
  for (let holder = 0; holder < 5; holder += 1) {
    state = answerAsk(state, ask, { holder: `r${holder}`, nowUs: holder * SECOND, leaseId: `l${holder}` }).state;
  }
  expect(state?.holders).toHaveLength(5);
  const many = answerAsk(state, { ...ask, want: 60 }, { holder: 'r0', nowUs: 5 * SECOND, leaseId: 'x' });
  expect(many.answer.granted).toBe(Math.floor(55 / 10));
  const later = answerAsk(many.state, ask, { holder: 'r0', nowUs: 30 * SECOND, leaseId: 'y' });
  expect(later.state.holders.map(([name]) => name)).toEqual(['r0']);
});

test('level and loans together never exceed the burst, and both stay whole', () => {
  const step = fc.record({
    passMs: fc.nat(8_000),
    holder: fc.nat(4),
    want: fc.nat(100),
    finish: fc.array(fc.record({ lease: fc.nat(40), spent: fc.nat(80), idleMs: fc.nat(9_000) }), { maxLength: 3 }),
  });
  const rate = fc.record({
    limit: fc.integer({ min: 1, max: 1e9 }),
    periodMs: fc.integer({ min: 1, max: 1e8 }),
    burst: fc.integer({ min: 1, max: 1e9 }),
  });
  fc.assert(
    fc.property(rate, fc.array(step, { maxLength: 40 }), (policy, steps) => {
      let state: BucketState | null = null;
      let nowUs = 1.7e15;
      for (const [index, { passMs, holder, want, finish }] of steps.entries()) {
        nowUs += passMs * 1_000;
        const finished = finish.map((each) => ({ ...each, lease: `l${each.lease}` }));
        const context = { holder: `r${holder}`, nowUs, leaseId: `l${index}` };
        const { state: next, answer } = answerAsk(state, { bucket: 'b', rate: policy, want, finished }, context);
        expect(Number.isSafeInteger(next.levelMicro)).toBe(true);
        expect(next.levelMicro).toBeGreaterThanOrEqual(0);
        expect(next.levelMicro + outstandingMicro(next.leases)).toBeLessThanOrEqual(policy.burst * MICRO);
        expect(answer.granted).toBeLessThanOrEqual(want);
        state = next;
      }
    }),
  );
});

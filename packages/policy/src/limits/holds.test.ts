import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seeded } from './testing/seeded.js';
import { type HoldSettings, simulateHolds } from './testing/simulate-holds.js';

const network = {
  loads: fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 6 }),
  callMsMax: fc.constantFrom(5, 300, 4_000),
  latencyMsMax: fc.constantFrom(0.1, 5, 80, 1_500),
  loss: fc.constantFrom(0, 0.05, 0.3),
  doubled: fc.constantFrom(0, 0.2),
  drift: fc.constantFrom(0, 1e-4),
  deaths: fc.constantFrom(0, 0.5),
  durationMs: fc.constant(6_000),
  seed: fc.integer(),
};

test('tokens: what is used never passes burst + rate x t, whatever is lost, doubled, late or dead, and nothing leaks', () => {
  let used = 0;
  fc.assert(
    fc.property(
      fc.record({
        ...network,
        limit: fc.integer({ min: 100, max: 20_000 }),
        periodMs: fc.constantFrom(1_000, 10_000, 60_000),
        burst: fc.integer({ min: 50, max: 20_000 }),
        costMax: fc.integer({ min: 1, max: 2_000 }),
      }),
      ({ limit, periodMs, burst, seed, ...rest }) => {
        const result = simulateHolds({ ...rest, kind: 'tokens', rate: { limit, periodMs, burst }, random: seeded(seed) });
        used += result.used;
        expect(result.over).toBe(0);
        expect(result.leaked).toBe(0);
      },
    ),
    { numRuns: 600 },
  );
  expect(used).toBeGreaterThan(10_000);
});

test('slots: no more calls under way than the limit, whatever is lost, doubled, late or dead, and every slot comes back', () => {
  let admitted = 0;
  fc.assert(
    fc.property(fc.record({ ...network, limit: fc.integer({ min: 1, max: 60 }) }), ({ limit, seed, ...rest }) => {
      const rate = { limit, periodMs: 1, burst: limit };
      const result = simulateHolds({ ...rest, kind: 'concurrency', costMax: 1, rate, random: seeded(seed) });
      admitted += result.admitted;
      expect(result.over).toBe(0);
      expect(result.leaked).toBe(0);
    }),
    { numRuns: 600 },
  );
  expect(admitted).toBeGreaterThan(10_000);
});

const calm: Omit<HoldSettings, 'kind' | 'rate' | 'costMax' | 'loads' | 'random'> = {
  callMsMax: 2_000,
  durationMs: 20_000,
  latencyMsMax: 6,
  loss: 0,
  doubled: 0,
  drift: 1e-4,
  deaths: 0,
};

test('without losses nothing is out a moment after the last call', () => {
  for (const kind of ['tokens', 'concurrency'] as const) {
    const rate = kind === 'tokens' ? { limit: 20_000, periodMs: 1_000, burst: 20_000 } : { limit: 40, periodMs: 1, burst: 40 };
    const result = simulateHolds({ ...calm, kind, rate, costMax: 500, loads: [30, 30, 5], random: seeded(7) });
    expect(result.outAfterDrain).toBe(0);
    expect(result.admitted).toBeGreaterThan(500);
  }
});

test('what calls do not use is used by others: several routers admit nearly what one would', () => {
  // The burst has room for the worst case of all calls under way; the rate is passed only by their worst case.
  const rate = { limit: 200_000, periodMs: 20_000, burst: 100_000 };
  const run = (loads: readonly number[]) =>
    simulateHolds({ ...calm, durationMs: 60_000, kind: 'tokens', rate, costMax: 1_000, loads, random: seeded(11) }).used;
  const alone = run([80]);
  expect(alone).toBeGreaterThan(0.95 * (100_000 + 60 * 10_000));
  expect(run([20, 20, 20, 20])).toBeGreaterThan(0.95 * alone);
});

test('slots are shared: several routers keep nearly as many busy as one would', () => {
  const rate = { limit: 50, periodMs: 1, burst: 50 };
  const run = (loads: readonly number[]) =>
    simulateHolds({ ...calm, durationMs: 60_000, kind: 'concurrency', rate, costMax: 1, loads, random: seeded(13) }).admitted;
  const alone = run([80]);
  expect(run([20, 20, 20, 20])).toBeGreaterThan(0.95 * alone);
});

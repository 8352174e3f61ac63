import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seeded } from './testing/seeded.js';
import { simulateRouters } from './testing/simulate-routers.js';

const evenly = (routers: number): number[] => Array.from({ length: routers }, () => 1 / routers);
const lopsided = (routers: number): number[] =>
  Array.from({ length: routers }, (_, index) => (routers === 1 ? 1 : index === 0 ? 0.8 : 0.2 / (routers - 1)));

test('no interval ever sees more than burst + rate x t, whatever the network and the clocks do', () => {
  let admitted = 0;
  fc.assert(
    fc.property(
      fc.record({
        limit: fc.integer({ min: 1, max: 400 }),
        periodMs: fc.constantFrom(100, 1_000, 10_000),
        burst: fc.integer({ min: 1, max: 600 }),
        loads: fc.array(fc.double({ min: 0, max: 3, noNaN: true }), { minLength: 1, maxLength: 9 }),
        latencyMsMax: fc.constantFrom(0.1, 5, 80, 1_500),
        loss: fc.constantFrom(0, 0.02, 0.3),
        drift: fc.constantFrom(0, 1e-4, 5e-3),
        seed: fc.integer(),
      }),
      ({ limit, periodMs, burst, seed, ...rest }) => {
        const rate = { limit, periodMs, burst };
        const durationMs = Math.min(6_000, (2_000 * periodMs) / limit);
        const result = simulateRouters({ ...rest, rate, durationMs, random: seeded(seed) });
        admitted += result.admitted;
        expect(result.overAdmitted).toBe(0);
      },
    ),
    { numRuns: 150 },
  );
  expect(admitted).toBeGreaterThan(1_000);
});

for (const routers of [1, 3, 5, 9]) {
  test(`${routers} routers share one limit: none over, at most 5 % under`, () => {
    for (const limit of [10, 100, 1_000])
      for (const load of [0.9, 1, 1.5, 2])
        for (const shares of [evenly(routers), lopsided(routers)]) {
          const { overAdmitted, admitted, admittedIdeal } = simulateRouters({
            rate: { limit, periodMs: 1_000, burst: limit },
            loads: shares.map((share) => share * load),
            durationMs: limit === 1_000 ? 8_000 : 20_000,
            latencyMsMax: 6,
            loss: 0,
            drift: 1e-4,
            random: seeded(limit + routers),
          });
          const cell = `limit ${limit}, load ${load}, shares ${shares.map((share) => share.toFixed(2))}`;
          expect(overAdmitted, cell).toBe(0);
          expect(admitted / admittedIdeal, cell).toBeGreaterThanOrEqual(0.95);
        }
  });
}

test('a limit hardly larger than the number of routers is not held in advance by those who do not use it', () => {
  for (const load of [0.9, 1]) {
    let worst = 1;
    for (let seed = 1; seed <= 100; seed += 1) {
      const { admitted, admittedIdeal } = simulateRouters({
        rate: { limit: 10, periodMs: 1_000, burst: 10 },
        loads: evenly(9).map((share) => share * load),
        durationMs: 20_000,
        latencyMsMax: 6,
        loss: 0,
        drift: 1e-4,
        random: seeded(seed * 7_919),
      });
      worst = Math.min(worst, admitted / admittedIdeal);
    }
    expect(worst, `load ${load}`).toBeGreaterThanOrEqual(0.95);
  }
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seeded } from '../limits/testing/seeded.js';
import { type BudgetSettings, simulateBudgets } from './testing/simulate-budgets.js';

test('charged and reserved never pass the limit of any window, whatever is lost, doubled, late or dead; nothing leaks, nothing is charged twice', () => {
  let admitted = 0;
  fc.assert(
    fc.property(
      fc.record({
        limits: fc.array(fc.oneof(fc.integer({ min: 1, max: 3_000 }), fc.integer({ min: 10_000, max: 500_000 })), {
          minLength: 1,
          maxLength: 3,
        }),
        windowMs: fc.constantFrom(null, 700, 3_000),
        loads: fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 5 }),
        costMax: fc.integer({ min: 1, max: 3_000 }),
        callMsMax: fc.constantFrom(5, 300, 4_000),
        durationMs: fc.constant(6_000),
        latencyMsMax: fc.constantFrom(0.1, 5, 80, 1_500),
        loss: fc.constantFrom(0, 0.05, 0.3),
        doubled: fc.constantFrom(0, 0.2),
        deaths: fc.constantFrom(0, 0.5),
        seed: fc.integer(),
      }),
      ({ seed, ...settings }) => {
        const result = simulateBudgets({ ...settings, random: seeded(seed) });
        admitted += result.admitted;
        expect(result.over).toBeLessThanOrEqual(0);
        expect(result.leaked).toBe(0);
        expect(result.uncharged).toBe(0);
      },
    ),
    { numRuns: Number(process.env['TOLLGATE_PROPERTY_RUNS'] ?? 600) },
  );
  expect(admitted).toBeGreaterThan(10_000);
});

const calm: Omit<BudgetSettings, 'limits' | 'loads' | 'random'> = {
  windowMs: null,
  costMax: 2_000,
  callMsMax: 1_000,
  durationMs: 20_000,
  latencyMsMax: 6,
  loss: 0,
  doubled: 0,
  deaths: 0,
};

test('a budget that many routers press on is spent, all but what no call fits into', () => {
  for (const loads of [[200], [50, 50, 50, 50], [170, 10, 10, 10], Array.from({ length: 9 }, () => 25)]) {
    const { charged, over } = simulateBudgets({ ...calm, limits: [1_000_000], loads, random: seeded(3) });
    expect(over).toBeLessThanOrEqual(0);
    expect(charged[0], JSON.stringify(loads)).toBeGreaterThanOrEqual(0.95 * 1_000_000);
  }
});

test('of nested budgets the tightest rules, and the others are charged the same', () => {
  const { charged } = simulateBudgets({ ...calm, limits: [5_000_000, 400_000, 900_000], loads: [80, 80], random: seeded(5) });
  expect(charged[1]).toBeGreaterThanOrEqual(0.95 * 400_000);
  expect(new Set(charged).size).toBe(1);
});

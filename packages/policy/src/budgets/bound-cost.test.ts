import { NO_USAGE, type Price } from '@tollgate/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { priceUsage } from '../pricing/price-usage.js';
import { boundCost } from './bound-cost.js';
import { toNano } from './nano.js';

const PRICE: Price = {
  source: 'test',
  currency: 'USD',
  input: '2.50',
  output: '10',
  cacheRead: '0.25',
  cacheWrite: '3.125',
  inputAudio: '40',
  outputAudio: null,
  tiers: [{ aboveInputTokens: 200_000, input: '5', output: '15', cacheRead: null, cacheWrite: null }],
  perRequest: null,
};

test('the dearest bucket counts, sound only where there is some', () => {
  expect(boundCost(PRICE, { inputTokens: 1_000_000 / 8, outputTokens: 0, audio: false })).toBe(3.125e9 / 8);
  expect(boundCost(PRICE, { inputTokens: 1_000, outputTokens: 0, audio: true })).toBe(40_000_000);
});

test('a reservation is made at the tier that the input may reach, not at the base', () => {
  expect(boundCost(PRICE, { inputTokens: 200_000, outputTokens: 1_000, audio: false })).toBe(0.625e9 + 10_000_000);
  expect(boundCost(PRICE, { inputTokens: 200_001, outputTokens: 1_000, audio: false })).toBe(1_000_005_000 + 15_000_000);
});

test('a tier that is cheaper than the base does not make the reservation smaller', () => {
  const cheaper = { ...PRICE, tiers: [{ aboveInputTokens: 10, input: '1', output: '1', cacheRead: null, cacheWrite: '1' }] };
  expect(boundCost(cheaper, { inputTokens: 1_000, outputTokens: 1_000, audio: false })).toBe(3_125_000 + 10_000_000);
});

test('whatever a call uses within its bound, it never costs more than was reserved', () => {
  const rate = fc.integer({ min: 0, max: 1_000_000 }).map((micro) => String(micro / 1_000));
  const rateOrNone = fc.option(rate);
  const price = fc.record({
    input: rate,
    output: rate,
    cacheRead: rateOrNone,
    cacheWrite: rateOrNone,
    inputAudio: rateOrNone,
    outputAudio: rateOrNone,
    perRequest: rateOrNone,
    tiers: fc.array(
      fc.record({
        aboveInputTokens: fc.nat(400_000),
        input: rateOrNone,
        output: rateOrNone,
        cacheRead: rateOrNone,
        cacheWrite: rateOrNone,
      }),
      { maxLength: 3 },
    ),
  });
  const part = fc.nat(150_000);
  fc.assert(
    fc.property(
      price,
      part,
      part,
      part,
      part,
      part,
      part,
      part,
      (row, input, cacheRead, cacheWrite, inputAudio, output, reasoning, outputAudio) => {
        const full: Price = { source: 'x', currency: 'USD', ...row };
        const usage = { ...NO_USAGE, input, cacheRead, cacheWrite, inputAudio, output, reasoning, outputAudio };
        const bound = {
          inputTokens: input + cacheRead + cacheWrite + inputAudio,
          outputTokens: output + reasoning + outputAudio,
          audio: inputAudio + outputAudio > 0,
        };
        expect(toNano(priceUsage(full, usage).amount)).toBeLessThanOrEqual(boundCost(full, bound));
      },
    ),
    { numRuns: Number(process.env['TOLLGATE_PROPERTY_RUNS'] ?? 500) },
  );
});

import { type Money, MoneySchema, NO_USAGE, type Price, type Usage } from '@tollgate/contracts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDecimal, parseDecimal } from './decimal.js';
import { priceUsage } from './price-usage.js';
import { sumMoney } from './sum-money.js';

const flat: Price = {
  source: 'test',
  currency: 'USD',
  input: '2.5',
  output: '10',
  cacheRead: '1.25',
  cacheWrite: null,
  inputAudio: null,
  outputAudio: '80',
  tiers: [],
  perRequest: null,
};

const count = fc.nat({ max: 10_000_000 });
const usages: fc.Arbitrary<Usage> = fc.record({
  input: count,
  cacheRead: count,
  cacheWrite: count,
  inputAudio: count,
  output: count,
  reasoning: count,
  outputAudio: count,
});
const rate = fc.nat({ max: 1_000_000_000 }).map((micro) => formatDecimal(BigInt(micro), 6));
const optionalRate = fc.option(rate);
const prices: fc.Arbitrary<Price> = fc.record({
  source: fc.constant('test'),
  currency: fc.constant('USD'),
  input: rate,
  output: rate,
  cacheRead: optionalRate,
  cacheWrite: optionalRate,
  inputAudio: optionalRate,
  outputAudio: optionalRate,
  tiers: fc.array(
    fc.record({
      aboveInputTokens: count,
      input: optionalRate,
      output: optionalRate,
      cacheRead: optionalRate,
      cacheWrite: optionalRate,
    }),
    { maxLength: 3 },
  ),
  perRequest: optionalRate,
});
const monies: fc.Arbitrary<Money> = rate.map((amount) => ({ amount, currency: 'USD' }));
const micro = (money: Money | null): bigint => parseDecimal((money as Money).amount, 12);

describe('priceUsage', () => {
  test('each bucket at its own rate, to the last decimal', () => {
    const usage: Usage = { input: 3, cacheRead: 7, cacheWrite: 11, inputAudio: 13, output: 17, reasoning: 19, outputAudio: 23 };
    // (3 + 11 + 13) x 2.5 + 7 x 1.25 + (17 + 19) x 10 + 23 x 80 = 2276.25 per million
    expect(priceUsage(flat, usage)).toEqual({ amount: '0.00227625', currency: 'USD' });
  });

  test('no float noise: 0.1 and 0.2 per million', () => {
    expect(priceUsage({ ...flat, input: '0.1', output: '0.2' }, { ...NO_USAGE, input: 1, output: 1 }).amount).toBe('0.0000003');
  });

  test('a tier holds for the whole request once the whole input, caches included, passes its size', () => {
    const tiered: Price = {
      ...flat,
      tiers: [
        { aboveInputTokens: 1_000, input: '20', output: null, cacheRead: null, cacheWrite: null },
        { aboveInputTokens: 100, input: '5', output: '15', cacheRead: '2', cacheWrite: null },
      ],
    };
    const at = (input: number, cacheRead: number): string =>
      priceUsage(tiered, { ...NO_USAGE, input, cacheRead, output: 1 }).amount;
    expect(at(60, 40)).toBe('0.00021');
    expect(at(61, 40)).toBe('0.0004');
    expect(at(1_001, 0)).toBe('0.02003');
  });

  test('the flat price of a request is added once', () => {
    expect(priceUsage({ ...flat, perRequest: '0.005' }, NO_USAGE)).toEqual({ amount: '0.005', currency: 'USD' });
  });

  test('a rate longer than six decimals is rounded half up at the twelfth', () => {
    const price = { ...flat, input: '0.0000005' };
    expect(priceUsage(price, { ...NO_USAGE, input: 1 }).amount).toBe('0.000000000001');
    expect(priceUsage({ ...flat, input: '0.0000004' }, { ...NO_USAGE, input: 1 }).amount).toBe('0');
  });

  test('an unknown price stays null', () => {
    fc.assert(fc.property(usages, (usage) => priceUsage(null, usage) === null));
  });

  test('the whole is the sum of its parts, never negative, and a valid amount', () => {
    fc.assert(
      fc.property(prices, usages, (price, usage) => {
        const untiered = { ...price, tiers: [], perRequest: null };
        const whole = priceUsage(untiered, usage);
        const parts = (Object.keys(NO_USAGE) as (keyof Usage)[]).map((bucket) =>
          priceUsage(untiered, { ...NO_USAGE, [bucket]: usage[bucket] }),
        );
        expect(sumMoney(parts)).toEqual(whole);
        expect(MoneySchema.safeParse(priceUsage(price, usage)).success).toBe(true);
        expect(micro(priceUsage(price, usage)) >= 0n).toBe(true);
      }),
    );
  });

  test('more tokens of any bucket never cost less at one flat price', () => {
    fc.assert(
      fc.property(prices, usages, fc.constantFrom(...(Object.keys(NO_USAGE) as (keyof Usage)[])), (price, usage, bucket) => {
        const untiered = { ...price, tiers: [] };
        const more = { ...usage, [bucket]: usage[bucket] + 1 };
        expect(micro(priceUsage(untiered, more)) >= micro(priceUsage(untiered, usage))).toBe(true);
      }),
    );
  });
});

describe('sumMoney', () => {
  test('is exact in any order', () => {
    fc.assert(
      fc.property(fc.array(monies, { minLength: 1 }), (parts) => {
        const total = parts.reduce((sum, part) => sum + micro(part), 0n);
        expect(micro(sumMoney(parts))).toBe(total);
        expect(sumMoney([...parts].reverse())).toEqual(sumMoney(parts));
      }),
    );
  });

  test('one unknown part, no part, or two currencies make the sum unknown', () => {
    const dollar: Money = { amount: '1', currency: 'USD' };
    expect(sumMoney([dollar, null])).toBeNull();
    expect(sumMoney([null])).toBeNull();
    expect(sumMoney([])).toBeNull();
    expect(sumMoney([dollar, { amount: '1', currency: 'EUR' }])).toBeNull();
  });
});

describe('decimals', () => {
  test('parse and format are inverse', () => {
    fc.assert(
      fc.property(fc.bigInt(-(10n ** 30n), 10n ** 30n), fc.integer({ min: 0, max: 18 }), (value, scale) => {
        expect(parseDecimal(formatDecimal(value, scale), scale)).toBe(value);
      }),
    );
  });

  test('what is no decimal is refused', () => {
    for (const text of ['', '.', '1.', '.5', '1e3', '0x1', ' 1', '1,5', 'NaN', '1.1234567']) {
      expect(() => parseDecimal(text, 6)).toThrow(RangeError);
    }
  });
});

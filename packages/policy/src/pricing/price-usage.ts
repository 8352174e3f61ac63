import type { Money, Price, Usage } from '@tollgate/contracts';
import { formatDecimal } from './decimal.js';
import { preparePrice, RATE_SCALE, type Rates } from './rates.js';

/** Decimals of an amount: enough for one token at a rate of 0.000001 per million. */
export const AMOUNT_SCALE = 12;

const PER_MILLION_SCALE = RATE_SCALE + 6;
const ROUNDING_UNIT = 10n ** BigInt(PER_MILLION_SCALE - AMOUNT_SCALE);
const ONE_REQUEST = 1_000_000n;

/**
 * What the usage costs, exact up to 12 decimals (a longer rate is rounded half up, once, at the end). The buckets are
 * disjoint, so none is counted twice; the tier goes by the whole input and holds for the whole request; reasoning costs what
 * output costs. An unknown price stays null: it is never 0.
 */
export function priceUsage(price: Price, usage: Usage): Money;
export function priceUsage(price: Price | null, usage: Usage): Money | null;
export function priceUsage(price: Price | null, usage: Usage): Money | null {
  if (price === null) return null;
  const { perRequest, base, tiers } = preparePrice(price);
  const wholeInput = usage.input + usage.cacheRead + usage.cacheWrite + usage.inputAudio;
  let rates = base;
  for (const tier of tiers) {
    if (wholeInput > tier.aboveInputTokens) {
      rates = tier;
      break;
    }
  }
  const exact = costOfTokens(rates, usage) + perRequest * ONE_REQUEST;
  return { amount: formatDecimal((exact + ROUNDING_UNIT / 2n) / ROUNDING_UNIT, AMOUNT_SCALE), currency: price.currency };
}

function costOfTokens(rates: Rates, usage: Usage): bigint {
  let total = 0n;
  if (usage.input > 0) total += rates.input * BigInt(usage.input);
  if (usage.cacheRead > 0) total += rates.cacheRead * BigInt(usage.cacheRead);
  if (usage.cacheWrite > 0) total += rates.cacheWrite * BigInt(usage.cacheWrite);
  if (usage.inputAudio > 0) total += rates.inputAudio * BigInt(usage.inputAudio);
  const output = usage.output + usage.reasoning;
  if (output > 0) total += rates.output * BigInt(output);
  if (usage.outputAudio > 0) total += rates.outputAudio * BigInt(usage.outputAudio);
  return total;
}

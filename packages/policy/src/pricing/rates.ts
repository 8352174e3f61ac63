import type { Price } from '@tollgate/contracts';
import { parseDecimal } from './decimal.js';

/** Decimals of a rate that contracts allow. */
export const RATE_SCALE = 18;

/** Rates of one size class, in 10^-18 of the currency per million tokens; every fallback already resolved. */
export interface Rates {
  readonly aboveInputTokens: number;
  readonly input: bigint;
  readonly output: bigint;
  readonly cacheRead: bigint;
  readonly cacheWrite: bigint;
  readonly inputAudio: bigint;
  readonly outputAudio: bigint;
}

export interface PreparedPrice {
  readonly perRequest: bigint;
  readonly base: Rates;
  /** Dearest class first, so that the first that fits is the one. */
  readonly tiers: readonly Rates[];
}

const decimal = (text: string): bigint => parseDecimal(text, RATE_SCALE);

/** Snapshots keep a price object for as long as it is valid, so it is parsed once and not once per request. */
const prepared = new WeakMap<Price, PreparedPrice>();

export function preparePrice(price: Price): PreparedPrice {
  const known = prepared.get(price);
  if (known !== undefined) return known;
  const tiers = price.tiers.map((tier) => ratesOf(price, tier)).sort((a, b) => b.aboveInputTokens - a.aboveInputTokens);
  const made: PreparedPrice = {
    perRequest: price.perRequest === null ? 0n : decimal(price.perRequest),
    base: ratesOf(price, null),
    tiers,
  };
  prepared.set(price, made);
  return made;
}

/** A rate that a tier does not name is the base's; a bucket that nobody prices apart costs what its side costs in that tier. */
function ratesOf(price: Price, tier: Price['tiers'][number] | null): Rates {
  const input = decimal(tier?.input ?? price.input);
  const output = decimal(tier?.output ?? price.output);
  const own = (text: string | null | undefined, otherwise: bigint): bigint => (text == null ? otherwise : decimal(text));
  return {
    aboveInputTokens: tier?.aboveInputTokens ?? 0,
    input,
    output,
    cacheRead: own(tier?.cacheRead ?? price.cacheRead, input),
    cacheWrite: own(tier?.cacheWrite ?? price.cacheWrite, input),
    inputAudio: own(price.inputAudio, input),
    outputAudio: own(price.outputAudio, output),
  };
}

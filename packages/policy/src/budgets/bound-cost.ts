import type { Price } from '@tollgate/contracts';
import { preparePrice, RATE_SCALE, type Rates } from '../pricing/rates.js';

export interface CallBound {
  /** No call of these bytes has more input tokens. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Sound goes in, or may come out. */
  readonly audio: boolean;
}

/** 10^18 (rates) x 10^6 (per million) / 10^9 (billionths). */
const PER_NANO = 10n ** BigInt(RATE_SCALE + 6 - 9);
const MILLION = 1_000_000n;

/**
 * The most that a call can cost, in billionths: every token in its dearest bucket, at the dearest class of sizes that its input
 * can reach (a tier may be cheaper than the base, so all of them count). Rounded up.
 */
export function boundCost(price: Price, bound: CallBound): number {
  const { perRequest, base, tiers } = preparePrice(price);
  let most = costIn(base, bound);
  for (const tier of tiers) {
    if (bound.inputTokens <= tier.aboveInputTokens) continue;
    const cost = costIn(tier, bound);
    if (cost > most) most = cost;
  }
  return Number((most + perRequest * MILLION + PER_NANO - 1n) / PER_NANO);
}

function costIn(rates: Rates, { inputTokens, outputTokens, audio }: CallBound): bigint {
  const input = largest(rates.input, rates.cacheRead, rates.cacheWrite, audio ? rates.inputAudio : 0n);
  const output = largest(rates.output, audio ? rates.outputAudio : 0n);
  return input * BigInt(inputTokens) + output * BigInt(outputTokens);
}

const largest = (...rates: readonly bigint[]): bigint => rates.reduce((most, rate) => (rate > most ? rate : most), 0n);

import { type Money, NANO_SCALE } from '@tollgate/contracts';
import { formatDecimal, parseDecimal } from '../pricing/decimal.js';
import { AMOUNT_SCALE } from '../pricing/price-usage.js';

const PER_NANO = 10n ** BigInt(AMOUNT_SCALE - NANO_SCALE);

/** An amount in whole billionths, rounded up: a budget never counts less than was spent. */
export function toNano(amount: Money['amount']): number {
  return Number((parseDecimal(amount, AMOUNT_SCALE) + PER_NANO - 1n) / PER_NANO);
}

export const fromNano = (nano: number): string => formatDecimal(BigInt(nano), NANO_SCALE);

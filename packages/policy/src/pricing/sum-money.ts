import type { Money } from '@tollgate/contracts';
import { formatDecimal, parseDecimal } from './decimal.js';

const SCALE = 18;

/**
 * The exact sum. Null where it is not known: a part is null, there is no part, or the parts are in several currencies
 * (there is no rate of exchange here, and a guess would be worse than no answer).
 */
export function sumMoney(parts: readonly (Money | null)[]): Money | null {
  const [first] = parts;
  if (first == null) return null;
  if (parts.length === 1) return first;
  let total = 0n;
  for (const part of parts) {
    if (part === null || part.currency !== first.currency) return null;
    total += parseDecimal(part.amount, SCALE);
  }
  return { amount: formatDecimal(total, SCALE), currency: first.currency };
}

import type { UsageRecord } from '@tollgate/contracts';
import { priceUsage, sumMoney } from '@tollgate/policy';
import type { PriceOf } from './fetch-prices.js';

/** The record with prices for those of its attempts that had none; null where its cost is still not known. */
export function priceAnew(record: UsageRecord, priceOf: PriceOf): UsageRecord | null {
  const attempts = record.attempts.map((attempt) => {
    if (attempt.cost !== null || attempt.basis === 'none') return attempt;
    const price = priceOf(attempt);
    return price === null ? attempt : { ...attempt, price, cost: priceUsage(price, attempt.usage) };
  });
  const cost = sumMoney(attempts.filter(({ basis }) => basis !== 'none').map((attempt) => attempt.cost));
  return cost === null ? null : { ...record, attempts, cost };
}

import { type Price, PriceSchema, type UsageAttempt, type UsageRecord, UsageRecordSchema } from '@tollgate/contracts';
import { estimateInput } from '@tollgate/dialects';
import { priceUsage, sumMoney, toNano } from '@tollgate/policy';
import { z } from 'zod';

/**
 * What an intent keeps of a call: the record as far as it is known, with the attempts begun so far (their outcome is not
 * known, so usage is empty). The process may die at any moment after.
 */
export const IntentSchema = UsageRecordSchema;
export type Intent = UsageRecord;

const CommitMarkSchema = z.object({ segment: z.int(), from: z.int(), to: z.int() });
export const readCommitMark = (text: string): z.infer<typeof CommitMarkSchema> | null => {
  const parsed = CommitMarkSchema.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : null;
};

/** The settlement of a call whose router has died: input estimated from bytes, output unknown. `diedAt`: ms since the epoch. */
export function interruptedRecord(intent: Intent, diedAt: number): UsageRecord {
  const attempts = intent.attempts.map((attempt) => interruptedAttempt(attempt, intent.requestBytes, diedAt));
  const [last] = attempts.slice(-1);
  const usage = { ...intent.usage };
  for (const attempt of attempts) usage.input += attempt.usage.input;
  const cost = sumMoney(attempts.map((attempt) => attempt.cost));
  return {
    ...intent,
    outcome: 'interrupted',
    status: 0,
    errorCode: 'internal_error',
    durationMs: Math.max(0, diedAt - intent.startedAt),
    attempts,
    usage,
    basis: last === undefined ? 'none' : 'estimated',
    cost,
    ...(intent.charges === undefined ? {} : { charges: chargesOf(intent.charges, cost) }),
  };
}

/** Nobody knows what the answer cost: a hard budget pays what was reserved, a soft one what is estimated. */
const chargesOf = (charges: NonNullable<Intent['charges']>, cost: UsageRecord['cost']): NonNullable<Intent['charges']> =>
  charges.map((charge) =>
    charge.lease === null && cost?.currency === charge.currency ? { ...charge, nano: toNano(cost.amount) } : charge,
  );

function interruptedAttempt(attempt: UsageAttempt, requestBytes: number, diedAt: number): UsageAttempt {
  // A finished attempt (a failed one before a retry) keeps what is known of it.
  if (attempt.errorCode !== null) return attempt;
  const usage = { ...attempt.usage, input: estimateInput(requestBytes) };
  const price: Price | null = attempt.price === null ? null : PriceSchema.parse(attempt.price);
  return {
    ...attempt,
    errorCode: 'internal_error',
    durationMs: Math.max(0, diedAt - attempt.startedAt),
    usage,
    basis: 'estimated',
    cost: priceUsage(price, usage),
  };
}

import type { QuotaLeaseReply, QuotaLeaseRequest } from '@tollgate/contracts';
import { answerAsk, newBucket } from '@tollgate/policy';
import type { PoolClient } from 'pg';
import { createBuckets, type LockedBuckets, lockBuckets, type Rate, writeBuckets } from './bucket-rows.js';

type Answered = Extract<QuotaLeaseReply, { status: 'ok' }>;

/** A bucket's row can be swept away between its making and its locking; hardly twice. */
const TRIES = 3;

/**
 * Answers several requests in one transaction, one after the other: the promise "never over" is the row lock and the
 * commit before the answer. The clock is Postgres' own, the same for every replica of auth.
 */
export async function leaseQuota(
  client: PoolClient,
  requests: readonly QuotaLeaseRequest[],
  newLeaseId: () => string,
): Promise<readonly Answered[]> {
  const rates = ratesOf(requests);
  const buckets = [...rates.keys()].sort();
  for (let tries = 0; tries < TRIES; tries += 1) {
    await client.query('BEGIN');
    const locked = await lockBuckets(client, buckets);
    if (locked.states.size === buckets.length) {
      const replies = requests.map((request) => answer(request, locked, newLeaseId));
      if (buckets.length > 0) await writeBuckets(client, locked.states);
      await client.query('COMMIT');
      return replies;
    }
    await client.query('ROLLBACK');
    for (const bucket of locked.states.keys()) rates.delete(bucket);
    await createBuckets(client, rates);
  }
  throw new Error('rows of the quota authority vanish as fast as they are made');
}

function answer(request: QuotaLeaseRequest, { states, nowUs }: LockedBuckets, newLeaseId: () => string): Answered {
  const leases = request.leases.map((ask) => {
    const step = answerAsk(states.get(ask.bucket) ?? null, ask, { holder: request.holder, nowUs, leaseId: newLeaseId() });
    states.set(ask.bucket, step.state);
    return step.answer;
  });
  return { status: 'ok', leases };
}

/** The rate of each bucket, as the row is made with it (bounded as the authority counts). */
function ratesOf(requests: readonly QuotaLeaseRequest[]): Map<string, Rate> {
  const rates = new Map<string, Rate>();
  for (const { leases } of requests) {
    for (const { bucket, rate } of leases) if (!rates.has(bucket)) rates.set(bucket, newBucket(rate, 0));
  }
  return rates;
}

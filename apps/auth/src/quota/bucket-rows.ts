import type { BucketState } from '@tollgate/policy';
import type { PoolClient } from 'pg';

interface BucketRow {
  readonly bucket: string;
  readonly limit_count: string;
  readonly period_ms: string;
  readonly burst: string;
  readonly level_micro: string;
  readonly updated_at_us: string;
  readonly leases: BucketState['leases'];
  readonly holders: BucketState['holders'];
  readonly now_us: string;
}

export interface LockedBuckets {
  readonly states: Map<string, BucketState>;
  /** Postgres' clock after the last lock was taken, microseconds since the epoch. */
  readonly nowUs: number;
}

/**
 * Locks the rows in the order of their keys (so that two transactions never wait for one another in a circle), in the
 * caller's transaction. Buckets without a row are not in the result.
 */
export async function lockBuckets(client: PoolClient, buckets: readonly string[]): Promise<LockedBuckets> {
  const { rows } = await client.query<BucketRow>({
    name: 'lock-buckets',
    // The clock stands outside the locking part: read for each row after its lock, not before the wait for it.
    text: `WITH locked AS MATERIALIZED (
             SELECT * FROM auth.quota_buckets WHERE bucket = ANY ($1::text[]) ORDER BY bucket FOR UPDATE
           )
           SELECT locked.*, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now_us FROM locked`,
    values: [buckets],
  });
  const states = new Map<string, BucketState>();
  let nowUs = 0;
  for (const row of rows) {
    nowUs = Math.max(nowUs, Number(row.now_us));
    states.set(row.bucket, {
      limit: Number(row.limit_count),
      periodMs: Number(row.period_ms),
      burst: Number(row.burst),
      levelMicro: Number(row.level_micro),
      updatedAtUs: Number(row.updated_at_us),
      leases: row.leases,
      holders: row.holders,
    });
  }
  return { states, nowUs };
}

/** Makes rows for buckets that have none, full as of now. In a transaction of its own, so that it holds no lock. */
export async function createBuckets(client: PoolClient, rates: ReadonlyMap<string, Rate>): Promise<void> {
  const buckets = [...rates.keys()].sort();
  const columns = buckets.map((bucket) => rates.get(bucket) as Rate);
  await client.query({
    name: 'create-buckets',
    text: `INSERT INTO auth.quota_buckets (bucket, limit_count, period_ms, burst, level_micro, updated_at_us, leases, holders)
           SELECT bucket, limit_count, period_ms, burst, burst * 1000000,
             (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, '[]', '[]'
           FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[]) AS fresh (bucket, limit_count, period_ms, burst)
           ON CONFLICT DO NOTHING`,
    values: [buckets, columns.map((rate) => rate.limit), columns.map((rate) => rate.periodMs), columns.map((rate) => rate.burst)],
  });
}

export interface Rate {
  readonly limit: number;
  readonly periodMs: number;
  readonly burst: number;
}

export async function writeBuckets(client: PoolClient, states: ReadonlyMap<string, BucketState>): Promise<void> {
  const all = [...states.values()];
  await client.query({
    name: 'write-buckets',
    text: `UPDATE auth.quota_buckets AS bucket
           SET limit_count = fresh.limit_count, period_ms = fresh.period_ms, burst = fresh.burst,
             level_micro = fresh.level_micro, updated_at_us = fresh.updated_at_us, leases = fresh.leases, holders = fresh.holders
           FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::jsonb[], $8::jsonb[])
             AS fresh (bucket, limit_count, period_ms, burst, level_micro, updated_at_us, leases, holders)
           WHERE bucket.bucket = fresh.bucket`,
    values: [
      [...states.keys()],
      all.map((state) => state.limit),
      all.map((state) => state.periodMs),
      all.map((state) => state.burst),
      all.map((state) => state.levelMicro),
      all.map((state) => state.updatedAtUs),
      all.map((state) => JSON.stringify(state.leases)),
      all.map((state) => JSON.stringify(state.holders)),
    ],
  });
}

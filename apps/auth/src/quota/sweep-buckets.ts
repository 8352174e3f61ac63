import type { PoolClient } from 'pg';

/**
 * Removes buckets that nobody has asked for in a day and that have long been full again: a new row is full, so nothing
 * changes by it. At most a thousand at a time, so that it never takes long.
 */
export async function sweepBuckets(client: PoolClient): Promise<void> {
  await client.query(
    `DELETE FROM auth.quota_buckets WHERE bucket IN (
       SELECT bucket FROM auth.quota_buckets
       WHERE updated_at_us < (extract(epoch FROM clock_timestamp()) * 1000000)::bigint - 86400000000
         - ceil(burst::numeric * period_ms * 1000 / limit_count)
       LIMIT 1000 FOR UPDATE SKIP LOCKED
     )`,
  );
}

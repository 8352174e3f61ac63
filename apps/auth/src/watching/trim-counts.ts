import type { PoolClient } from 'pg';

/** No window that is counted in is longer than a day. */
export async function trimCounts(client: PoolClient): Promise<void> {
  await client.query("DELETE FROM auth.watch_counts WHERE updated_at < now() - interval '25 hours'");
}

import type { PoolClient } from 'pg';

/** A router that lacks more than this, or has been away for longer, drops its cache instead. */
const KEEP_EVENTS = 100_000;
const KEEP_DAYS = 7;

/** Removes old events from the beginning of the feed, at most ten thousand at a time. */
export async function trimFeed(client: PoolClient): Promise<void> {
  await client.query(
    `DELETE FROM auth.feed_events WHERE sequence IN (
       SELECT event.sequence FROM auth.feed_events AS event, auth.feed_counter AS counter
       WHERE event.sequence <= counter.sequence - $1::bigint OR event.created_at < now() - make_interval(days => $2)
       ORDER BY event.sequence LIMIT 10000
     )`,
    [KEEP_EVENTS, KEEP_DAYS],
  );
}

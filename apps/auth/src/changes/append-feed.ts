import type { FeedEvent } from '@tollgate/contracts';
import type { EntityManager } from 'typeorm';

/**
 * Takes the next numbers of the feed, in the caller's transaction: the counter's row is locked from here to the commit, so
 * numbers are gapless and in the order of the commits. Call it last.
 */
export async function appendFeed(manager: EntityManager, events: readonly Omit<FeedEvent, 'sequence'>[]): Promise<void> {
  if (events.length === 0) return;
  await manager.query(
    `WITH counter AS (
       UPDATE auth.feed_counter SET sequence = sequence + $1::int RETURNING sequence - $1::int AS before
     )
     INSERT INTO auth.feed_events (sequence, public_id, kind)
     SELECT counter.before + event.position, event.public_id, event.kind
     FROM counter, unnest($2::text[], $3::text[]) WITH ORDINALITY AS event (public_id, kind, position)`,
    [events.length, events.map((event) => event.publicId), events.map((event) => event.kind)],
  );
}

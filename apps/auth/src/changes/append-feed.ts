import type { FeedEvent } from '@tollgate/contracts';
import type { EntityManager } from 'typeorm';

/**
 * Takes the next numbers of the feed, in the caller's transaction: the counter's row is locked from here to the commit, so
 * numbers are gapless and in the order of the commits. Call it last.
 */
export async function appendFeed(manager: EntityManager, events: readonly Omit<FeedEvent, 'sequence'>[]): Promise<void> {
  if (events.length === 0) return;
  const column = <K extends keyof FeedEvent>(key: K): (FeedEvent[K] | null)[] =>
    events.map((event) => (event as FeedEvent)[key] ?? null);
  await manager.query(
    `WITH counter AS (
       UPDATE auth.feed_counter SET sequence = sequence + $1::int RETURNING sequence - $1::int AS before
     )
     INSERT INTO auth.feed_events (sequence, public_id, kind, organisation_id, team_id, jti, expires_at, secret_id)
     SELECT counter.before + event.position, event.public_id, event.kind, event.organisation_id, event.team_id, event.jti,
       event.expires_at, event.secret_id
     FROM counter, unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[])
       WITH ORDINALITY AS event (public_id, kind, organisation_id, team_id, jti, expires_at, secret_id, position)`,
    [
      events.length,
      column('publicId'),
      column('kind'),
      column('organisationId'),
      column('teamId'),
      column('jti'),
      column('expiresAt'),
      column('secretId'),
    ],
  );
}

import type { FeedEvent } from '@tollgate/contracts';
import type { PoolClient } from 'pg';

/** More than this in one answer and a router is better off dropping its cache. */
export const FEED_EVENTS_MAX = 5_000;

export interface FeedTail {
  /** The last one committed. */
  readonly sequence: number;
  /** Those after the number asked for, without a gap; null where some of them are gone or they are too many. */
  readonly events: readonly FeedEvent[] | null;
}

interface TailRow {
  readonly last: string;
  readonly sequence: string | null;
  readonly public_id: string;
  readonly kind: FeedEvent['kind'];
  readonly organisation_id: string | null;
  readonly team_id: string | null;
  readonly jti: string | null;
  readonly expires_at: string | null;
  readonly secret_id: string | null;
}

/** Counter and events in one statement, and so of one moment. */
export async function readFeed(client: PoolClient, after: number): Promise<FeedTail> {
  const { rows } = await client.query<TailRow>({
    name: 'read-feed',
    text: `SELECT counter.sequence AS last, event.*
           FROM auth.feed_counter AS counter
           LEFT JOIN LATERAL (
             SELECT sequence, public_id, kind, organisation_id, team_id, jti, expires_at, secret_id FROM auth.feed_events
             WHERE sequence > $1 ORDER BY sequence LIMIT $2
           ) AS event ON true
           ORDER BY event.sequence`,
    values: [after, FEED_EVENTS_MAX + 1],
  });
  const [first] = rows;
  if (first === undefined) throw new Error('the counter of the feed is missing');
  const sequence = Number(first.last);
  const events = rows.flatMap((row) => (row.sequence === null ? [] : [eventOf(row, row.sequence)]));
  const whole = events.length === sequence - after && events.length <= FEED_EVENTS_MAX;
  return { sequence, events: whole ? events : null };
}

const eventOf = (row: TailRow, sequence: string): FeedEvent => ({
  sequence: Number(sequence),
  publicId: row.public_id,
  kind: row.kind,
  ...(row.organisation_id === null ? {} : { organisationId: row.organisation_id }),
  ...(row.team_id === null ? {} : { teamId: row.team_id }),
  ...(row.jti === null ? {} : { jti: row.jti }),
  ...(row.expires_at === null ? {} : { expiresAt: Number(row.expires_at) }),
  ...(row.secret_id === null ? {} : { secretId: row.secret_id }),
});

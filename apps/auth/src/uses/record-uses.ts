import type { TokenUse } from '@tollgate/contracts';
import type { PoolClient } from 'pg';

/** Kept of each secret, the latest. */
const CALLERS_MAX = 50;

/**
 * Notes when secrets were last used, and that their keys and the parents of those are not idle. The row of a key, which stands in
 * indexes, is touched once an hour at most: so its end by idleness is up to an hour late and never early. Rows are locked in one
 * order, because several routers report the same secrets. A time in the future is now.
 */
export async function recordUses(client: PoolClient, uses: readonly TokenUse[]): Promise<void> {
  if (uses.length === 0) return;
  await client.query({
    name: 'record-uses',
    text: `
      WITH used AS (
        SELECT id, LEAST(max(used_ms), extract(epoch FROM now()) * 1000) AS used_ms
        FROM unnest($1::text[], $2::float8[]) AS use (id, used_ms) GROUP BY id
      ), locked AS (
        SELECT secret.id, used.used_ms FROM auth.token_secrets AS secret JOIN used ON used.id = secret.id
        ORDER BY secret.id FOR UPDATE OF secret
      )
      UPDATE auth.token_secrets AS secret SET last_used_at = to_timestamp(locked.used_ms / 1000)
      FROM locked
      WHERE secret.id = locked.id
        AND (secret.last_used_at IS NULL OR secret.last_used_at < to_timestamp(locked.used_ms / 1000))`,
    values: [uses.map(({ secretId }) => secretId), uses.map(({ usedAt }) => usedAt)],
  });
  await client.query({
    name: 'record-uses-of-keys',
    text: `
      WITH RECURSIVE chain AS (
        SELECT token.id, token.parent_id, secret.last_used_at AS used_at, 1 AS generation
        FROM auth.token_secrets AS secret JOIN auth.tokens AS token ON token.id = secret.token_id
        WHERE secret.id = ANY ($1::text[])
        UNION ALL
        SELECT parent.id, parent.parent_id, chain.used_at, chain.generation + 1
        FROM chain JOIN auth.tokens AS parent ON parent.id = chain.parent_id WHERE chain.generation < 8
      ), used AS (
        SELECT id, max(used_at) AS used_at FROM chain GROUP BY id
      ), locked AS (
        SELECT token.id, used.used_at FROM auth.tokens AS token JOIN used ON used.id = token.id
        WHERE token.last_used_at IS NULL OR token.last_used_at < used.used_at - interval '1 hour'
        ORDER BY token.id FOR UPDATE OF token
      )
      UPDATE auth.tokens AS token SET last_used_at = locked.used_at,
        idle_expires_at = GREATEST(token.idle_expires_at,
          locked.used_at + make_interval(days => token.idle_expiry_days, hours => 1))
      FROM locked WHERE token.id = locked.id`,
    values: [uses.map(({ secretId }) => secretId)],
  });
  await recordCallers(client, uses);
}

/** Who uses which secret: what the owner of a key wants to know before the old one ends. */
async function recordCallers(client: PoolClient, uses: readonly TokenUse[]): Promise<void> {
  const told = uses.filter(({ network, userAgent }) => network !== undefined || userAgent !== undefined);
  if (told.length === 0) return;
  await client.query({
    name: 'record-callers',
    text: `
      WITH used AS (
        SELECT use.id, use.network, use.user_agent, sum(use.count) AS uses, max(use.used_ms) AS used_ms, secret.state = 'grace' AS late
        FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::float8[]) AS use (id, network, user_agent, count, used_ms)
        JOIN auth.token_secrets AS secret ON secret.id = use.id
        GROUP BY use.id, use.network, use.user_agent, secret.state ORDER BY use.id, use.network, use.user_agent
      ), counted AS (
        UPDATE auth.token_secrets AS secret SET uses_in_grace = secret.uses_in_grace + late.uses
        FROM (SELECT id, sum(uses) AS uses FROM used WHERE used.late GROUP BY id ORDER BY id) AS late WHERE secret.id = late.id
      )
      INSERT INTO auth.secret_callers AS known (secret_id, network, user_agent, uses, uses_in_grace, last_used_at)
      SELECT id, network, user_agent, uses, CASE WHEN late THEN uses ELSE 0 END, LEAST(to_timestamp(used_ms / 1000), now()) FROM used
      ON CONFLICT (secret_id, network, user_agent) DO UPDATE SET uses = known.uses + EXCLUDED.uses,
        uses_in_grace = known.uses_in_grace + EXCLUDED.uses_in_grace,
        last_used_at = GREATEST(known.last_used_at, EXCLUDED.last_used_at)`,
    values: [
      told.map(({ secretId }) => secretId),
      told.map(({ network }) => network ?? ''),
      told.map(({ userAgent }) => userAgent ?? ''),
      told.map(({ count }) => count ?? 1),
      told.map(({ usedAt }) => usedAt),
    ],
  });
  await client.query({
    name: 'trim-callers',
    text: `
      DELETE FROM auth.secret_callers AS old USING (
        SELECT secret_id, network, user_agent, row_number() OVER (PARTITION BY secret_id ORDER BY last_used_at DESC) AS place
        FROM auth.secret_callers WHERE secret_id = ANY ($1::text[])
      ) AS ranked
      WHERE ranked.place > ${CALLERS_MAX} AND old.secret_id = ranked.secret_id AND old.network = ranked.network
        AND old.user_agent = ranked.user_agent`,
    values: [told.map(({ secretId }) => secretId)],
  });
}

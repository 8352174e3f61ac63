import type { TokenUse } from '@tollgate/contracts';
import type { PoolClient } from 'pg';

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
}

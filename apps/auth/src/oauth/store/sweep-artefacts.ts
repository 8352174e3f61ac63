import type { PoolClient } from 'pg';

/** Removes what has expired, at most ten thousand rows at a time. */
export async function sweepArtefacts(client: PoolClient): Promise<void> {
  await client.query(
    `DELETE FROM auth.oauth_artefacts WHERE (model, id_hash) IN (
       SELECT model, id_hash FROM auth.oauth_artefacts WHERE expires_at < now() ORDER BY expires_at LIMIT 10000
     )`,
  );
  await client.query("DELETE FROM auth.oauth_denied_jwts WHERE expires_at < now() - interval '1 minute'");
}

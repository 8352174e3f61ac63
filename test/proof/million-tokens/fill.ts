import { createSecretKey, randomBytes } from 'node:crypto';
import { newId } from '@tollgate/kernel';
import { digestToken, generateToken } from '@tollgate/policy';
import type pg from 'pg';

export interface StoredToken {
  readonly id: string;
  readonly text: string;
}

const BATCH = 5_000;
/** As a token of the API has it: the fields that are not of the policy stand beside it. */
const COLUMNS = `organisation_id, team_id, name, type, environment, status, policy, expires_at, created_by, owner_id, tags,
  idle_expiry_days, idle_expires_at`;

/**
 * Tokens that can be used, written past the API (which would make a hundred in a second): the same rows as `pattern`, a token
 * that the API has made, each with an id, a name, and an active secret of its own whose digest is that of its text.
 */
export async function storeUsable(
  client: pg.Client,
  pattern: string,
  pepper: Buffer,
  count: number,
  word: string,
): Promise<readonly StoredToken[]> {
  const key = createSecretKey(pepper);
  const stored: StoredToken[] = [];
  for (let done = 0; done < count; done += BATCH) {
    const made = Array.from({ length: Math.min(BATCH, count - done) }, () => {
      const { text, publicId } = generateToken({ type: 'k', environment: 'live', randomBytes });
      return { id: newId('tok', Date.now(), randomBytes), secret: newId('sec', Date.now(), randomBytes), publicId, text };
    });
    await client.query(
      `INSERT INTO auth.tokens (id, public_id, ${COLUMNS}, created_at, updated_at)
       SELECT made.id, made.public_id, ${COLUMNS.replace(' name,', ` '${word} ' || made.public_id,`)}, now(), now()
       FROM auth.tokens AS pattern, unnest($2::text[], $3::text[]) AS made (id, public_id) WHERE pattern.id = $1`,
      [pattern, made.map(({ id }) => id), made.map(({ publicId }) => publicId)],
    );
    await client.query(
      `INSERT INTO auth.token_secrets (id, token_id, digest, pepper_version, state, created_at, activated_at)
       SELECT made.id, made.token_id, made.digest, 1, 'active', now(), now()
       FROM unnest($1::text[], $2::text[], $3::bytea[]) AS made (id, token_id, digest)`,
      [made.map(({ secret }) => secret), made.map(({ id }) => id), made.map(({ text }) => digestToken(key, text))],
    );
    stored.push(...made.map(({ id, text }) => ({ id, text })));
  }
  return stored;
}

/**
 * Tokens that nobody has the text of: made by Postgres, in everything else as the others, with random digests and ids that are
 * spread over the two years before. One in ten is revoked, as in a store that has been in use.
 */
export async function storeOthers(client: pg.Client, pattern: string, count: number): Promise<void> {
  // Random, and not derived from the number: the order in which keys of use come says nothing about where they lie.
  await client.query('CREATE TEMPORARY TABLE made (id text, public_id text, nth int, revoked boolean)');
  await client.query(
    `INSERT INTO made SELECT 'tok_01' || lpad(to_hex(n), 8, '0') || substr(md5(random()::text), 1, 16),
       substr(md5(n::text || random()::text), 1, 12), n, n % 10 = 0 FROM generate_series(1, $1::int) AS n`,
    [count],
  );
  await client.query(
    `INSERT INTO auth.tokens (id, public_id, ${COLUMNS}, created_at, updated_at, revoked_at)
     SELECT made.id, made.public_id, ${COLUMNS.replace(' name,', " 'service ' || made.nth || ' of ' || made.public_id,").replace(
       ' status,',
       " CASE WHEN made.revoked THEN 'revoked' ELSE status END,",
     )}, now() - made.nth * interval '1 minute', now(), CASE WHEN made.revoked THEN now() END
     FROM auth.tokens AS pattern, made WHERE pattern.id = $1 ON CONFLICT DO NOTHING`,
    [pattern],
  );
  await client.query(
    `INSERT INTO auth.token_secrets (id, token_id, digest, pepper_version, state, created_at, activated_at, revoked_at)
     SELECT 'sec_' || substr(made.id, 5), made.id, sha256(convert_to(made.id || random()::text, 'UTF8')), 1,
       CASE WHEN made.revoked THEN 'revoked' ELSE 'active' END, now(), now(), CASE WHEN made.revoked THEN now() END
     FROM made JOIN auth.tokens USING (id)`,
  );
  await client.query('DROP TABLE made');
  // What the autovacuum would have done by itself by then.
  await client.query('VACUUM ANALYZE auth.tokens');
  await client.query('VACUUM ANALYZE auth.token_secrets');
  await client.query('CHECKPOINT');
}

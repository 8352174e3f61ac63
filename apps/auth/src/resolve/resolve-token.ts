import type { TokenPolicy, TokenResolveReply, TokenSecret, TokenSnapshot } from '@tollgate/contracts';
import type { PoolClient } from 'pg';

type Answered = Exclude<TokenResolveReply, { status: 'stale' }>;

interface ResolveRow {
  readonly sequence: string;
  readonly id: string | null;
  readonly public_id: string;
  readonly organisation_id: string;
  readonly team_id: string | null;
  readonly name: string;
  readonly type: TokenSnapshot['type'];
  readonly status: TokenSnapshot['status'];
  readonly policy: TokenPolicy;
  readonly expires_ms: number | null;
  readonly revision: number;
  readonly secrets: readonly SecretJson[];
}

interface SecretJson {
  readonly id: string;
  /** Standard base64 of Postgres: with line breaks past 76 characters, which 32 bytes never reach. */
  readonly digest: string;
  readonly pepper_version: number;
  readonly state: TokenSecret['state'];
  readonly expires_ms: number | null;
}

/** One statement, and so one moment: the token as it was when the feed stood at `sequence`. */
export async function resolveToken(client: PoolClient, publicId: string): Promise<Answered> {
  const { rows } = await client.query<ResolveRow>({
    name: 'resolve-token',
    text: `SELECT counter.sequence, token.id, token.public_id, token.organisation_id, token.team_id, token.name, token.type,
             token.status, token.policy, token.revision,
             (extract(epoch FROM token.expires_at) * 1000)::float8 AS expires_ms,
             COALESCE((
               SELECT json_agg(json_build_object('id', secret.id, 'digest', encode(secret.digest, 'base64'),
                 'pepper_version', secret.pepper_version, 'state', secret.state,
                 'expires_ms', (extract(epoch FROM secret.expires_at) * 1000)::float8) ORDER BY secret.id)
               FROM auth.token_secrets AS secret
               WHERE secret.token_id = token.id AND secret.state IN ('active', 'grace')
             ), '[]'::json) AS secrets
           FROM auth.feed_counter AS counter
           LEFT JOIN auth.tokens AS token ON token.public_id = $1`,
    values: [publicId],
  });
  const [row] = rows;
  if (row === undefined) throw new Error('the counter of the feed is missing');
  const sequence = Number(row.sequence);
  return row.id === null ? { status: 'unknown', sequence } : { status: 'found', token: snapshotOf(row, row.id), sequence };
}

const snapshotOf = (row: ResolveRow, id: string): TokenSnapshot => ({
  id,
  publicId: row.public_id,
  type: row.type,
  name: row.name,
  organisationId: row.organisation_id,
  teamId: row.team_id,
  status: row.status,
  expiresAt: wholeOrNull(row.expires_ms),
  secrets: row.secrets.map((secret) => ({
    id: secret.id,
    digest: Buffer.from(secret.digest, 'base64').toString('base64url'),
    pepperVersion: secret.pepper_version,
    state: secret.state,
    expiresAt: wholeOrNull(secret.expires_ms),
  })),
  policy: row.policy,
  revision: row.revision,
});

const wholeOrNull = (ms: number | null): number | null => (ms === null ? null : Math.round(ms));

import type {
  AccessRules,
  BudgetSpec,
  ExposureAction,
  TokenPolicy,
  TokenResolveReply,
  TokenSecret,
  TokenSnapshot,
} from '@tollgate/contracts';
import { mergeBounds } from '@tollgate/policy';
import type { PoolClient } from 'pg';
import { BUDGETS, SHARED_LIMITS, type SharedLimitJson, SLOW_DOWNS, type SlowDownJson, withShared } from './shared-bounds.js';
import { statusInService } from './status-in-service.js';

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
  readonly owner_id: string | null;
  readonly operator: boolean;
  readonly shared_limits: readonly SharedLimitJson[];
  readonly budgets: readonly BudgetSpec[];
  readonly slow_downs: readonly SlowDownJson[];
  /** null = as where nothing is said. */
  readonly exposure: ExposureAction | null;
  readonly secrets: readonly SecretJson[];
  /** The nearest first. */
  readonly parents: readonly ParentJson[];
}

interface ParentJson {
  readonly policy: TokenPolicy;
  readonly status: TokenSnapshot['status'];
  readonly expires_ms: number | null;
}

interface SecretJson {
  readonly id: string;
  /** Standard base64 of Postgres: with line breaks past 76 characters, which 32 bytes never reach. */
  readonly digest: string;
  readonly pepper_version: number;
  readonly state: TokenSecret['state'];
  readonly expires_ms: number | null;
}

/** The end of a key in ms since the epoch: that which was set or that of an idleness, should the sweeper not have come by yet. */
const END_MS = `(extract(epoch FROM LEAST(token.expires_at,
  CASE WHEN token.idle_expires_at <= now() THEN token.idle_expires_at END)) * 1000)::float8`;

/** Nearest first. A child that is in use keeps its parents from being idle. */
const PARENTS = `
  WITH RECURSIVE family AS (
    SELECT parent.*, 1 AS generation FROM auth.tokens AS parent WHERE parent.id = token.parent_id
    UNION ALL
    SELECT parent.*, family.generation + 1 FROM auth.tokens AS parent JOIN family ON parent.id = family.parent_id
    WHERE family.generation < 8
  )
  SELECT json_agg(json_build_object('policy', family.policy, 'status', ${statusInService('family')},
    'expires_ms', (extract(epoch FROM family.expires_at) * 1000)::float8) ORDER BY family.generation) FROM family`;

/** One statement, and so one moment: the token as it was when the feed stood at `sequence`. */
export async function resolveToken(client: PoolClient, publicId: string): Promise<Answered> {
  const { rows } = await client.query<ResolveRow>({
    name: 'resolve-token',
    text: `SELECT counter.sequence, token.id, token.public_id, token.organisation_id, token.team_id, token.owner_id, token.name,
             token.type, ${statusInService('token')} AS status, token.policy, token.revision, ${END_MS} AS expires_ms,
             COALESCE((
               SELECT json_agg(json_build_object('id', secret.id, 'digest', encode(secret.digest, 'base64'),
                 'pepper_version', secret.pepper_version, 'state', secret.state,
                 'expires_ms', (extract(epoch FROM secret.expires_at) * 1000)::float8) ORDER BY secret.id)
               FROM auth.token_secrets AS secret
               WHERE secret.token_id = token.id AND secret.state IN ('active', 'grace') AND token.type <> 'o'
             ), '[]'::json) AS secrets,
             CASE WHEN token.parent_id IS NULL THEN '[]'::json ELSE (${PARENTS}) END AS parents,
             (SELECT operator FROM auth.organisations WHERE id = token.organisation_id) AS operator,
             ${SHARED_LIMITS} AS shared_limits, ${BUDGETS} AS budgets, ${SLOW_DOWNS} AS slow_downs,
             (SELECT watch.settings ->> 'exposure' FROM auth.watch_settings AS watch
              WHERE watch.organisation_id = token.organisation_id) AS exposure
           FROM auth.feed_counter AS counter
           LEFT JOIN auth.tokens AS token ON token.public_id = $1`,
    values: [publicId],
  });
  const [row] = rows;
  if (row === undefined) throw new Error('the counter of the feed is missing');
  const sequence = Number(row.sequence);
  return row.id === null ? { status: 'unknown', sequence } : { status: 'found', token: snapshotOf(row, row.id), sequence };
}

function snapshotOf(row: ResolveRow, id: string): TokenSnapshot {
  const { parents } = row;
  return {
    id,
    publicId: row.public_id,
    type: row.type,
    name: row.name,
    organisationId: row.organisation_id,
    teamId: row.team_id,
    ...(row.operator && { operator: true }),
    ownerId: row.owner_id,
    status: statusOf([row, ...parents]),
    expiresAt: earliest([row, ...parents]),
    secrets: row.secrets.map((secret) => ({
      id: secret.id,
      digest: Buffer.from(secret.digest, 'base64').toString('base64url'),
      pepperVersion: secret.pepper_version,
      state: secret.state,
      expiresAt: wholeOrNull(secret.expires_ms),
    })),
    policy: withShared(
      mergeBounds(
        row.policy,
        parents.map(({ policy }) => policy),
      ),
      { limits: row.shared_limits, budgets: row.budgets, slowDowns: row.slow_downs },
    ),
    ...(row.exposure !== null && { exposure: row.exposure }),
    ...(parents.length === 0 ? {} : { parents: parents.map(({ policy }) => rulesOf(policy)) }),
    revision: row.revision,
  };
}

const rulesOf = ({ scopes, models, addresses, windows }: TokenPolicy): AccessRules => ({ scopes, models, addresses, windows });

/** A child is not better off than any of its parents. */
function statusOf(family: readonly Pick<ParentJson, 'status'>[]): TokenSnapshot['status'] {
  if (family.some(({ status }) => status === 'revoked')) return 'revoked';
  return family.some(({ status }) => status === 'suspended') ? 'suspended' : 'active';
}

function earliest(family: readonly Pick<ParentJson, 'expires_ms'>[]): number | null {
  const ends = family.flatMap(({ expires_ms }) => expires_ms ?? []);
  return ends.length === 0 ? null : Math.round(Math.min(...ends));
}

const wholeOrNull = (ms: number | null): number | null => (ms === null ? null : Math.round(ms));

import type { BudgetSpec, LimitSpec, TokenPolicy } from '@tollgate/contracts';

/** The token and the keys above it; `token` is the row that is being resolved. */
const FAMILY = `ARRAY(
  WITH RECURSIVE own AS (
    SELECT token.id AS id, token.parent_id AS parent_id, 0 AS generation
    UNION ALL
    SELECT parent.id, parent.parent_id, own.generation + 1 FROM auth.tokens AS parent JOIN own ON parent.id = own.parent_id
    WHERE own.generation < 8
  )
  SELECT own.id FROM own)`;

/** Parts of the one statement that resolves a token: what it, the keys above it, its team and its organisation are bound by. */
export const SHARED_LIMITS = `COALESCE((
  SELECT json_agg(json_build_object('kind', shared.kind, 'models', shared.models, 'team_id', shared.team_id,
    'token_id', shared.token_id, 'organisation_id', shared.organisation_id, 'limit', shared.limit_count,
    'period_ms', shared.period_ms, 'burst', shared.burst) ORDER BY shared.id)
  FROM auth.scope_limits AS shared
  WHERE shared.organisation_id = token.organisation_id AND (shared.team_id IS NULL OR shared.team_id = token.team_id)
    AND (shared.token_id IS NULL OR shared.token_id = ANY (${FAMILY}))
), '[]'::json)`;

export const BUDGETS = `COALESCE((
  SELECT json_agg(json_build_object('id', budget.id, 'models', budget.models, 'subject', budget.subject, 'hard', budget.hard)
    ORDER BY budget.id)
  FROM auth.budgets AS budget
  WHERE budget.ended_at IS NULL AND budget.organisation_id = token.organisation_id
    AND budget.subject_id = ANY (ARRAY[token.organisation_id, token.team_id] || ${FAMILY})
), '[]'::json)`;

/** Of itself and of the keys above it: what an incident has put upon them, for a while. */
export const SLOW_DOWNS = `COALESCE((
  SELECT json_agg(json_build_object('token_id', slow.token_id, 'requests', slow.requests_per_minute) ORDER BY slow.token_id)
  FROM auth.slow_downs AS slow
  WHERE slow.organisation_id = token.organisation_id AND slow.until > now() AND slow.token_id = ANY (${FAMILY})
), '[]'::json)`;

export interface SlowDownJson {
  readonly token_id: string;
  /** In a minute. */
  readonly requests: number;
}

export interface SharedLimitJson {
  readonly kind: LimitSpec['kind'];
  readonly models: string | null;
  readonly team_id: string | null;
  readonly token_id: string | null;
  readonly organisation_id: string;
  readonly limit: number;
  readonly period_ms: number;
  readonly burst: number;
}

/** The policy with everything that bounds the token: a router needs to look nowhere else. */
export const withShared = (policy: TokenPolicy, { limits, budgets, slowDowns }: Shared): TokenPolicy =>
  limits.length + budgets.length + slowDowns.length === 0
    ? policy
    : {
        ...policy,
        limits: [...policy.limits, ...limits.map(specOf), ...slowDowns.map(slowed)],
        budgets: [...policy.budgets, ...budgets],
      };

interface Shared {
  readonly limits: readonly SharedLimitJson[];
  readonly budgets: readonly BudgetSpec[];
  readonly slowDowns: readonly SlowDownJson[];
}

const MINUTE_MS = 60_000;
/** Of the calls of a minute, so many at once. */
const BURST_SHARE = 6;

const slowed = ({ token_id, requests }: SlowDownJson): LimitSpec => ({
  kind: 'requests',
  bucket: `slowed:${token_id}`,
  models: null,
  subject: 'token',
  rate: { limit: requests, periodMs: MINUTE_MS, burst: Math.max(1, Math.floor(requests / BURST_SHARE)) },
});

function specOf(row: SharedLimitJson): LimitSpec {
  const { kind, models, limit, period_ms: periodMs, burst } = row;
  const subject = row.token_id !== null ? 'token' : row.team_id === null ? 'organisation' : 'team';
  const bucket = bucketOf(row);
  const named = { bucket, models, subject } as const;
  return kind === 'concurrency' ? { ...named, kind, rate: { limit } } : { ...named, kind, rate: { limit, periodMs, burst } };
}

/** Name of the counter, the same wherever it is leased. */
export const bucketOf = (row: Pick<SharedLimitJson, 'kind' | 'models' | 'team_id' | 'token_id' | 'organisation_id'>): string =>
  `${row.kind}:${row.token_id ?? row.team_id ?? row.organisation_id}${row.models === null ? '' : `:${row.models}`}`;

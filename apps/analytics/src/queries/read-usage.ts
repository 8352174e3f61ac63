import type { UsageGroup, UsageQuery, UsageReportView } from '@tollgate/contracts';
import { InvalidFieldsError } from '@tollgate/nest';
import type { DataSource } from 'typeorm';
import { type FiguresRow, figuresOf, NO_FIGURES } from './figures.js';
import { withQueryLimit } from './query-limit.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DEFAULT_DAYS = 30;
const DAYS_MAX = 3_660;
const HOURLY_DAYS_MAX = 31;

const MEASURES = [
  'requests',
  'unpriced',
  'unreported',
  'input_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'input_audio_tokens',
  'output_tokens',
  'reasoning_tokens',
  'output_audio_tokens',
  'cost',
] as const;

/** An hour of a day has no other name in the daily rollup, so groups by hour read the hourly one alone. */
const KEYS: Readonly<Record<UsageGroup | 'none', { readonly hourly: string; readonly daily: string }>> = {
  none: { hourly: "''", daily: "''" },
  model: { hourly: 'model', daily: 'model' },
  token: { hourly: 'token_id', daily: 'token_id' },
  provider: { hourly: 'provider', daily: 'provider' },
  outcome: { hourly: 'outcome', daily: 'outcome' },
  day: { hourly: "to_char(period AT TIME ZONE 'UTC', 'YYYY-MM-DD')", daily: "to_char(period, 'YYYY-MM-DD')" },
  hour: { hourly: `to_char(period AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`, daily: 'NULL' },
};

/** Whose usage: that of the organisation, or of some of its teams alone. */
export interface UsageReach {
  readonly organisationId: string;
  readonly teams: readonly string[] | null;
}

interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Sums over what the caller reaches, out of the rollups alone: whole days from the daily one, what sticks out from the hourly one. */
export async function readUsage(
  dataSource: DataSource,
  reach: UsageReach,
  query: UsageQuery,
  nowMs: number,
): Promise<UsageReportView> {
  const range = rangeOf(query, nowMs);
  const group = query.group_by ?? null;
  const { totals, groups } = await withQueryLimit(dataSource, async (manager) => {
    const total = statement('none', range, query, reach, 1);
    const [row]: FiguresRow[] = await manager.query(total.sql, total.parameters);
    if (group === null) return { totals: row, groups: [] };
    const grouped = statement(group, range, query, reach, query.limit + 1);
    const rows: FiguresRow[] = await manager.query(grouped.sql, grouped.parameters);
    return { totals: row, groups: rows };
  });
  return {
    from: new Date(range.fromMs).toISOString(),
    to: new Date(range.toMs).toISOString(),
    group_by: group,
    totals: figuresOf(totals ?? NO_FIGURES),
    groups: groups.slice(0, query.limit).map((row) => ({ key: row.key === '' ? null : row.key, ...figuresOf(row) })),
    has_more: groups.length > query.limit,
  };
}

function rangeOf(query: UsageQuery, nowMs: number): Range {
  const toMs = Math.ceil((query.to ?? nowMs) / HOUR_MS) * HOUR_MS;
  const fromMs = Math.floor((query.from ?? toMs - DEFAULT_DAYS * DAY_MS) / HOUR_MS) * HOUR_MS;
  if (fromMs >= toMs) {
    throw new InvalidFieldsError(
      ['from', 'to'].map((pointer) => ({ pointer, detail: '`from` must be before `to`, which is now by default' })),
    );
  }
  const daysMax = query.group_by === 'hour' ? HOURLY_DAYS_MAX : DAYS_MAX;
  if (toMs - fromMs > daysMax * DAY_MS) {
    throw new InvalidFieldsError([{ pointer: 'from', detail: `at most ${daysMax} days before \`to\`` }]);
  }
  return { fromMs, toMs };
}

/** Parameters only: nothing that a caller sent stands in the text. */
function statement(
  group: UsageGroup | 'none',
  range: Range,
  query: UsageQuery,
  { organisationId, teams }: UsageReach,
  limit: number,
): { readonly sql: string; readonly parameters: readonly unknown[] } {
  const parameters: unknown[] = [organisationId];
  const bind = (value: unknown): string => `$${parameters.push(value)}`;
  let filter = 'organisation_id = $1';
  if (teams !== null) filter += ` AND team_id = ANY(${bind(teams)}::text[])`;
  if (query.model !== undefined) filter += ` AND model = ${bind(query.model)}`;
  if (query.token_id !== undefined) filter += ` AND token_id = ${bind(query.token_id)}`;
  if (query.provider !== undefined) filter += ` AND provider = ${bind(query.provider)}`;
  const part = (table: string, key: string, type: string, from: string, to: string): string =>
    `SELECT ${key} AS key, outcome, currency, ${MEASURES.join(', ')} FROM analytics.${table}
     WHERE ${filter} AND period >= ${bind(from)}::${type} AND period < ${bind(to)}::${type}`;
  const keys = KEYS[group];
  const parts = pieces(range, group !== 'hour').map(({ daily, fromMs, toMs }) => {
    const [from, to] = [new Date(fromMs).toISOString(), new Date(toMs).toISOString()];
    return daily ? part('usage_daily', keys.daily, 'date', from, to) : part('usage_hourly', keys.hourly, 'timestamptz', from, to);
  });
  const count = (outcome: string): string => `coalesce(sum(requests) FILTER (WHERE outcome = '${outcome}'), 0) AS ${outcome}`;
  const sql = `
    WITH parts AS (${parts.join(' UNION ALL ')}),
    by_currency AS (
      SELECT key, currency, ${['succeeded', 'failed', 'cancelled', 'interrupted', 'refused'].map(count).join(', ')},
        sum(requests) AS counted, ${MEASURES.slice(1)
          .map((name) => `sum(${name}) AS ${name}`)
          .join(', ')}
      FROM parts GROUP BY key, currency)
    SELECT key, ${['succeeded', 'failed', 'cancelled', 'interrupted', 'refused', ...MEASURES.slice(1, -1)].map((name) => `sum(${name})::text AS ${name}`).join(', ')},
      json_agg(json_build_object('amount', trim_scale(cost)::text, 'currency', currency)) FILTER (WHERE currency <> '' AND counted > 0) AS costs
    FROM by_currency GROUP BY key HAVING sum(counted) > 0
    ORDER BY ${group === 'day' || group === 'hour' ? 'key' : 'sum(counted) DESC, key'} LIMIT ${bind(limit)}`;
  return { sql, parameters };
}

/** Whole days, and the hours before and after them. */
function pieces(range: Range, days: boolean): readonly (Range & { readonly daily: boolean })[] {
  const firstDay = Math.ceil(range.fromMs / DAY_MS) * DAY_MS;
  const lastDay = Math.floor(range.toMs / DAY_MS) * DAY_MS;
  if (!days || firstDay >= lastDay) return [{ ...range, daily: false }];
  return [
    { fromMs: range.fromMs, toMs: firstDay, daily: false },
    { fromMs: firstDay, toMs: lastDay, daily: true },
    { fromMs: lastDay, toMs: range.toMs, daily: false },
  ].filter(({ fromMs, toMs }) => fromMs < toMs);
}

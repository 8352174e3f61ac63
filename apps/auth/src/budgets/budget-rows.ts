import type { BudgetPeriod } from '@tollgate/contracts';
import type { PoolClient } from 'pg';

/** What a window, a lease or a charge belongs to. */
export interface BudgetFacts {
  readonly id: string;
  readonly organisationId: string;
  readonly name: string;
  readonly nano: number;
  readonly currency: string;
  readonly period: BudgetPeriod;
  readonly timeZone: string;
  readonly hard: boolean;
  readonly ended: boolean;
  readonly alertAtPercent: readonly number[];
}

export interface BudgetsNow {
  readonly budgets: ReadonlyMap<string, BudgetFacts>;
  /** Postgres' clock, milliseconds since the epoch: the same for every replica of auth. */
  readonly nowMs: number;
}

interface Row {
  readonly id: string;
  readonly organisation_id: string;
  readonly name: string;
  readonly nano: string;
  readonly currency: string;
  readonly period: BudgetPeriod;
  readonly time_zone: string;
  readonly hard: boolean;
  readonly ended: boolean;
  readonly alert_at_percent: number[];
}

export async function readBudgets(client: PoolClient, ids: readonly string[]): Promise<BudgetsNow> {
  const { rows } = await client.query<Row & { readonly now_ms: string | null }>({
    name: 'read-budgets',
    text: `SELECT clock.now_ms, budget.id, budget.organisation_id, budget.name, budget.nano, budget.currency, budget.period,
             budget.time_zone, budget.hard, budget.ended_at IS NOT NULL AS ended, budget.alert_at_percent
           FROM (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms) AS clock
           LEFT JOIN auth.budgets AS budget ON budget.id = ANY ($1::text[])`,
    values: [ids],
  });
  const budgets = new Map<string, BudgetFacts>();
  for (const row of rows) if (row.id !== null) budgets.set(row.id, factsOf(row));
  return { budgets, nowMs: Number(rows[0]?.now_ms ?? 0) };
}

const factsOf = (row: Row): BudgetFacts => ({
  id: row.id,
  organisationId: row.organisation_id,
  name: row.name,
  nano: Number(row.nano),
  currency: row.currency,
  period: row.period,
  timeZone: row.time_zone,
  hard: row.hard,
  ended: row.ended,
  alertAtPercent: row.alert_at_percent,
});

/** `<budget>/<start of the window in ms>/<holder>`: the same for whoever asks, so a lost reply leaves nothing behind. */
export const leaseName = (budget: string, startsMs: number, holder: string): string => `${budget}/${startsMs}/${holder}`;

export interface LeaseKey {
  readonly budget: string;
  readonly startsMs: number;
  readonly holder: string;
}

export function readLeaseName(lease: string): LeaseKey | null {
  const [budget, startsMs, ...holder] = lease.split('/');
  if (budget === undefined || startsMs === undefined || !/^\d{1,15}$/.test(startsMs) || holder.length === 0) return null;
  return { budget, startsMs: Number(startsMs), holder: holder.join('/') };
}

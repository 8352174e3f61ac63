import type { Budget, BudgetPeriod } from '@tollgate/contracts';
import { budgetWindowAt, fromNano } from '@tollgate/policy';
import type { EntityManager } from 'typeorm';

/** A row of auth.budgets, as the driver gives it. */
export interface BudgetRow {
  readonly id: string;
  readonly organisation_id: string;
  readonly subject: Budget['subject']['type'];
  readonly subject_id: string;
  readonly name: string;
  readonly models: string | null;
  readonly nano: string;
  readonly currency: string;
  readonly period: BudgetPeriod;
  readonly time_zone: string;
  readonly hard: boolean;
  readonly alert_at_percent: number[];
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly revision: number;
}

interface WindowState {
  readonly committed: string;
  readonly charged: string;
  readonly alerts: number[] | null;
}

const EMPTY: WindowState = { committed: '0', charged: '0', alerts: null };

/** The budgets as the API shows them, each with the window that is open at `now`. */
export async function viewBudgets(manager: EntityManager, rows: readonly BudgetRow[], now: number): Promise<readonly Budget[]> {
  const windows = rows.map((row) => budgetWindowAt(row.period, row.time_zone, now));
  const states: (WindowState & { readonly budget_id: string })[] = await manager.query(
    `SELECT kept.budget_id, kept.committed, kept.charged,
       (SELECT array_agg(alert.percent ORDER BY alert.percent) FROM auth.budget_alerts AS alert
        WHERE alert.budget_id = kept.budget_id AND alert.starts_ms = kept.starts_ms) AS alerts
     FROM auth.budget_windows AS kept
     JOIN unnest($1::text[], $2::bigint[]) AS open (budget_id, starts_ms) USING (budget_id, starts_ms)`,
    [rows.map(({ id }) => id), windows.map(({ startsAt }) => startsAt)],
  );
  const byId = new Map(states.map((state) => [state.budget_id, state]));
  return rows.map((row, index) => {
    const { startsAt, endsAt } = windows[index] as (typeof windows)[number];
    const state = byId.get(row.id) ?? EMPTY;
    const [nano, committed, charged] = [Number(row.nano), Number(state.committed), Number(state.charged)];
    return {
      ...viewWithoutWindow(row),
      current: {
        starts_at: row.period === 'total' ? null : new Date(startsAt).toISOString(),
        ends_at: endsAt === null ? null : new Date(endsAt).toISOString(),
        spent: fromNano(charged),
        reserved: fromNano(Math.max(0, committed - charged)),
        remaining: fromNano(Math.max(0, nano - committed)),
        alerts_raised_percent: state.alerts ?? [],
      },
      created_at: row.created_at.toISOString(),
      updated_at: row.updated_at.toISOString(),
      revision: row.revision,
    };
  });
}

/** What is decided about it; goes into the audit trail as well. */
export const viewWithoutWindow = (row: BudgetRow) => ({
  id: row.id,
  name: row.name,
  subject: { type: row.subject, id: row.subject_id },
  amount: fromNano(Number(row.nano)),
  currency: row.currency,
  period: row.period,
  time_zone: row.time_zone,
  models: row.models,
  hard: row.hard,
  alert_at_percent: row.alert_at_percent,
});

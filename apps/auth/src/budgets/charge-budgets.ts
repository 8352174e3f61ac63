import type { BudgetChargeRequest } from '@tollgate/contracts';
import { timeOfId } from '@tollgate/kernel';
import { budgetWindowAt, chargeMoney } from '@tollgate/policy';
import type { PoolClient } from 'pg';
import { type BudgetFacts, type LeaseKey, readBudgets, readLeaseName } from './budget-rows.js';
import { MoneyBooks } from './money-books.js';

type Charge = BudgetChargeRequest['charges'][number];

/** A window of a budget has passed one of its marks, for the first time. */
export interface BudgetAlert {
  readonly budget: BudgetFacts;
  readonly percent: number;
  readonly chargedNano: number;
}

interface Placed {
  readonly charge: Charge;
  readonly startsMs: number;
  /** null = of a soft budget. */
  readonly lease: LeaseKey | null;
}

/** Books what calls cost, each once, whoever tells it how often. A call belongs to the window in which it was admitted. */
export async function chargeBudgets(client: PoolClient, charges: readonly Charge[]): Promise<readonly BudgetAlert[]> {
  await client.query('BEGIN');
  const { budgets } = await readBudgets(client, [...new Set(charges.map(({ budget }) => budget))]);
  const placed = charges.flatMap((charge) => {
    const place = placeOf(charge, budgets.get(charge.budget));
    return place === null ? [] : [place];
  });
  const books = await MoneyBooks.lock(
    client,
    budgets,
    placed.map(({ charge: { budget }, startsMs }) => ({ budget, startsMs })),
  );
  const fresh = await insertCharges(client, placed);
  await books.load(fresh.flatMap(({ lease }) => (lease === null ? [] : [lease])));
  for (const { charge, startsMs, lease } of fresh) {
    if (lease === null) books.chargeWindow(charge.budget, startsMs, charge.nano);
    else books.change(lease, (step) => chargeMoney(step, charge.nano));
  }
  await books.write();
  const alerts = await raiseAlerts(client, books, budgets);
  await client.query('COMMIT');
  return alerts;
}

function placeOf(charge: Charge, budget: BudgetFacts | undefined): Placed | null {
  if (budget === undefined || budget.currency !== charge.currency) return null;
  if (charge.lease === null) {
    const madeAt = timeOfId(charge.id);
    return madeAt === null
      ? null
      : { charge, startsMs: budgetWindowAt(budget.period, budget.timeZone, madeAt).startsAt, lease: null };
  }
  const lease = readLeaseName(charge.lease);
  return lease === null || lease.budget !== charge.budget ? null : { charge, startsMs: lease.startsMs, lease };
}

/** Those that were not booked before. Under the locks of their windows, so nobody else is booking the same. */
async function insertCharges(client: PoolClient, placed: readonly Placed[]): Promise<readonly Placed[]> {
  const once = new Map(placed.map((place) => [`${place.charge.budget}/${place.charge.id}`, place]));
  const all = [...once.values()];
  const { rows } = await client.query<{ readonly budget_id: string; readonly request_id: string }>({
    name: 'insert-budget-charges',
    text: `INSERT INTO auth.budget_charges (budget_id, request_id, nano)
           SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[]) ON CONFLICT DO NOTHING RETURNING budget_id, request_id`,
    values: [all.map(({ charge }) => charge.budget), all.map(({ charge }) => charge.id), all.map(({ charge }) => charge.nano)],
  });
  return rows.map((row) => once.get(`${row.budget_id}/${row.request_id}`) as Placed);
}

async function raiseAlerts(
  client: PoolClient,
  books: MoneyBooks,
  budgets: ReadonlyMap<string, BudgetFacts>,
): Promise<readonly BudgetAlert[]> {
  const due = books.chargedWindows().flatMap(({ budget: id, startsMs, charged }) => {
    const budget = budgets.get(id);
    if (budget === undefined) return [];
    const passed = budget.alertAtPercent.filter((percent) => charged >= (budget.nano / 100) * percent);
    return passed.map((percent) => ({ budget, percent, chargedNano: charged, startsMs }));
  });
  if (due.length === 0) return [];
  const { rows } = await client.query<{ readonly budget_id: string; readonly percent: number }>({
    name: 'raise-budget-alerts',
    text: `INSERT INTO auth.budget_alerts (budget_id, starts_ms, percent)
           SELECT * FROM unnest($1::text[], $2::bigint[], $3::int[]) ON CONFLICT DO NOTHING RETURNING budget_id, percent`,
    values: [due.map(({ budget }) => budget.id), due.map(({ startsMs }) => startsMs), due.map(({ percent }) => percent)],
  });
  return due.filter(({ budget, percent }) => rows.some((row) => row.budget_id === budget.id && row.percent === percent));
}

import { closeMoney } from '@tollgate/policy';
import type { PoolClient } from 'pg';
import { readBudgets } from './budget-rows.js';
import { MoneyBooks } from './money-books.js';

/** A holder that has not asked for so long, though it has money out. */
const SILENT_MINUTES = 15;
/** Charges are told again within this time or not at all. */
const KEPT_DAYS = 3;

/** The holder is gone and its spool replayed: what calls did not spend of its leases is free again. Saying so twice changes nothing. */
export async function closeHolder(client: PoolClient, holder: string): Promise<void> {
  await client.query('BEGIN');
  const { rows } = await client.query<{ readonly budget_id: string; readonly starts_ms: string }>(
    "SELECT budget_id, starts_ms FROM auth.budget_leases WHERE holder = $1 AND state <> 'closed'",
    [holder],
  );
  const keys = rows.map((row) => ({ budget: row.budget_id, startsMs: Number(row.starts_ms), holder }));
  if (keys.length > 0) {
    const { budgets } = await readBudgets(client, [...new Set(keys.map(({ budget }) => budget))]);
    const books = await MoneyBooks.lock(client, budgets, keys);
    await books.load(keys);
    for (const key of keys) books.change(key, closeMoney);
    await books.write('closed');
  }
  await client.query('COMMIT');
}

export interface ReapedLease {
  readonly budget: string;
  readonly holder: string;
  readonly nano: number;
}

/**
 * Holders that are silent: what they have out counts as charged from now on, and somebody should look. It counted as spent
 * all along, so nothing is given away by this; it is freed when their spool turns up.
 */
export async function reapHolders(client: PoolClient): Promise<readonly ReapedLease[]> {
  const { rows } = await client.query<{ readonly budget_id: string; readonly holder: string; readonly nano: string }>(
    `UPDATE auth.budget_leases SET state = 'reaped'
     WHERE state = 'open' AND granted - released - charged > 0
       AND seen_at < clock_timestamp() - make_interval(mins => $1)
     RETURNING budget_id, holder, granted - released - charged AS nano`,
    [SILENT_MINUTES],
  );
  return rows.map((row) => ({ budget: row.budget_id, holder: row.holder, nano: Number(row.nano) }));
}

/** Removes what nobody will ask about again. */
export async function sweepBudgets(client: PoolClient): Promise<void> {
  await client.query('DELETE FROM auth.budget_charges WHERE booked_at < clock_timestamp() - make_interval(days => $1)', [
    KEPT_DAYS,
  ]);
  await client.query(
    `DELETE FROM auth.budget_leases WHERE granted - released - charged = 0
       AND seen_at < clock_timestamp() - make_interval(days => $1)`,
    [KEPT_DAYS],
  );
}

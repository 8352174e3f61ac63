import { type MoneyLease, type MoneyStep, NO_LEASE } from '@tollgate/policy';
import type { PoolClient } from 'pg';
import { type BudgetFacts, type LeaseKey, leaseName } from './budget-rows.js';

interface WindowRow {
  readonly budget_id: string;
  readonly starts_ms: string;
  readonly committed: string;
  readonly charged: string;
}

interface LeaseRow {
  readonly budget_id: string;
  readonly holder: string;
  readonly starts_ms: string;
  readonly granted: string;
  readonly released: string;
  readonly charged: string;
  readonly turn: string;
}

export interface KeptLease extends LeaseKey {
  readonly lease: MoneyLease;
}

interface Window {
  committed: number;
  charged: number;
  changed: boolean;
}

const windowName = (budget: string, startsMs: number): string => `${budget}/${startsMs}`;

/**
 * Windows and leases of one transaction: locked, changed in memory, written back at once. Windows are locked in the order of
 * their keys, so that two transactions never wait for one another in a circle; a lease is only changed under its window's lock.
 */
export class MoneyBooks {
  private readonly windows = new Map<string, Window>();
  private readonly leases = new Map<string, KeptLease>();
  private readonly changed = new Set<string>();

  private constructor(
    private readonly client: PoolClient,
    private readonly budgets: ReadonlyMap<string, BudgetFacts>,
  ) {}

  /** Makes the windows that are missing. */
  static async lock(
    client: PoolClient,
    budgets: ReadonlyMap<string, BudgetFacts>,
    keys: Iterable<Pick<LeaseKey, 'budget' | 'startsMs'>>,
  ): Promise<MoneyBooks> {
    const books = new MoneyBooks(client, budgets);
    const wanted = [...new Map([...keys].map((key) => [windowName(key.budget, key.startsMs), key])).values()].filter(
      ({ budget }) => budgets.has(budget),
    );
    if (wanted.length === 0) return books;
    wanted.sort((a, b) => (a.budget < b.budget ? -1 : a.budget > b.budget ? 1 : a.startsMs - b.startsMs));
    const columns = [wanted.map(({ budget }) => budget), wanted.map(({ startsMs }) => startsMs)];
    await client.query({
      name: 'make-budget-windows',
      text: `INSERT INTO auth.budget_windows (budget_id, starts_ms)
             SELECT * FROM unnest($1::text[], $2::bigint[]) ON CONFLICT DO NOTHING`,
      values: columns,
    });
    const { rows } = await client.query<WindowRow>({
      name: 'lock-budget-windows',
      text: `SELECT kept.* FROM auth.budget_windows AS kept
             JOIN unnest($1::text[], $2::bigint[]) AS wanted (budget_id, starts_ms) USING (budget_id, starts_ms)
             ORDER BY kept.budget_id, kept.starts_ms FOR UPDATE OF kept`,
      values: columns,
    });
    for (const row of rows) {
      const window = { committed: Number(row.committed), charged: Number(row.charged), changed: false };
      books.windows.set(windowName(row.budget_id, Number(row.starts_ms)), window);
    }
    return books;
  }

  /** All leases that these holders have or had of these budgets. Those of windows that are not locked may only be looked at. */
  async load(pairs: readonly Pick<LeaseKey, 'budget' | 'holder'>[]): Promise<readonly KeptLease[]> {
    const { rows } = await this.client.query<LeaseRow>({
      name: 'load-budget-leases',
      text: `SELECT lease.* FROM auth.budget_leases AS lease
             JOIN (SELECT DISTINCT * FROM unnest($1::text[], $2::text[]) AS pair (budget_id, holder)) AS wanted USING (budget_id, holder)`,
      values: [pairs.map(({ budget }) => budget), pairs.map(({ holder }) => holder)],
    });
    const kept = rows.map(keptOf);
    for (const each of kept) this.leases.set(leaseName(each.budget, each.startsMs, each.holder), each);
    return kept;
  }

  leasesOf(budget: string, holder: string): readonly KeptLease[] {
    return [...this.leases.values()].filter((each) => each.budget === budget && each.holder === holder);
  }

  /** Does nothing where the budget or the window is not known. */
  change(key: LeaseKey, work: (step: MoneyStep) => MoneyStep): MoneyStep | null {
    const window = this.windows.get(windowName(key.budget, key.startsMs));
    const limit = this.budgets.get(key.budget)?.nano;
    if (window === undefined || limit === undefined) return null;
    const name = leaseName(key.budget, key.startsMs, key.holder);
    const before = { limit, committed: window.committed, charged: window.charged };
    const next = work({ window: before, lease: this.leases.get(name)?.lease ?? NO_LEASE });
    window.committed = next.window.committed;
    window.charged = next.window.charged;
    window.changed = true;
    this.leases.set(name, { ...key, lease: next.lease });
    this.changed.add(name);
    return next;
  }

  /** A soft budget has windows and no leases. */
  chargeWindow(budget: string, startsMs: number, nano: number): void {
    const window = this.windows.get(windowName(budget, startsMs));
    if (window === undefined) return;
    window.committed += nano;
    window.charged += nano;
    window.changed = true;
  }

  chargedWindows(): readonly { readonly budget: string; readonly startsMs: number; readonly charged: number }[] {
    return [...this.windows].flatMap(([name, { charged, changed }]) => {
      const [budget = '', startsMs = ''] = name.split('/');
      return changed ? [{ budget, startsMs: Number(startsMs), charged }] : [];
    });
  }

  async write(state: 'open' | 'closed' = 'open'): Promise<void> {
    const windows = [...this.windows].filter(([, { changed }]) => changed);
    if (windows.length > 0) {
      await this.client.query({
        name: 'write-budget-windows',
        text: `UPDATE auth.budget_windows AS kept SET committed = fresh.committed, charged = fresh.charged
               FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[]) AS fresh (budget_id, starts_ms, committed, charged)
               WHERE kept.budget_id = fresh.budget_id AND kept.starts_ms = fresh.starts_ms`,
        values: [
          windows.map(([name]) => name.split('/')[0]),
          windows.map(([name]) => Number(name.split('/')[1])),
          windows.map(([, { committed }]) => committed),
          windows.map(([, { charged }]) => charged),
        ],
      });
    }
    const leases = [...this.changed].map((name) => this.leases.get(name) as KeptLease);
    if (leases.length === 0) return;
    await this.client.query({
      name: 'write-budget-leases',
      text: `INSERT INTO auth.budget_leases AS kept (budget_id, holder, starts_ms, granted, released, charged, turn, state, seen_at)
             SELECT fresh.*, $8::text, clock_timestamp()
             FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[]) AS fresh
             ON CONFLICT (budget_id, holder, starts_ms) DO UPDATE SET granted = excluded.granted, released = excluded.released,
               charged = excluded.charged, turn = excluded.turn, seen_at = excluded.seen_at,
               state = CASE WHEN kept.state = 'closed' THEN 'closed' ELSE excluded.state END`,
      values: [
        leases.map(({ budget }) => budget),
        leases.map(({ holder }) => holder),
        leases.map(({ startsMs }) => startsMs),
        leases.map(({ lease }) => lease.granted),
        leases.map(({ lease }) => lease.released),
        leases.map(({ lease }) => lease.charged),
        leases.map(({ lease }) => lease.turn),
        state,
      ],
    });
  }
}

const keptOf = (row: LeaseRow): KeptLease => ({
  budget: row.budget_id,
  startsMs: Number(row.starts_ms),
  holder: row.holder,
  lease: { granted: Number(row.granted), released: Number(row.released), charged: Number(row.charged), turn: Number(row.turn) },
});

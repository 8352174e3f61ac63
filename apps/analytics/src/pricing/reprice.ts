import type { Money, Repricing } from '@tollgate/contracts';
import { sumMoney } from '@tollgate/policy';
import type { DataSource, EntityManager } from 'typeorm';
import { REPORT_LOCK, updateRecords } from '../ledger/commit-batch.js';
import { moveRollups } from '../ledger/move-rollups.js';
import { LOCK_SPACE } from '../ledger/partitions.js';
import { RECORD_SELECT, type RecordRow, recordOfRow } from '../ledger/record-columns.js';
import { RollupChanges } from '../ledger/rollup.js';
import type { StoredUsage } from '../ledger/stored-usage.js';
import type { PriceOf } from './fetch-prices.js';
import { priceAnew } from './price-anew.js';

/** Of one transaction, and of one request; a longer range is done by asking again. */
const ROWS = 500;
const ROWS_MAX = 50_000;

export interface RepriceWish {
  /** Milliseconds since the epoch, the end not included; by the id's time. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly dryRun: boolean;
}

/**
 * Gives a cost to records of every organisation that have none: prices are of the whole installation. It moves the rollups by exactly that. A record that has a cost is left as it is. The
 * settlement as it came is kept beside the row.
 */
export async function reprice(dataSource: DataSource, wish: RepriceWish, priceOf: PriceOf): Promise<Repricing> {
  const costs = new Map<string, Money>();
  let [lookedAt, repriced, after, complete] = [0, 0, '', false];
  while (!complete && lookedAt < ROWS_MAX) {
    const turn = await dataSource.transaction('READ COMMITTED', (manager) => repriceSome(manager, wish, priceOf, after));
    lookedAt += turn.lookedAt;
    repriced += turn.costs.length;
    complete = turn.lookedAt < ROWS;
    after = turn.last;
    for (const cost of turn.costs) {
      const before = costs.get(cost.currency);
      costs.set(cost.currency, (before === undefined ? cost : sumMoney([before, cost])) as Money);
    }
  }
  return { looked_at: lookedAt, repriced, still_unpriced: lookedAt - repriced, cost: [...costs.values()], complete };
}

interface Turn {
  readonly lookedAt: number;
  readonly costs: readonly Money[];
  readonly last: string;
}

async function repriceSome(manager: EntityManager, wish: RepriceWish, priceOf: PriceOf, after: string): Promise<Turn> {
  // In the order of locks that batches keep, see commit-batch.
  await manager.query('SELECT pg_advisory_xact_lock_shared($1, $2)', [LOCK_SPACE, REPORT_LOCK]);
  const rows: RecordRow[] = await manager.query(
    `SELECT ${RECORD_SELECT} FROM analytics.usage_records r
      WHERE r.day BETWEEN $1::date AND $2::date AND r.id > $3
        AND r.cost_amount IS NULL AND r.basis <> 'none' AND r.outcome <> 'refused' AND r.started_at >= $4 AND r.started_at < $5
      ORDER BY r.day, r.id LIMIT $6 FOR NO KEY UPDATE`,
    [dayOf(wish.fromMs - DAY_MS), dayOf(wish.toMs + DAY_MS), after, wish.fromMs, wish.toMs, ROWS],
  );
  const changes = new RollupChanges();
  const updates: StoredUsage[] = [];
  const costs: Money[] = [];
  for (const row of rows) {
    const before = recordOfRow(row);
    const record = priceAnew(before, priceOf);
    if (record === null || record.cost === null) continue;
    changes.remove(before);
    changes.add(record);
    costs.push(record.cost);
    updates.push({ day: row.day, record, settled: row.settled ?? before });
  }
  if (updates.length > 0 && !wish.dryRun) {
    await updateRecords(manager, updates);
    await moveRollups(manager, changes);
  }
  return { lookedAt: rows.length, costs, last: rows.at(-1)?.id ?? after };
}

const DAY_MS = 86_400_000;
const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

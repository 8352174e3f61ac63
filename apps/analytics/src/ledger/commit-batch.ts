import type { UsageRecord, UsageReport } from '@tollgate/contracts';
import { dayOfId } from '@tollgate/kernel';
import type { DataSource, EntityManager } from 'typeorm';
import { applyReports } from './apply-reports.js';
import { namesOf, parametersOf, unnestOf } from './column.js';
import { moveRollups } from './move-rollups.js';
import { LOCK_SPACE } from './partitions.js';
import { reportOutranks, settlementOutranks } from './rank.js';
import { RECORD_COLUMNS, RECORD_SELECT, type RecordRow, recordOfRow } from './record-columns.js';
import { REPORT_COLUMNS } from './report-columns.js';
import { RollupChanges } from './rollup.js';
import type { StoredUsage } from './stored-usage.js';
import type { BatchResult, UsageBatch } from './usage-batch.js';

export const REPORT_LOCK = 2;

/**
 * Writes a batch in one transaction: rows once each, better settlements and reports merged, rollups moved by exactly what
 * changed. Resolves after the commit. Sending it again changes nothing.
 *
 * Locks are taken in one order everywhere, so that replicas do not deadlock: the lock between settlements and reports,
 * new rows by key, present rows by key, rollups by key.
 */
export function commitBatch(dataSource: DataSource, batch: UsageBatch): Promise<BatchResult> {
  return dataSource.transaction('READ COMMITTED', (manager) => write(manager, batch));
}

async function write(manager: EntityManager, batch: UsageBatch): Promise<BatchResult> {
  const records = bestOf(batch.records, (record) => record.id, settlementOutranks);
  const reports = bestOf(batch.reports, (report) => `${report.id} ${report.attempt}`, reportOutranks);
  // A report and its settlement that come at the same moment would not see each other: reports (rare) wait for the rest.
  const lock = reports.length > 0 ? 'pg_advisory_xact_lock' : 'pg_advisory_xact_lock_shared';
  await manager.query(`SELECT ${lock}($1, $2)`, [LOCK_SPACE, REPORT_LOCK]);
  if (reports.length > 0) await insertReports(manager, reports);

  const reported = await readReports(manager, [...records, ...reports]);
  const rows = records.map((record) => stored(record, reported.get(record.id)));
  const changes = new RollupChanges();
  const left = await insertRecords(manager, rows, changes);
  const replaced = await mergePresent(manager, { left, reports, reported }, changes);
  await moveRollups(manager, changes);
  return {
    stored: records.length - left.length,
    duplicates: batch.records.length - records.length + left.length,
    replaced,
    rejected: [],
  };
}

/** One per key, the best; by key, which is also the order of the locks. */
function bestOf<T>(items: readonly T[], keyOf: (item: T) => string, outranks: (incoming: T, stored: T) => boolean): T[] {
  const best = new Map<string, T>();
  for (const item of items) {
    const key = keyOf(item);
    const other = best.get(key);
    if (other === undefined || outranks(item, other)) best.set(key, item);
  }
  return [...best.entries()].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, item]) => item);
}

const dayOf = (id: string): string => dayOfId(id) ?? '';

function stored(settled: UsageRecord, reports: readonly UsageReport[] = []): StoredUsage {
  const record = applyReports(settled, reports);
  return { day: dayOf(settled.id), record, settled: record === settled ? null : settled };
}

async function insertReports(manager: EntityManager, reports: readonly UsageReport[]): Promise<void> {
  await manager.query(
    `INSERT INTO analytics.usage_reports AS r (${namesOf(REPORT_COLUMNS)}) SELECT * FROM ${unnestOf(REPORT_COLUMNS)}
     ON CONFLICT (day, id, attempt) DO UPDATE SET basis_rank = excluded.basis_rank, total_tokens = excluded.total_tokens,
       duration_ms = excluded.duration_ms, report = excluded.report, received_at = excluded.received_at
     WHERE (excluded.basis_rank, excluded.total_tokens, excluded.duration_ms) > (r.basis_rank, r.total_tokens, r.duration_ms)`,
    parametersOf(REPORT_COLUMNS, reports),
  );
}

async function readReports(
  manager: EntityManager,
  items: readonly { readonly id: string }[],
): Promise<Map<string, UsageReport[]>> {
  const ids = items.map(({ id }) => id);
  const rows: { report: UsageReport }[] = await manager.query(
    'SELECT report FROM analytics.usage_reports WHERE day = ANY ($1::date[]) AND id = ANY ($2::text[])',
    [[...new Set(ids.map(dayOf))], ids],
  );
  const byId = new Map<string, UsageReport[]>();
  for (const { report } of rows) byId.set(report.id, [...(byId.get(report.id) ?? []), report]);
  return byId;
}

/** Gives the rows that were there already. */
async function insertRecords(
  manager: EntityManager,
  rows: readonly StoredUsage[],
  changes: RollupChanges,
): Promise<StoredUsage[]> {
  if (rows.length === 0) return [];
  const [answer]: { n: number; ids: string[] | null }[] = await manager.query(
    `WITH fresh AS (
       INSERT INTO analytics.usage_records (${namesOf(RECORD_COLUMNS)}) SELECT * FROM ${unnestOf(RECORD_COLUMNS)}
       ON CONFLICT (day, id) DO NOTHING RETURNING id)
     SELECT count(*)::int AS n, CASE WHEN count(*) < $${RECORD_COLUMNS.length + 1}::int THEN array_agg(id) END AS ids FROM fresh`,
    [...parametersOf(RECORD_COLUMNS, rows), rows.length],
  );
  const inserted = answer?.ids == null ? null : new Set(answer.ids);
  const all = answer?.n === rows.length;
  const left: StoredUsage[] = [];
  for (const row of rows) {
    if (all || inserted?.has(row.record.id)) changes.add(row.record);
    else left.push(row);
  }
  return left;
}

interface Present {
  readonly left: readonly StoredUsage[];
  readonly reports: readonly UsageReport[];
  readonly reported: ReadonlyMap<string, readonly UsageReport[]>;
}

/** Weighs what came against the rows that were there; gives how many of them changed. */
async function mergePresent(manager: EntityManager, present: Present, changes: RollupChanges): Promise<number> {
  const incoming = new Map(present.left.map((row) => [row.record.id, row.settled ?? row.record]));
  const ids = [...new Set([...incoming.keys(), ...present.reports.map(({ id }) => id)])];
  if (ids.length === 0) return 0;
  const rows: RecordRow[] = await manager.query(
    `SELECT ${RECORD_SELECT} FROM analytics.usage_records r
     WHERE (r.day, r.id) IN (SELECT * FROM unnest($1::date[], $2::text[])) ORDER BY r.day, r.id FOR NO KEY UPDATE`,
    [ids.map(dayOf), ids],
  );
  const updates: StoredUsage[] = [];
  for (const row of rows) {
    const before = recordOfRow(row);
    const settled = row.settled ?? before;
    const rival = incoming.get(row.id);
    const best = rival !== undefined && settlementOutranks(rival, settled) ? rival : settled;
    const reports = present.reported.get(row.id) ?? [];
    if (best === settled && reports.length === 0) continue;
    const after = stored(best, reports);
    changes.remove(before);
    changes.add(after.record);
    updates.push(after);
  }
  if (updates.length > 0) await updateRecords(manager, updates);
  return updates.length;
}

/** Writes rows anew that the transaction has locked. */
export async function updateRecords(manager: EntityManager, rows: readonly StoredUsage[]): Promise<void> {
  const [, , ...rest] = RECORD_COLUMNS;
  await manager.query(
    `UPDATE analytics.usage_records r SET ${rest.map(({ name }) => `${name} = i.${name}`).join(', ')}
     FROM ${unnestOf(RECORD_COLUMNS)} AS i(${namesOf(RECORD_COLUMNS)}) WHERE r.day = i.day AND r.id = i.id`,
    parametersOf(RECORD_COLUMNS, rows),
  );
}

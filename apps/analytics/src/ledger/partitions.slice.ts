import { afterAll, beforeAll, expect, test } from 'vitest';
import { commitBatch } from './commit-batch.js';
import { openTestLedger, readAll, readRollups, type TestLedger } from './ledger.fixture.js';
import { Partitions } from './partitions.js';
import { NOON, newRecord, newReport, newRequestId } from './usage.fixture.js';

const DAY_MS = 86_400_000;
let ledger: TestLedger;

beforeAll(async () => {
  ledger = await openTestLedger();
});
afterAll(() => ledger.close());

const names = async (): Promise<string[]> => {
  const rows: { name: string }[] = await ledger.dataSource.query(
    `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'analytics.usage_records'::regclass ORDER BY 1`,
  );
  return rows.map(({ name }) => name.replace('analytics.', ''));
};

test('days are made ahead, by several processes at once, and each is its own', async () => {
  const others = Array.from(
    { length: 4 },
    () => new Partitions({ dataSource: ledger.dataSource, clock: ledger.clock, retentionDays: 2 }),
  );
  await Promise.all(others.map((partitions) => partitions.ensureAhead()));
  expect(await names()).toEqual(['usage_records_20260310', 'usage_records_20260311', 'usage_records_20260312']);
});

test('days past the retention are dropped whole, their sums stay', async () => {
  const partitions = new Partitions({ dataSource: ledger.dataSource, clock: ledger.clock, retentionDays: 2 });
  const at = [NOON - 3 * DAY_MS, NOON - 2 * DAY_MS, NOON];
  await partitions.ensure(at.map((ms) => new Date(ms).toISOString().slice(0, 10)));
  const records = at.map((ms) => newRecord({ id: newRequestId(ms) }));
  await commitBatch(ledger.dataSource, { records, reports: [newReport(newRequestId(NOON - 3 * DAY_MS))] });
  const sums = await readRollups(ledger.dataSource);
  expect(await partitions.dropExpired()).toEqual(['usage_records_20260307']);
  expect((await readAll(ledger.dataSource)).map(({ id }) => id)).toEqual(records.slice(1).map(({ id }) => id));
  expect(await readRollups(ledger.dataSource)).toEqual(sums);
  expect(await ledger.dataSource.query('SELECT count(*)::int AS n FROM analytics.usage_reports')).toEqual([{ n: 0 }]);
  expect(await partitions.dropExpired()).toEqual([]);
});

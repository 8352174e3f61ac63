import { createDataSource } from '@tollgate/database';
import type { Clock } from '@tollgate/kernel';
import { createTestDatabase } from '@tollgate/testing';
import type { DataSource } from 'typeorm';
import { analyticsService } from '../index.js';
import { Partitions } from './partitions.js';
import { RECORD_SELECT, type RecordRow, recordOfRow } from './record-columns.js';
import { DAILY, HOURLY, ROLLUP_KEY_LENGTH, RollupChanges } from './rollup.js';
import { NOON } from './usage.fixture.js';

export interface TestLedger {
  readonly url: string;
  readonly dataSource: DataSource;
  readonly partitions: Partitions;
  readonly clock: Clock;
  close(): Promise<void>;
}

export const FIXED_CLOCK: Clock = { now: () => NOON, monotonic: () => performance.now() };

export function openDataSource(url: string): Promise<DataSource> {
  const settings = { url, schema: 'analytics', entities: [], migrations: [], poolSize: 6, applicationName: 'test' };
  return createDataSource(settings).initialize();
}

export async function openTestLedger(): Promise<TestLedger> {
  if (analyticsService.database === null) throw new Error('analytics stores something');
  const database = await createTestDatabase(analyticsService.database);
  const dataSource = await openDataSource(database.url);
  return {
    url: database.url,
    dataSource,
    partitions: new Partitions({ dataSource, clock: FIXED_CLOCK, retentionDays: 400 }),
    clock: FIXED_CLOCK,
    close: async () => {
      await dataSource.destroy();
      await database.drop();
    },
  };
}

export async function readAll(dataSource: DataSource): Promise<RecordRow[]> {
  return dataSource.query(`SELECT ${RECORD_SELECT} FROM analytics.usage_records r ORDER BY r.day, r.id`);
}

/** What both rollups hold, without rows that have come back to nothing. */
export async function readRollups(dataSource: DataSource): Promise<unknown> {
  const tables: unknown[] = [];
  for (const { table, columns } of [HOURLY, DAILY]) {
    const names = columns.map(({ name }) =>
      name === 'period'
        ? "to_char(period::timestamp, 'YYYY-MM-DD HH24') AS period"
        : name === 'cost'
          ? 'trim_scale(cost)::text AS cost'
          : name,
    );
    tables.push(
      await dataSource.query(`SELECT ${names.join(', ')} FROM analytics.${table} WHERE requests <> 0 ORDER BY 1,2,3,4,5,6,7,8`),
    );
  }
  return tables;
}

/** What the rollups must hold, worked out from the rows alone. */
export async function expectedRollups(dataSource: DataSource): Promise<unknown> {
  const changes = new RollupChanges();
  for (const row of await readAll(dataSource)) changes.add(recordOfRow(row));
  const rollups = [
    { columns: HOURLY.columns, deltas: changes.hours() },
    { columns: DAILY.columns, deltas: changes.days() },
  ];
  return rollups.map(({ columns, deltas }) =>
    deltas
      .map((delta) =>
        Object.fromEntries(
          columns.map(({ name, value }, index) => {
            const shown = String(value(delta));
            if (name === 'period') return [name, shown.slice(0, 13).replace('T', ' ')];
            return [name, index < ROLLUP_KEY_LENGTH ? shown : String(shown)];
          }),
        ),
      )
      .sort((left, right) =>
        Object.values(left).slice(0, ROLLUP_KEY_LENGTH).join('\0') < Object.values(right).slice(0, ROLLUP_KEY_LENGTH).join('\0')
          ? -1
          : 1,
      ),
  );
}

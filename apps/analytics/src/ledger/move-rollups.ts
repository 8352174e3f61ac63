import type { EntityManager } from 'typeorm';
import { type Column, namesOf, parametersOf, unnestOf } from './column.js';
import { DAILY, HOURLY, ROLLUP_KEY_LENGTH, type RollupChanges, type RollupDelta } from './rollup.js';

/** Adds what changed, hours before days and each by key: the order in which every replica takes its locks. */
export async function moveRollups(manager: EntityManager, changes: RollupChanges): Promise<void> {
  const hours = changes.hours();
  if (changes.ofOneHour) {
    if (hours.length > 0) await manager.query(BOTH, parametersOf(HOURLY.columns, hours));
    return;
  }
  // Parts of a day that outweigh one another leave hours that change and a day that does not.
  if (hours.length > 0) await manager.query(EACH.hourly, parametersOf(HOURLY.columns, hours));
  const days = changes.days();
  if (days.length > 0) await manager.query(EACH.daily, parametersOf(DAILY.columns, days));
}

interface Rollup {
  readonly table: string;
  readonly columns: readonly Column<RollupDelta>[];
}

const KEY = HOURLY.columns.slice(0, ROLLUP_KEY_LENGTH).map(({ name }) => name);
const MOVES = HOURLY.columns
  .slice(ROLLUP_KEY_LENGTH)
  .map(({ name }) => `${name} = s.${name} + excluded.${name}`)
  .join(', ');
const ORDER = KEY.map((name) => (name === 'period' ? `i.${name}` : `i.${name} COLLATE "C"`)).join(', ');
const NAMES = namesOf(HOURLY.columns);

const add = ({ table }: Rollup, source: string): string =>
  `INSERT INTO analytics.${table} AS s (${NAMES}) ${source} ORDER BY ${ORDER} ON CONFLICT (${KEY.join(', ')}) DO UPDATE SET ${MOVES}`;
const given = ({ columns }: Rollup): string => `${unnestOf(columns)} AS i(${NAMES})`;

const EACH = {
  hourly: add(HOURLY, `SELECT * FROM ${given(HOURLY)}`),
  daily: add(DAILY, `SELECT * FROM ${given(DAILY)}`),
};

/** The rows are sent and read once. The count makes the hours come first: it is known before the first day is looked at. */
const BOTH = `WITH i AS MATERIALIZED (SELECT * FROM ${given(HOURLY)}),
  hours AS (${add(HOURLY, 'SELECT * FROM i')} RETURNING 1)
  ${add(DAILY, `SELECT ${HOURLY.columns.map(({ name }) => (name === 'period' ? `(i.period AT TIME ZONE 'UTC')::date` : `i.${name}`)).join(', ')} FROM i WHERE (SELECT count(*) FROM hours) >= 0`)}`;

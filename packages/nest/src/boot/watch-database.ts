import type { Service } from '@tollgate/contracts';
import { classifyDatabaseError } from '@tollgate/database';
import type { Readiness } from '../readiness.js';
import type { OpenDataSource } from './open-databases.js';

const PERIOD_MS = 2_000;

/** Asks each Postgres connection pool for a sign of life now and then, so that `/readyz` can answer from what is known. */
export function watchDatabases(
  dataSources: ReadonlyMap<Service, OpenDataSource>,
  readiness: Readiness,
  required: boolean,
): { stop(): void } {
  const timers = [...dataSources].map(([service, dataSource]) => {
    let state = { ready: true, detail: 'reached' };
    let asking = false;
    readiness.register(`postgres:${service}`, () => state, { required });
    const ask = async (): Promise<void> => {
      if (asking) return;
      asking = true;
      try {
        await dataSource.query('SELECT 1');
        state = { ready: true, detail: 'reached' };
      } catch (error) {
        state = { ready: false, detail: classifyDatabaseError(error).kind };
      } finally {
        asking = false;
      }
    };
    return setInterval(() => void ask(), PERIOD_MS).unref();
  });
  return { stop: () => timers.forEach(clearInterval) };
}

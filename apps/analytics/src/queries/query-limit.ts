import { classifyDatabaseError, isConnectionError } from '@tollgate/database';
import { TollgateError } from '@tollgate/kernel';
import type { DataSource, EntityManager } from 'typeorm';

const LIMIT_MS = 5_000;
const CANCELLED = '57014';

/** Reads of one moment, with a bound on their time: a dashboard must not take the database down. */
export async function withQueryLimit<T>(dataSource: DataSource, read: (manager: EntityManager) => Promise<T>): Promise<T> {
  try {
    return await dataSource.transaction('REPEATABLE READ', async (manager) => {
      await manager.query(`SET LOCAL statement_timeout = ${LIMIT_MS}`);
      return read(manager);
    });
  } catch (cause) {
    if (classifyDatabaseError(cause).code === CANCELLED) {
      throw new TollgateError('deadline_exceeded', 'The query took too long: ask for a shorter time with `from` and `to`.', {
        cause,
      });
    }
    if (isConnectionError(cause))
      throw new TollgateError('overloaded', 'Usage cannot be read right now: try again shortly.', { cause });
    throw cause;
  }
}

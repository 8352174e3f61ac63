import { setTimeout as wait } from 'node:timers/promises';
import type { Service } from '@tollgate/contracts';
import {
  assertMigrated,
  classifyDatabaseError,
  createDataSource,
  type DatabaseFailureKind,
  type DataSourceSettings,
  describeDatabaseFailure,
  reachDatabase,
  runMigrations,
  SchemaOutdatedError,
} from '@tollgate/database';
import type { Clock } from '@tollgate/kernel';
import type { Logger } from '@tollgate/telemetry';
import type { AnyServiceDefinition } from '../service-definition.js';
import { BootError } from './boot-error.js';

export type OpenDataSource = ReturnType<typeof createDataSource>;

export interface DatabaseNeeds extends ReachNeeds {
  readonly poolSize: number;
  readonly migrate: boolean;
  readonly logger: Logger;
}

export interface ReachNeeds {
  readonly url: string;
  /** Milliseconds to wait for a Postgres that is out of reach; Infinity for ever. */
  readonly waitMs: number;
  readonly clock: Clock;
  readonly logger?: Logger;
  /** Told instead of the log that we wait. */
  readonly onWaiting?: (text: string) => void;
  readonly signal?: AbortSignal;
}

/** These pass by themselves; all else needs somebody to mend it. */
const PASSING: readonly DatabaseFailureKind[] = ['unreachable', 'starting', 'too_many_connections'];
const RETRY_FIRST_MS = 250;
const RETRY_MAX_MS = 5_000;

/** Asked once, by one connection: five services that each find the same out would say it five times. */
export async function reach(needs: ReachNeeds): Promise<void> {
  await untilReached(null, needs, () => reachDatabase(needs.url));
}

/** One open DataSource per service that stores something, its schema brought up to date or found to be so. */
export async function openDatabases(
  definitions: readonly AnyServiceDefinition[],
  needs: DatabaseNeeds,
): Promise<ReadonlyMap<Service, OpenDataSource>> {
  await reach(needs);
  const opened = await Promise.all(
    definitions.map(async (definition) => [definition.name, await openOne(definition, needs)] as const),
  );
  return new Map(opened.filter((entry): entry is [Service, OpenDataSource] => entry[1] !== null));
}

async function openOne(definition: AnyServiceDefinition, needs: DatabaseNeeds): Promise<OpenDataSource | null> {
  if (definition.database === null) return null;
  const dataSource = createDataSource({
    url: needs.url,
    schema: definition.database.schema,
    entities: definition.database.entities as DataSourceSettings['entities'],
    migrations: definition.database.migrations as DataSourceSettings['migrations'],
    poolSize: needs.poolSize,
    applicationName: `tollgate-${definition.name}`,
  });
  await untilReached(definition.name, needs, async () => {
    if (!dataSource.isInitialized) await dataSource.initialize();
    if (!needs.migrate) return assertMigrated(dataSource);
    await runMigrations(dataSource, {
      onProgress: ({ schema, name, index, total }) => needs.logger.info({ schema, name, index, total }, 'migration applied'),
    });
  });
  return dataSource;
}

async function untilReached(service: Service | null, needs: ReachNeeds, attempt: () => Promise<void>): Promise<void> {
  const since = needs.clock.monotonic();
  for (let pauseMs = RETRY_FIRST_MS; ; pauseMs = Math.min(pauseMs * 2, RETRY_MAX_MS)) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (error instanceof SchemaOutdatedError) throw new BootError(`${error.message} (TOLLGATE_MIGRATE=only)`, 2);
      needs.signal?.throwIfAborted();
      const { kind, code } = classifyDatabaseError(error);
      const line = describeDatabaseFailure(error, needs.url);
      const waited = needs.clock.monotonic() - since;
      // Somebody waits in front of the screen, or an orchestrator that knows when it has had enough.
      const passes = PASSING.includes(kind) && (code !== 'ENOTFOUND' || needs.waitMs === Number.POSITIVE_INFINITY);
      if (!passes || waited + pauseMs > needs.waitMs) throw new BootError(line, 1, { cause: error });
      if (needs.onWaiting !== undefined) needs.onWaiting(`waiting up to ${needs.waitMs / 1_000} s for Postgres: ${line}`);
      else needs.logger?.warn({ schemaOf: service, kind, retryMs: pauseMs }, `waiting for Postgres: ${line}`);
    }
    await wait(pauseMs, undefined, { signal: needs.signal });
  }
}

import { readFileSync } from 'node:fs';
import type { INestApplicationContext } from '@nestjs/common';
import type { Clock, RandomBytes } from '@tollgate/kernel';
import type { Logger } from '@tollgate/telemetry';
import type { Transport } from '@tollgate/transport';
import type { Readiness } from '../readiness.js';
import type { AnyServiceDefinition } from '../service-definition.js';
import { type Closer, closeAll } from './close-all.js';
import { makeBasics } from './make-basics.js';
import { closeOnSignals, exitWithFailure } from './own-process.js';
import { readConfiguration } from './read-configuration.js';
import { openServiceDatabases, start } from './start.js';

export interface BootOverrides {
  /** Instead of `process.env`. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock;
  readonly randomBytes?: RandomBytes;
  readonly logger?: Logger;
  /** Given from outside, it is not drained at the end. */
  readonly transport?: Transport;
  /** Where `TOLLGATE_MIGRATE` is unset; false by default: separate services refuse an older schema. */
  readonly migrate?: boolean;
  /** Where `TOLLGATE_DATABASE_WAIT_MS` is unset; for ever by default. */
  readonly databaseWaitMs?: number;
  /** The process is ours: signals drain it, a failed start ends it with one clear line. */
  readonly ownsProcess?: boolean;
}

export interface ServicesHandle {
  /** `http://127.0.0.1:8080`, with the port that was really bound. */
  readonly url: string;
  /** null where `TOLLGATE_METRICS_PORT` is off. */
  readonly metricsUrl: string | null;
  readonly context: INestApplicationContext;
  readonly readiness: Readiness;
  readonly logger: Logger;
  /** Drains: not ready, nothing new accepted, streams finish (at most the grace), all is flushed and closed. Safe to call again. */
  close(): Promise<void>;
}

/**
 * Turns service definitions into a running process: `await bootServices([authService])` is the whole body of a `main.ts`.
 * Without overrides it owns the process; with them it throws (`BootError`, `EnvironmentError`) and leaves signals alone.
 */
export async function bootServices(
  definitions: readonly AnyServiceDefinition[],
  overrides: BootOverrides = { ownsProcess: true },
): Promise<ServicesHandle> {
  const ownsProcess = overrides.ownsProcess === true;
  try {
    const handle = await boot(definitions, overrides);
    if (ownsProcess) {
      closeOnSignals(
        () => handle.close(),
        (error) => handle.logger.fatal({ error }, 'the drain failed'),
      );
    }
    return handle;
  } catch (error) {
    if (ownsProcess) exitWithFailure(error);
    throw error;
  }
}

async function boot(definitions: readonly AnyServiceDefinition[], overrides: BootOverrides): Promise<ServicesHandle> {
  const variables = overrides.variables ?? process.env;
  const configuration = readConfiguration(definitions, { variables, readFile: (path) => readFileSync(path, 'utf8') });
  const closers: Closer[] = [];
  const basics = await makeBasics(definitions, configuration, overrides, closers);
  try {
    if (configuration.common.migrate === 'only') {
      await openServiceDatabases(definitions, configuration, basics, overrides, closers);
      await closeAll(closers, basics.logger);
      // Nothing else was asked for. A caller that does not own the process calls migrateServices instead.
      process.exit(0);
    }
    return await start(definitions, configuration, basics, overrides, closers);
  } catch (error) {
    await closeAll(closers, basics.logger);
    throw error;
  }
}

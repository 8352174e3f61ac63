import type { AnyServiceDefinition } from '../service-definition.js';
import { BootError } from './boot-error.js';
import type { BootOverrides, ServicesHandle } from './boot-overrides.js';
import { type Closer, closeAll } from './close-all.js';
import { makeBasics } from './make-basics.js';
import { closeOnSignals, exitWithFailure, reportToSupervisor } from './own-process.js';
import { readEverything } from './read-everything.js';
import { openServiceDatabases, start } from './start.js';

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
      const stop = closeOnSignals(
        () => handle.close(),
        (error) => handle.logger.fatal({ error }, 'the drain failed'),
      );
      reportToSupervisor({ type: 'up', url: handle.url, metricsUrl: handle.metricsUrl }, stop);
    }
    return handle;
  } catch (error) {
    if (ownsProcess) exitWithFailure(error);
    throw error;
  }
}

async function boot(definitions: readonly AnyServiceDefinition[], overrides: BootOverrides): Promise<ServicesHandle> {
  const configuration = await readEverything(definitions, overrides);
  const closers: Closer[] = [];
  const basics = await makeBasics(definitions, configuration, overrides, closers);
  try {
    if (configuration.common.migrate === 'only') {
      await openServiceDatabases(definitions, configuration, basics, overrides, closers);
      await closeAll(closers, basics.logger);
      if (overrides.ownsProcess === true) process.exit(0);
      throw new BootError('TOLLGATE_MIGRATE=only starts no services: unset it.', 2);
    }
    return await start(definitions, configuration, basics, overrides, closers);
  } catch (error) {
    await closeAll(closers, basics.logger);
    throw error;
  }
}

/** What `TOLLGATE_MIGRATE=only` asks for, for a caller that owns the process: brings every schema up to date and closes again. */
export async function migrateServices(definitions: readonly AnyServiceDefinition[], overrides: BootOverrides): Promise<void> {
  const configuration = await readEverything(definitions, overrides);
  const closers: Closer[] = [];
  const basics = await makeBasics(definitions, configuration, overrides, closers);
  try {
    await openServiceDatabases(definitions, configuration, basics, overrides, closers);
  } finally {
    await closeAll(closers, basics.logger);
  }
}

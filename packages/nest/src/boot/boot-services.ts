import { readFileSync } from 'node:fs';
import type { AnyServiceDefinition } from '../service-definition.js';
import type { BootOverrides, ServicesHandle } from './boot-overrides.js';
import { type Closer, closeAll } from './close-all.js';
import { makeBasics } from './make-basics.js';
import { closeOnSignals, exitWithFailure, reportToSupervisor } from './own-process.js';
import { readConfiguration } from './read-configuration.js';
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

import { setTimeout as wait } from 'node:timers/promises';
import {
  BootError,
  type BootOverrides,
  bootServices,
  closeOnSignals,
  exitWithFailure,
  migrateServices,
  reportToSupervisor,
  type ServicesHandle,
} from '@tollgate/nest';
import { forgetFirstTokens, readFirstTokens } from './first-tokens.js';
import { type Defaults, prepareDefaults } from './prepare-defaults.js';
import { readyText } from './print-ready.js';
import { createProgress, type Progress, SILENT } from './progress.js';
import { loadServices } from './services.js';

/** Postgres of one's own that is away: a person is waiting in front of the terminal. */
const DATABASE_WAIT_MS = 5_000;
const READY_WAIT_MS = 60_000;
const READY_LOOK_MS = 10;

export type Closer = () => unknown;

/** The whole life of the process: from an empty folder to a gateway that answers, and back down again. */
export async function runStandalone(): Promise<void> {
  const progress = process.send === undefined ? createProgress(process.stderr) : SILENT;
  const closers: Closer[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  const given = new AbortController();
  let starting: Promise<Started> | null = null;
  let up = false;
  const stop = closeOnSignals(
    async () => {
      progress.say('stopping');
      progress.done();
      // A start that is under way is given up and awaited: what it opens last would be left behind.
      given.abort(new Error('asked to stop'));
      await starting?.catch(() => undefined);
      await close();
    },
    (error) => process.stderr.write(`tollgate: stopping failed: ${error}\n`),
    () => up,
  );
  try {
    starting = start(progress, closers, given.signal);
    const { handle, bootstrapFile } = await starting;
    if (given.signal.aborted) return;
    progress.done();
    up = true;
    if (handle === null) {
      await close();
      process.stderr.write('the database is up to date\n');
      process.exit(0);
    }
    // A data plane is part of a larger installation: nobody waits for its lines.
    if (bootstrapFile !== null) {
      process.stdout.write(readyText(handle.url, readFirstTokens(bootstrapFile)));
      forgetFirstTokens(bootstrapFile);
    }
    reportToSupervisor({ type: 'up', url: handle.url, metricsUrl: handle.metricsUrl }, stop);
  } catch (error) {
    if (given.signal.aborted) return;
    progress.done();
    await close();
    exitWithFailure(error);
  }
}

interface Started {
  /** null where nothing was asked for but migrations. */
  readonly handle: ServicesHandle | null;
  readonly bootstrapFile: string | null;
}

async function start(progress: Progress, closers: Closer[], signal: AbortSignal): Promise<Started> {
  const defaults = prepareDefaults(closers);
  const { variables, whole } = defaults;
  const services = await loadServices(defaults.roles);
  signal.throwIfAborted();
  const overrides: BootOverrides = {
    variables,
    problems: defaults.problems,
    migrate: whole,
    databaseWaitMs: DATABASE_WAIT_MS,
    logTo: 'stderr',
    signal,
    onWaiting: (text) => progress.say(text),
    ...(whole && { provideDatabase: () => provideDatabase(defaults, progress, closers, signal) }),
  };
  if (variables['TOLLGATE_MIGRATE'] === 'only') {
    await migrateServices(services, overrides);
    return { handle: null, bootstrapFile: null };
  }
  progress.say('starting the services');
  const handle = await bootServices(services, overrides);
  closers.push(() => handle.close());
  if (!whole) return { handle, bootstrapFile: null };
  await untilReady(handle, signal);
  return { handle, bootstrapFile: variables['TOLLGATE_BOOTSTRAP_FILE'] ?? null };
}

async function provideDatabase(
  { folder, databasePassword }: Defaults,
  progress: Progress,
  closers: Closer[],
  signal: AbortSignal,
): Promise<string> {
  const { keepDatabase } = await import('./embedded-database.js');
  const database = await keepDatabase({
    folder,
    password: databasePassword,
    signal,
    onProgress: (text) => progress.say(text),
    onTrouble: (text) => process.stderr.write(`tollgate: ${text}\n`),
  });
  closers.push(() => database.stop());
  progress.say('starting the services');
  return database.url;
}

async function untilReady(handle: ServicesHandle, signal: AbortSignal): Promise<void> {
  const until = performance.now() + READY_WAIT_MS;
  while (!handle.readiness.report().ready) {
    signal.throwIfAborted();
    if (performance.now() > until) {
      const checks = Object.entries(handle.readiness.report().checks).filter(([, { ready }]) => !ready);
      throw new BootError(`Not ready after a minute: ${checks.map(([name, { detail }]) => `${name} (${detail})`).join(', ')}.`);
    }
    await wait(READY_LOOK_MS);
  }
}

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { SERVICES } from '@tollgate/contracts';
import { readEnvironment } from '@tollgate/kernel';
import {
  BootError,
  bootServices,
  closeOnSignals,
  exitWithFailure,
  reportToSupervisor,
  type ServicesHandle,
} from '@tollgate/nest';
import { configurationFile } from './configuration-file.js';
import { openDataFolder } from './data-folder.js';
import { keepDatabase } from './embedded-database.js';
import { forgetFirstTokens, readFirstTokens } from './first-tokens.js';
import { readOrMakeSecrets } from './local-secrets.js';
import { lockFolder } from './lock-folder.js';
import { readyText } from './print-ready.js';
import { createProgress, type Progress, SILENT } from './progress.js';
import { loadServices } from './services.js';
import { STANDALONE_ENVIRONMENT } from './standalone-environment.js';

/** Postgres of one's own that is away: a person is waiting in front of the terminal. */
const DATABASE_WAIT_MS = 15_000;
const READY_WAIT_MS = 60_000;
const READY_LOOK_MS = 10;

type Closer = () => unknown;
type Variables = Readonly<Record<string, string | undefined>>;

/** The whole life of the process: from an empty folder to a gateway that answers, and back down again. */
export async function runStandalone(): Promise<void> {
  const progress = process.send === undefined ? createProgress(process.stderr) : SILENT;
  const closers: Closer[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  const stop = closeOnSignals(
    () => {
      progress.say('stopping');
      progress.done();
      return close();
    },
    (error) => process.stderr.write(`tollgate: stopping failed: ${error}\n`),
  );
  try {
    const { handle, bootstrapFile } = await start(progress, closers);
    progress.done();
    // A data plane is part of a larger installation: nobody waits for its lines.
    if (bootstrapFile !== null) {
      process.stdout.write(readyText(handle.url, readFirstTokens(bootstrapFile)));
      forgetFirstTokens(bootstrapFile);
    }
    reportToSupervisor({ type: 'up', url: handle.url, metricsUrl: handle.metricsUrl }, stop);
  } catch (error) {
    progress.done();
    await close();
    exitWithFailure(error);
  }
}

async function start(progress: Progress, closers: Closer[]): Promise<{ handle: ServicesHandle; bootstrapFile: string | null }> {
  const own = readEnvironment(STANDALONE_ENVIRONMENT, { variables: process.env, readFile: (path) => readFileSync(path, 'utf8') });
  const whole = own.roles.length === SERVICES.length;
  const services = loadServices(own.roles);
  // Awaited below; a failure before that must not count as unhandled.
  services.catch(() => undefined);
  const variables = whole ? await embeddedDefaults(own, progress, closers) : dataPlaneDefaults();
  progress.say('starting the services');
  const handle = await bootServices(await services, {
    variables,
    migrate: whole,
    databaseWaitMs: DATABASE_WAIT_MS,
    logTo: 'stderr',
  });
  closers.push(() => handle.close());
  if (!whole) return { handle, bootstrapFile: null };
  await untilReady(handle);
  return { handle, bootstrapFile: variables['TOLLGATE_BOOTSTRAP_FILE'] ?? null };
}

/** What an operator of the whole would have to give: made at the first start, and kept in the data folder. */
async function embeddedDefaults(
  own: { readonly dataDir: string; readonly databaseUrl: string | null },
  progress: Progress,
  closers: Closer[],
): Promise<Variables> {
  const folder = openDataFolder(own.dataDir);
  const lock = lockFolder(folder);
  closers.push(() => lock.release());
  const secrets = readOrMakeSecrets(folder, randomBytes);
  const given = process.env;
  const defaults: Record<string, string> = {
    LOG_LEVEL: 'warn',
    TOLLGATE_DATA_DIR: folder,
    TOLLGATE_SPOOL_DIR: join(folder, 'spool'),
    TOLLGATE_BOOTSTRAP_FILE: join(folder, 'bootstrap.json'),
  };
  if (!given['TOLLGATE_TOKEN_PEPPER_FILE']) defaults['TOLLGATE_TOKEN_PEPPER'] = secrets.tokenPepper;
  if (!given['TOLLGATE_SEALING_KEY_FILE']) defaults['TOLLGATE_SEALING_KEY'] = secrets.sealingKey;
  if (own.databaseUrl === null) {
    const database = await keepDatabase({
      folder,
      password: secrets.databasePassword,
      onProgress: (text) => progress.say(text),
      onTrouble: (text) => process.stderr.write(`tollgate: ${text}\n`),
    });
    closers.push(() => database.stop());
    defaults['DATABASE_URL'] = database.url;
  }
  return withDefaults({ ...defaults, ...configurationFile() });
}

function dataPlaneDefaults(): Variables {
  if (!process.env['NATS_URL']) {
    throw new BootError(
      'NATS_URL is missing: a process with some of the roles reaches the others over NATS (nats://host:4222).',
      2,
    );
  }
  return process.env;
}

/** An empty variable counts as absent, as everywhere. */
function withDefaults(defaults: Readonly<Record<string, string>>): Variables {
  const given = Object.entries(process.env).filter(([, value]) => value !== undefined && value !== '');
  return { ...defaults, ...Object.fromEntries(given) };
}

async function untilReady(handle: ServicesHandle): Promise<void> {
  const until = performance.now() + READY_WAIT_MS;
  while (!handle.readiness.report().ready) {
    if (performance.now() > until) {
      const checks = Object.entries(handle.readiness.report().checks).filter(([, { ready }]) => !ready);
      throw new BootError(`Not ready after a minute: ${checks.map(([name, { detail }]) => `${name} (${detail})`).join(', ')}.`);
    }
    await wait(READY_LOOK_MS);
  }
}

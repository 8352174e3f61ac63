import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { EnvironmentError, newId, readEnvironment } from '@tollgate/kernel';
import {
  awaitDatabase,
  BootError,
  COMMON_ENVIRONMENT,
  closeOnSignals,
  createReadiness,
  exitWithFailure,
  type FrontNeeds,
  openFront,
  readSecrecy,
  systemClock,
} from '@tollgate/nest';
import { createLogger } from '@tollgate/telemetry';
import { configurationFile } from '../configuration-file.js';
import { openDataFolder } from '../data-folder.js';
import { type EmbeddedDatabase, keepDatabase } from '../embedded-database.js';
import { forgetFirstTokens, readFirstTokens } from '../first-tokens.js';
import { type LocalSecrets, readOrMakeSecrets } from '../local-secrets.js';
import { lockFolder } from '../lock-folder.js';
import { readyText } from '../print-ready.js';
import { createProgress, type Progress } from '../progress.js';
import { STANDALONE_ENVIRONMENT } from '../standalone-environment.js';
import { freePorts } from './free-ports.js';
import { createIngress } from './ingress.js';
import { ManagedProcess } from './managed-process.js';
import { migrate } from './migrate.js';
import { natsPlan, obtainNatsServer } from './nats-plan.js';
import { type Counts, parseFlags, USAGE } from './parse-flags.js';
import { writeProcessTable } from './process-table.js';
import { processCount, type ServicePlan, servicePlans } from './service-plans.js';

/** A person is waiting in front of the terminal. */
const DATABASE_WAIT_MS = 5_000;
const READY_WAIT_MS = 60_000;
const READY_LOOK_MS = 25;
/** Started in this order: whoever comes later finds whom it asks. */
const START_ORDER: readonly (readonly string[])[] = [
  ['auth', 'catalog', 'analytics'],
  ['provider-adapters', 'router', 'data-plane'],
];
/** Stopped in this order: first who takes calls, last who keeps what they owe. */
const STOP_ORDER: readonly (readonly string[])[] = [
  ['router', 'data-plane'],
  ['provider-adapters'],
  ['catalog', 'analytics', 'auth'],
];

type Closer = () => unknown;
interface Planned {
  readonly plan: ServicePlan;
  readonly managed: ManagedProcess;
}

/** Every service as a process of its own, over a real nats-server and one Postgres, under one origin. */
export async function runDistributed(args: readonly string[]): Promise<void> {
  const progress = createProgress(process.stderr);
  const closers: Closer[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  const given = new AbortController();
  let up = false;
  closeOnSignals(
    async () => {
      progress.done();
      process.stderr.write('stopping ...\n');
      given.abort(new Error('asked to stop'));
      await close();
    },
    (error) => process.stderr.write(`tollgate: stopping failed: ${error}\n`),
    () => up,
  );
  try {
    const counts = parseFlags(args);
    if (counts === 'help') {
      process.stdout.write(USAGE);
      return;
    }
    const { url, bootstrapFile } = await start(counts, progress, closers, given.signal);
    if (given.signal.aborted) return;
    progress.done();
    up = true;
    process.stdout.write(readyText(url, readFirstTokens(bootstrapFile)));
    forgetFirstTokens(bootstrapFile);
  } catch (error) {
    if (given.signal.aborted) return;
    progress.done();
    await close();
    exitWithFailure(error);
  }
}

async function start(
  counts: Counts,
  progress: Progress,
  closers: Closer[],
  signal: AbortSignal,
): Promise<{ url: string; bootstrapFile: string }> {
  const variables = { ...configurationFile(), ...process.env };
  const own = await readSettings(variables);
  const folder = openDataFolder(own.dataDir);
  const lock = lockFolder(folder);
  closers.push(() => lock.release());
  const secrets = readOrMakeSecrets(folder, randomBytes);

  const processes: Planned[] = [];
  const ingress = await openIngress(own, processes, closers);
  progress.say('looking for nats-server');
  const binary = obtainNatsServer();
  const [natsPort = 0, ...ports] = await freePorts(1 + processCount(counts));
  const login = { user: 'tollgate', password: randomBytes(24).toString('base64url') };
  const natsUrl = `nats://${login.user}:${login.password}@127.0.0.1:${natsPort}`;
  const tablePath = join(folder, 'processes.json');
  closers.push(() => rmSync(tablePath, { force: true }));
  let database: EmbeddedDatabase | null = null;
  let databaseUrl = own.databaseUrl ?? '';
  const onChange = (): void => {
    const rows = [...processes.map(({ managed }) => managed), nats].map(({ plan, pid, up }) => ({
      name: plan.name,
      pid,
      url: up === null || up.url === '' ? null : up.url,
      metricsUrl: up?.metricsUrl ?? null,
    }));
    if (database !== null) rows.push({ name: 'postgres', pid: database.pid(), url: null, metricsUrl: null });
    writeProcessTable(tablePath, { url: ingress.url, natsUrl, databaseUrl, processes: rows });
  };
  const onRestart = (name: string, how: string, afterMs: number): void =>
    void process.stderr.write(`tollgate: ${name} ended ${how}: starting it again in ${afterMs} ms\n`);
  const nats = new ManagedProcess(natsPlan(binary, natsPort, login, join(folder, 'nats-server.conf')), { onChange, onRestart });
  closers.push(() => nats.stop(0));
  const starting = nats.start();
  starting.catch(() => undefined);
  if (own.databaseUrl === null) {
    const opening = openDatabase({ folder, secrets, progress, onChange, signal });
    // Also where we are asked to stop while it starts.
    closers.push(async () => (await opening.catch(() => null))?.stop());
    database = await opening;
    databaseUrl = database.url;
  } else {
    const waitMs = own.databaseWaitMs ?? DATABASE_WAIT_MS;
    await awaitDatabase({ url: databaseUrl, waitMs, signal, onWaiting: (text) => progress.say(text) });
  }
  await starting;
  signal.throwIfAborted();

  const bootstrapFile = join(folder, 'bootstrap.json');
  const places = {
    natsUrl,
    databaseUrl,
    tokenPepper: process.env['TOLLGATE_TOKEN_PEPPER'] || secrets.tokenPepper,
    sealingKey: process.env['TOLLGATE_SEALING_KEY'] || secrets.sealingKey,
    auditKey: process.env['TOLLGATE_AUDIT_KEY'] || secrets.auditKey,
  };
  // What stands in links and tokens is where callers come in, not the port of the process that makes them.
  const given = { ...process.env, PUBLIC_URL: process.env['PUBLIC_URL'] || ingress.url };
  const plans = servicePlans({ counts, places, folder, bootstrapFile, given, ports });
  progress.say('migrating the database');
  await migrate(plans, signal);
  signal.throwIfAborted();
  progress.say(`starting ${plans.length} processes`);
  closers.push(() => stopAll(processes, own.drainGraceMs));
  for (const plan of plans) processes.push({ plan, managed: new ManagedProcess(plan, { onChange, onRestart }) });
  for (const kinds of START_ORDER) {
    await Promise.all(ofKinds(processes, kinds).map(({ managed }) => managed.start()));
  }
  progress.say('waiting until all are ready');
  await Promise.all(plans.map(untilReady));
  ingress.setReady();
  // Stopped first, though it was opened first: it takes nothing new while the routers behind it finish.
  closers.push(ingress.drain);
  onChange();
  return { url: ingress.url, bootstrapFile };
}

/** What the supervisor reads itself, the variables that every process has in common, and the files that they name. */
async function readSettings(variables: Readonly<Record<string, string | undefined>>) {
  const problems: string[] = [];
  if (variables['TOLLGATE_CONFIG']) {
    // The supervisor holds no service; it loads the one that knows the file only to have it read.
    const { catalogService } = await import('@tollgate/catalog');
    problems.push(...((await catalogService.findMistakes?.(variables)) ?? []));
  }
  const { dataDir } = STANDALONE_ENVIRONMENT;
  const source = { variables, readFile: (path: string) => readFileSync(path, 'utf8') };
  try {
    const settings = readEnvironment({ ...COMMON_ENVIRONMENT, dataDir }, source);
    const { tls, problems: found } = readSecrecy(settings, source);
    problems.push(...found);
    if (problems.length === 0) return { ...settings, tls };
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    problems.push(...error.problems);
  }
  throw new EnvironmentError(problems);
}

function openDatabase({
  folder,
  secrets,
  progress,
  onChange,
  signal,
}: {
  readonly folder: string;
  readonly secrets: LocalSecrets;
  readonly progress: Progress;
  readonly onChange: () => void;
  readonly signal: AbortSignal;
}): Promise<EmbeddedDatabase> {
  return keepDatabase({
    folder,
    signal,
    password: secrets.databasePassword,
    onProgress: (text) => progress.say(text),
    onTrouble: (text) => {
      process.stderr.write(`tollgate: ${text}\n`);
      onChange();
    },
  });
}

async function openIngress(
  own: Awaited<ReturnType<typeof readSettings>>,
  processes: readonly Planned[],
  closers: Closer[],
): Promise<{ url: string; setReady(): void; drain(): Promise<unknown> }> {
  const newRequestId = (): string => newId('req', systemClock.now(), randomBytes);
  const readiness = createReadiness();
  let booted = false;
  readiness.register('boot', () => ({ ready: booted, detail: booted ? 'done' : 'under way' }));
  readiness.register('processes', () => {
    const missing = processes.filter(({ managed }) => managed.up === null).map(({ plan }) => plan.name);
    return { ready: missing.length === 0, detail: missing.length === 0 ? 'all up' : `not up: ${missing.join(', ')}` };
  });
  const logger = createLogger({ service: 'ingress', level: 'warn' });
  const opened: FrontNeeds['closers'] = [];
  closers.push(async () => {
    for (const { close } of opened.splice(0).reverse()) await close();
  });
  const { front, origin } = await openFront({
    common: own,
    tls: own.tls,
    takesSecrets: true,
    health: { readiness, version: { services: ['ingress'] } },
    clock: systemClock,
    logger,
    newRequestId,
    closers: opened,
  });
  const drain = (): Promise<number> => {
    readiness.beginDrain();
    return front.drain(own.drainGraceMs);
  };
  closers.push(drain);
  front.openDoors(
    createIngress(
      (service) =>
        processes
          .filter(({ plan, managed }) => managed.up !== null && plan.services.includes(service))
          .map(({ plan }) => plan.url),
      newRequestId,
    ),
  );
  return {
    drain,
    url: origin,
    setReady: () => {
      booted = true;
    },
  };
}

async function untilReady(plan: ServicePlan): Promise<void> {
  const until = performance.now() + READY_WAIT_MS;
  let last = '';
  while (performance.now() < until) {
    try {
      const response = await fetch(new URL('/readyz', plan.url), { signal: AbortSignal.timeout(2_000) });
      last = await response.text();
      if (response.ok && hasAdapters(last)) return;
    } catch (error) {
      last = String(error);
    }
    await wait(READY_LOOK_MS);
  }
  throw new BootError(`${plan.name} is not ready after a minute: ${last.slice(0, 500)}`);
}

/** The catalogue may serve before it has heard the adapters; whoever reads the ready line calls their models next. */
function hasAdapters(report: string): boolean {
  const { checks } = JSON.parse(report) as { readonly checks?: Readonly<Record<string, { readonly ready: boolean }>> };
  return checks?.['adapters']?.ready !== false;
}

async function stopAll(processes: readonly Planned[], graceMs: number): Promise<void> {
  for (const kinds of STOP_ORDER) {
    await Promise.all(ofKinds(processes, kinds).map(({ managed }) => managed.stop(graceMs)));
  }
}

/** `router-2` is of the kind `router`. */
const ofKinds = (processes: readonly Planned[], kinds: readonly string[]): readonly Planned[] =>
  processes.filter(({ plan }) => kinds.includes(plan.name.slice(0, plan.name.lastIndexOf('-'))));

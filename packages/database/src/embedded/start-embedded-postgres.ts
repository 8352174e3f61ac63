import type { ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { prepareBinaries } from './binaries.js';
import { clearPreviousRun, stopPostmaster } from './clear-previous-run.js';
import { tryPort } from './free-port.js';
import { initialise, isInitialised, lastLines } from './initialise.js';
import { readInstanceState, writeInstanceState } from './instance-state.js';
import { type LaunchSettings, launch } from './launch.js';
import { systemUserFor } from './system-user.js';

export interface EmbeddedPostgresOptions {
  /** Folder of ours: holds `data/`, `server.log` and `instance.json`. Made where it is missing. */
  readonly dataDir: string;
  /** Of the superuser; must be the same at every start. The caller keeps it (mode 0600). */
  readonly password: string;
  /** `tollgate` by default. */
  readonly user?: string;
  /** Made where it is missing; `tollgate` by default. */
  readonly database?: string;
  /** A fixed port; otherwise the one of the last run if it is free, or any free one. */
  readonly port?: number;
  /** A folder with `bin/postgres`; otherwise the one that came with the package. */
  readonly binariesDir?: string;
  /** Settings of Postgres on top of ours, for instance `fsync: 'off'` in tests. */
  readonly settings?: Readonly<Record<string, string>>;
  onProgress?(text: string): void;
  /** Gives the start up: what it began is ended, and the promise rejects with the reason. */
  readonly signal?: AbortSignal;
}

export interface EmbeddedPostgres {
  /** `postgres://user:password@127.0.0.1:port/database` */
  readonly url: string;
  readonly port: number;
  /** Of the server itself. */
  readonly pid: number;
  readonly version: string;
  /** Resolves when the server has ended, whoever ended it. */
  readonly exited: Promise<void>;
  /** Fast shutdown: rolls back what is open and ends; safe to call twice. */
  stop(): Promise<void>;
}

const START_LIMIT_MS = 120_000;
const STRAGGLERS_MS = 10_000;

/**
 * Starts a real Postgres on 127.0.0.1 and waits until it takes queries; the first start makes its data folder. It ends
 * with this process, even if that is killed. Throws an `Error` whose message is one line that says what to do.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const progress = (text: string): void => options.onProgress?.(text);
  const folder = resolve(options.dataDir);
  mkdirSync(folder, { recursive: true });
  const dataPath = join(folder, 'data');
  const user = systemUserFor(dataPath);
  const binaries = prepareBinaries(user, options.binariesDir);
  const superuser = options.user ?? 'tollgate';
  if (isInitialised(dataPath, binaries)) await clearPreviousRun(folder, dataPath, progress);
  else {
    progress('making the data folder of Postgres');
    await initialise({ binaries, user, dataPath, superuser, password: options.password, signal: options.signal });
  }
  options.signal?.throwIfAborted();
  progress('starting Postgres');
  const port = await choosePort(options.port, readInstanceState(folder).port);
  writeInstanceState(folder, port);
  const settings: LaunchSettings = {
    binaries,
    user,
    dataPath,
    logPath: join(folder, 'server.log'),
    port,
    settings: options.settings ?? {},
  };
  const { child, pid, exited } = await launchReady(settings, options.signal);
  const stop = async (): Promise<void> => {
    // Without this, where nothing else is open, the event loop runs dry (exit code 13) before its end has been told.
    child.ref();
    if (!hasEnded(child)) await stopPostmaster(pid);
    await exited;
  };
  try {
    const database = options.database ?? 'tollgate';
    const base = `postgres://${encodeURIComponent(superuser)}:${encodeURIComponent(options.password)}@127.0.0.1:${port}`;
    await ensureDatabase(`${base}/postgres`, database, folder);
    return { url: `${base}/${encodeURIComponent(database)}`, port, pid, version: binaries.version, exited, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly exited: Promise<void>;
}

/** Tries again while children of a killed server still hold its shared memory: they end by themselves. */
async function launchReady(settings: LaunchSettings, signal: AbortSignal | undefined): Promise<Running> {
  const until = performance.now() + STRAGGLERS_MS;
  for (;;) {
    const child = launch(settings);
    const exited = new Promise<void>((done) => {
      child.once('exit', () => done());
      child.once('error', () => done());
    });
    const { pid } = child;
    if (pid === undefined) throw new Error(`Postgres could not be started from ${settings.binaries.folder}.`);
    try {
      await untilReady(child, settings, signal);
      return { child, pid, exited };
    } catch (error) {
      child.ref();
      if (!hasEnded(child)) await stopPostmaster(pid);
      await exited;
      const held = error instanceof Error && error.message.includes('shared memory block');
      if (!held || performance.now() > until) throw error;
      await wait(100);
    }
  }
}

async function choosePort(fixed: number | undefined, remembered: number | null): Promise<number> {
  if (fixed !== undefined && fixed !== 0) {
    if ((await tryPort(fixed)) === null) throw new Error(`Port ${fixed} is taken: choose another for the embedded Postgres.`);
    return fixed;
  }
  const port = (remembered === null ? null : await tryPort(remembered)) ?? (await tryPort(0));
  if (port === null) throw new Error('No port is free on 127.0.0.1.');
  return port;
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

/** Postgres writes its state into the eighth line of `postmaster.pid`, for `pg_ctl` and for us. */
async function untilReady(child: ChildProcess, settings: LaunchSettings, signal: AbortSignal | undefined): Promise<void> {
  const until = performance.now() + START_LIMIT_MS;
  let pause = 4;
  while (performance.now() < until) {
    signal?.throwIfAborted();
    if (hasEnded(child)) throw new Error(`Postgres ended at its start: ${lastLines(tail(settings.logPath))}`);
    const lines = tail(join(settings.dataPath, 'postmaster.pid')).split('\n');
    if (Number(lines[0]) === child.pid && lines[7]?.trim() === 'ready') return;
    await wait(pause);
    pause = Math.min(pause * 2, 50);
  }
  throw new Error(`Postgres did not become ready within ${START_LIMIT_MS / 1_000} s: see ${settings.logPath}`);
}

function tail(path: string): string {
  try {
    return readFileSync(path, 'utf8').slice(-4_000);
  } catch {
    return '';
  }
}

async function ensureDatabase(url: string, database: string, folder: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  try {
    await client.connect();
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(database)}`);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === '28P01') {
      throw new Error(
        `The password does not fit the database in ${folder}: put back the file that kept it, or move the folder away.`,
        {
          cause: error,
        },
      );
    }
    throw error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

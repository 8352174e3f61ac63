import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { executable, identity, type PostgresBinaries } from './binaries.js';
import type { SystemUser } from './system-user.js';

export interface LaunchSettings {
  readonly binaries: PostgresBinaries;
  readonly user: SystemUser | null;
  readonly dataPath: string;
  readonly logPath: string;
  readonly port: number;
  readonly settings: Readonly<Record<string, string>>;
}

/** For a machine that it shares with everything else; what is acknowledged is on disk. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  shared_buffers: '64MB',
  max_connections: '100',
  fsync: 'on',
  synchronous_commit: 'on',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '512MB',
  // Worker processes for reads cost memory and gain nothing at this size.
  io_method: 'sync',
  jit: 'off',
  log_timezone: 'UTC',
  timezone: 'UTC',
};

/**
 * The shell becomes Postgres (so the child's pid is the server's) and leaves a watcher behind that reads our end of
 * the pipe: end of file means that we are gone, however that came about, and Postgres is asked to shut down. A line
 * means that Postgres ended first. The watcher is no child of Postgres, which would take its exit for a crash.
 */
const GUARDED = 'exec 3<&0; ( (read _ <&3 || kill -INT $$) >/dev/null 2>&1 & ); exec "$0" "$@" </dev/null 3<&-';

export interface SpawnPlan {
  readonly file: string;
  readonly args: readonly string[];
  readonly options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly uid?: number; readonly gid?: number };
}

export function planLaunch(launch: LaunchSettings): SpawnPlan {
  const settings = Object.entries({ ...SETTINGS, ...launch.settings }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const postgres = executable(launch.binaries, 'postgres');
  const args = ['-D', dataArgument(launch.user, launch.dataPath), '-p', String(launch.port), ...settings];
  const options = { cwd: launch.dataPath, env: cleanEnvironment(), ...identity(launch.user) };
  if (process.platform === 'win32') return { file: postgres, args, options };
  return { file: '/bin/sh', args: ['-c', GUARDED, postgres, ...args], options };
}

/** A session of its own: Ctrl-C in a terminal must reach us alone, or the database would be gone before we have drained. */
export function launch(settings: LaunchSettings): ChildProcess {
  const plan = planLaunch(settings);
  // A new file for each run: what an earlier server still writes is not ours.
  rmSync(settings.logPath, { force: true });
  const log = openSync(settings.logPath, 'a', 0o600);
  try {
    const child = spawn(plan.file, plan.args, {
      ...plan.options,
      stdio: ['pipe', log, log],
      detached: process.platform !== 'win32',
    });
    // A broken pipe here only says what `exit` says as well.
    child.stdin?.on('error', () => undefined);
    child.once('exit', () => child.stdin?.end('ended\n'));
    child.unref();
    (child.stdin as Socket | null)?.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

/**
 * As root on Linux the data may lie below a folder that Postgres' user cannot pass. We enter it before giving up root;
 * from there `/proc/self/cwd` leads straight back to it, without passing the parents.
 */
export const dataArgument = (user: SystemUser | null, dataPath: string): string =>
  user !== null && process.platform === 'linux' ? '/proc/self/cwd' : dataPath;

/** PG* variables of the operator's shell are meant for another server. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => /^(PATH|TMPDIR|SYSTEMROOT|TEMP|TMP)$/i.test(name));
  return { ...Object.fromEntries(kept), LC_ALL: 'C' };
}

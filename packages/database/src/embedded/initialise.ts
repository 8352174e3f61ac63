import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { executable, identity, makePrivateFolder, type PostgresBinaries } from './binaries.js';
import { cleanEnvironment, dataArgument } from './launch.js';
import type { SystemUser } from './system-user.js';

export interface InitialiseSettings {
  readonly binaries: PostgresBinaries;
  readonly user: SystemUser | null;
  readonly dataPath: string;
  readonly superuser: string;
  readonly password: string;
  readonly signal: AbortSignal | undefined;
}

/** True where the folder holds a cluster already; throws where it is of another major version. */
export function isInitialised(dataPath: string, binaries: PostgresBinaries): boolean {
  const marker = join(dataPath, 'PG_VERSION');
  if (!existsSync(marker)) {
    if (existsSync(dataPath) && readdirSync(dataPath).length > 0) {
      throw new Error(`${dataPath} holds files but no database: move it away or choose another folder.`);
    }
    return false;
  }
  const found = readFileSync(marker, 'utf8').trim();
  const wanted = binaries.version.split('.')[0];
  if (found === wanted) return true;
  throw new Error(
    `The data in ${dataPath} belongs to Postgres ${found}, this build brings ${wanted}: dump it with the old one first.`,
  );
}

/** Makes a cluster beside the place and renames it, so that a kill in the middle leaves nothing half-made. */
export async function initialise(settings: InitialiseSettings): Promise<void> {
  const { user } = settings;
  const own = (path: string): void => {
    if (user !== null) chownSync(path, user.uid, user.gid);
  };
  const fresh = `${settings.dataPath}.new`;
  rmSync(fresh, { recursive: true, force: true });
  makePrivateFolder(fresh, own);
  const secrets = mkdtempSync(join(tmpdir(), 'tollgate-initdb-'));
  const forget = (): void => rmSync(secrets, { recursive: true, force: true });
  // A second Ctrl-C ends the process in the middle.
  process.once('exit', forget);
  try {
    own(secrets);
    const passwordPath = join(secrets, 'password');
    writeFileSync(passwordPath, `${settings.password}\n`, { mode: 0o600 });
    own(passwordPath);
    await runInitdb(settings, fresh, passwordPath);
  } finally {
    forget();
    process.off('exit', forget);
  }
  // Fails on a folder that is not empty, which is then not ours to overwrite.
  renameSync(fresh, settings.dataPath);
}

function runInitdb(settings: InitialiseSettings, folder: string, passwordPath: string): Promise<void> {
  const args = [
    `--pgdata=${dataArgument(settings.user, folder)}`,
    `--username=${settings.superuser}`,
    `--pwfile=${passwordPath}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // Sorts and folds the same on every machine, whatever locales it has.
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(executable(settings.binaries, 'initdb'), args, {
      ...identity(settings.user),
      cwd: folder,
      env: cleanEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: Ctrl-C in a terminal must reach us alone, and ending it takes its helpers along.
      detached: process.platform !== 'win32',
    });
    const end = (): void => endGroup(child);
    process.once('exit', end);
    settings.signal?.addEventListener('abort', end);
    child.once('close', () => {
      process.off('exit', end);
      settings.signal?.removeEventListener('abort', end);
    });
    let output = '';
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-4_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', reject);
    child.on('close', (code) => {
      if (settings.signal?.aborted) reject(settings.signal.reason);
      else if (code === 0) resolve();
      else reject(new Error(`Postgres could not make its data folder in ${dirname(folder)}: ${lastLines(output)}`));
    });
  });
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}

/** The lines that say why; the rest of the output says what went well. */
export function lastLines(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const telling = lines.filter((line) => /error|fatal|panic|hint/i.test(line));
  return (telling.length > 0 ? telling : lines).slice(-3).join(' | ').trim();
}

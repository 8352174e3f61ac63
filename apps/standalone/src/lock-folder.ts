import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BootError } from '@tollgate/nest';
import { processMark } from './process-mark.js';

interface Holder {
  readonly pid: number;
  readonly mark: string;
}

const ATTEMPTS = 5;

/**
 * One Tollgate per data folder. The lock is a file that names its process; `link` makes it, which fails where one is
 * there. One that was left behind by a killed process is taken over.
 */
export function lockFolder(folder: string): { release(): void } {
  const path = join(folder, 'lock.json');
  const staged = `${path}.${process.pid}`;
  writeFileSync(staged, JSON.stringify({ pid: process.pid, mark: processMark(process.pid) ?? '' }), { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      if (tryLink(staged, path)) return { release: () => release(path) };
      const text = readText(path);
      const holder = text === null ? null : parse(text);
      if (holder !== null && processMark(holder.pid) === holder.mark) {
        throw new BootError(
          `${folder} is in use by process ${holder.pid}: stop it first, or name another folder in TOLLGATE_DATA_DIR.`,
        );
      }
      if (text !== null) removeLeftOver(path, text);
    }
    throw new BootError(`${folder} is being taken by another start: try again.`);
  } finally {
    rmSync(staged, { force: true });
  }
}

function tryLink(staged: string, path: string): boolean {
  try {
    linkSync(staged, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** By rename, so that of two starts that found the same left-over one only removes it, and never the other's fresh lock. */
function removeLeftOver(path: string, text: string): void {
  const aside = `${path}.${process.pid}.old`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (readText(aside) !== text) tryLink(aside, path);
  rmSync(aside, { force: true });
}

function release(path: string): void {
  const text = readText(path);
  if (text !== null && parse(text)?.pid === process.pid) rmSync(path, { force: true });
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function parse(text: string): Holder | null {
  try {
    const { pid, mark } = JSON.parse(text) as Partial<Holder>;
    return typeof pid === 'number' && typeof mark === 'string' ? { pid, mark } : null;
  } catch {
    return null;
  }
}

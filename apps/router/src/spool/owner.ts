import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

const LOCK_NAME = 'lock';
/** A folder of another host (a shared volume) is taken over once its heartbeat is as old as this. */
const FOREIGN_SILENCE_MS = 60_000;

/** Who writes to a folder. A process id alone is reused; with the start time it is not. */
export interface Owner {
  readonly host: string;
  readonly pid: number;
  readonly startedAt: string;
  /** Tells two spools in one process apart. */
  readonly instance: string;
}

/** Instances that are open in this very process. */
const openHere = new Set<string>();

/** Start time of a process in clock ticks since boot, from procfs; null where there is none or no such process. */
function startTime(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the command in parentheses and may hold anything; the start time is the 22nd field.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

export function thisOwner(instance: string): Owner {
  return { host: hostname(), pid: process.pid, startedAt: startTime(process.pid) ?? 'unknown', instance };
}

export function writeLock(directory: string, owner: Owner): void {
  writeFileSync(join(directory, LOCK_NAME), JSON.stringify(owner), { mode: 0o600 });
  openHere.add(owner.instance);
}

export const forgetInstance = (instance: string): boolean => openHere.delete(instance);

/** The heartbeat that a process on another host looks at. */
export function touchLock(directory: string, nowMs: number): void {
  const seconds = nowMs / 1000;
  utimesSync(join(directory, LOCK_NAME), seconds, seconds);
}

/** True where the folder's writer is gone, or nobody has a claim to it. */
export function isAbandoned(directory: string, nowMs: number): boolean {
  const path = join(directory, LOCK_NAME);
  let owner: Partial<Owner>;
  let touchedMs: number;
  try {
    owner = JSON.parse(readFileSync(path, 'utf8')) as Partial<Owner>;
    touchedMs = statSync(path).mtimeMs;
  } catch {
    return true;
  }
  if (typeof owner.pid !== 'number' || typeof owner.instance !== 'string') return true;
  if (owner.host !== hostname()) return nowMs - touchedMs > FOREIGN_SILENCE_MS;
  if (owner.pid === process.pid && owner.startedAt === (startTime(process.pid) ?? 'unknown'))
    return !openHere.has(owner.instance);
  if (!processExists(owner.pid)) return true;
  const started = startTime(owner.pid);
  return started !== null && owner.startedAt !== 'unknown' && started !== owner.startedAt;
}

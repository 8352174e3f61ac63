import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ownerLives, readInstanceState } from './instance-state.js';
import { isPostmasterOf, serverProcessesOf, startMarkOf } from './process-identity.js';

/** Signals of the postmaster, gentle first: https://www.postgresql.org/docs/18/server-shutdown.html */
const SHUTDOWN_STEPS = [
  { signal: 'SIGINT', waitMs: 15_000 },
  { signal: 'SIGQUIT', waitMs: 5_000 },
  { signal: 'SIGKILL', waitMs: 5_000 },
] as const;
const STRAGGLERS_MS = 500;

/** First line of `postmaster.pid`, or null. */
export function readPostmasterPid(dataPath: string): number | null {
  try {
    const pid = Number.parseInt(readFileSync(join(dataPath, 'postmaster.pid'), 'utf8'), 10);
    return Number.isInteger(pid) && pid > 0 ? pid : null;
  } catch {
    return null;
  }
}

/**
 * Makes the data folder free. A server whose owner was killed is on its way out: it is helped along. One whose owner
 * lives is in use: refused. A `postmaster.pid` that names no server of this folder is left over and removed, as
 * Postgres itself would refuse to start while any process has that pid (in a container pids come again soon).
 */
export async function clearPreviousRun(folder: string, dataPath: string, onProgress: (text: string) => void): Promise<void> {
  const pid = readPostmasterPid(dataPath);
  if (pid === null) return;
  if (!isPostmasterOf(pid, dataPath)) {
    await untilStragglersGone(dataPath);
    rmSync(join(dataPath, 'postmaster.pid'), { force: true });
    return;
  }
  const state = readInstanceState(folder);
  if (ownerLives(state)) {
    throw new Error(`The database in ${folder} is in use by process ${state.owner?.pid}: stop that one first.`);
  }
  onProgress('stopping the Postgres of an earlier run');
  await stopPostmaster(pid);
  await untilStragglersGone(dataPath);
  rmSync(join(dataPath, 'postmaster.pid'), { force: true });
}

/**
 * The children of a killed postmaster hold its shared memory, and no other can start. Idle ones notice its death and end; one
 * that computes does not look, and is told to (their work is lost with the postmaster in any case).
 */
async function untilStragglersGone(dataPath: string): Promise<void> {
  for (const signal of [null, 'SIGQUIT', 'SIGKILL'] as const) {
    if (signal !== null) for (const pid of serverProcessesOf(dataPath)) tell(pid, signal);
    const until = performance.now() + STRAGGLERS_MS;
    while (performance.now() < until) {
      if (serverProcessesOf(dataPath).length === 0) return;
      await wait(20);
    }
  }
}

function tell(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has just ended.
  }
}

/** Ends a postmaster and waits until it is gone. */
export async function stopPostmaster(pid: number): Promise<void> {
  const mark = startMarkOf(pid);
  if (mark === null) return;
  for (const { signal, waitMs } of SHUTDOWN_STEPS) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    const until = performance.now() + waitMs;
    while (performance.now() < until) {
      if (startMarkOf(pid) !== mark) return;
      await wait(10);
    }
  }
}

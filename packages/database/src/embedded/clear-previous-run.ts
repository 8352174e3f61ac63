import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ownerLives, readInstanceState } from './instance-state.js';
import { isPostmasterOf, startMarkOf } from './process-identity.js';

/** Signals of the postmaster, gentle first: https://www.postgresql.org/docs/18/server-shutdown.html */
const SHUTDOWN_STEPS = [
  { signal: 'SIGINT', waitMs: 15_000 },
  { signal: 'SIGQUIT', waitMs: 5_000 },
  { signal: 'SIGKILL', waitMs: 5_000 },
] as const;

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
    rmSync(join(dataPath, 'postmaster.pid'), { force: true });
    return;
  }
  const state = readInstanceState(folder);
  if (ownerLives(state)) {
    throw new Error(`The database in ${folder} is in use by process ${state.owner?.pid}: stop that one first.`);
  }
  onProgress('stopping the Postgres of an earlier run');
  await stopPostmaster(pid);
  rmSync(join(dataPath, 'postmaster.pid'), { force: true });
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

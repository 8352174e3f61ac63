import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

type Processes = readonly { readonly name: string; readonly pid: number }[];
/** Bytes by name of the process. */
export type Resident = ReadonlyMap<string, number>;

/** For the environment of processes whose memory is settled here. */
export const COLLECTABLE = { NODE_OPTIONS: `--import ${new URL('./collect-on-signal.ts', import.meta.url).href}` };

const COLLECTIONS = 3;
/** A collection stops a process for some 100 ms; sockets that just closed, and timers, let go of theirs within the second. */
const BETWEEN_COLLECTIONS_MS = 1_500;

/** What the kernel says each has in memory now. */
export const residentOf = (processes: Processes): Resident =>
  new Map(
    processes.map(({ name, pid }) => {
      const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
      if (kilobytes === undefined) throw new Error(`${name} has no resident memory`);
      return [name, Number(kilobytes) * 1024];
    }),
  );

/** The same after several collections: what each process really holds. */
export async function settledResidentOf(processes: Processes): Promise<Resident> {
  for (let turn = 0; turn < COLLECTIONS; turn += 1) await collect(processes);
  return residentOf(processes);
}

/** Collects until each process is back within the share of what it held before, or the time is over; gives what it is then. */
export async function untilBack(processes: Processes, before: Resident, percent: number, withinMs: number): Promise<Resident> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    await collect(processes);
    const now = residentOf(processes);
    if (Math.max(...grownPercents(before, now).values()) <= percent || performance.now() >= deadline) return now;
  }
}

/** By process, to a tenth; below 0 where it shrank. */
export const grownPercents = (before: Resident, after: Resident): ReadonlyMap<string, number> =>
  new Map([...after].map(([name, bytes]) => [name, Math.ceil((bytes / (before.get(name) ?? 0) - 1) * 1_000) / 10]));

async function collect(processes: Processes): Promise<void> {
  for (const { pid } of processes) process.kill(pid, 'SIGUSR2');
  await wait(BETWEEN_COLLECTIONS_MS);
}

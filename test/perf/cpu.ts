import { readdirSync, readFileSync } from 'node:fs';

/**
 * CPU time that a process has used so far, in microseconds, by the kernel's account: nanoseconds of run time over all its
 * threads where the kernel keeps them (`schedstat`), else clock ticks of 10 ms (`stat`).
 */
export function cpuMicroseconds(pid: number): number {
  let nanoseconds = 0;
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[0]);
    }
  } catch {
    nanoseconds = 0;
  }
  const ticks = ticksOf(pid);
  // A thread that has ended takes its account with it; the ticks keep it.
  return Math.max(nanoseconds / 1_000, (ticks - 2) * 10_000);
}

function ticksOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** Resident memory of a process in megabytes (10^6 bytes). */
export function residentMegabytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
  return (Number(kilobytes) * 1024) / 1e6;
}

/** Runs the work and gives what each process spent on it. */
export async function spentBy<T>(
  processes: Readonly<Record<string, number>>,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly spent: Readonly<Record<string, number>> }> {
  const before = Object.entries(processes).map(([name, pid]) => [name, pid, cpuMicroseconds(pid)] as const);
  const result = await work();
  return { result, spent: Object.fromEntries(before.map(([name, pid, since]) => [name, cpuMicroseconds(pid) - since])) };
}

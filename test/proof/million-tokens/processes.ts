import { readdirSync, readFileSync } from 'node:fs';
import type { Stack } from '@tollgate/testing';
import type pg from 'pg';
import { cpuMicroseconds } from '../../perf/cpu.ts';

/** CPU by part: what the call passes through, and what works for it. */
export type Spent = Readonly<Record<'router' | 'auth' | 'postgres' | 'rest', number>>;

/** The server and all its backends, which come and go. */
function postgresPids(postmaster: number): readonly number[] {
  const children = readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const text = readFileSync(`/proc/${name}/stat`, 'latin1');
      return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]) === postmaster ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
  return [postmaster, ...children];
}

/** The pid that all backends have as parent. */
export async function postmasterOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const text = readFileSync(`/proc/${rows[0]?.pid}/stat`, 'latin1');
  return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]);
}

function cpuOf(pids: readonly number[]): ReadonlyMap<number, number> {
  const spent = new Map<number, number>();
  for (const pid of pids) {
    try {
      spent.set(pid, cpuMicroseconds(pid));
    } catch {
      // Gone in the meantime.
    }
  }
  return spent;
}

/** Runs the work and gives what each part spent on it, in microseconds. */
export async function spentOn<T>(
  stack: Stack,
  postmaster: number,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly spent: Spent }> {
  const parts = (): Readonly<Record<keyof Spent, ReadonlyMap<number, number>>> => {
    const of = (service: string) => stack.processes.filter(({ services }) => services[0] === service).map(({ pid }) => pid);
    return {
      router: cpuOf(of('router')),
      auth: cpuOf(of('auth')),
      postgres: cpuOf(postgresPids(postmaster)),
      rest: cpuOf([...of('provider-adapters'), ...(stack.nats === null ? [] : [stack.nats.pid()])]),
    };
  };
  const before = parts();
  const result = await work();
  const after = parts();
  const sum = (part: keyof Spent): number =>
    [...after[part]].reduce((total, [pid, now]) => total + now - (before[part].get(pid) ?? 0), 0);
  return { result, spent: { router: sum('router'), auth: sum('auth'), postgres: sum('postgres'), rest: sum('rest') } };
}

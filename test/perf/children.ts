import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { LoadJob, LoadResult } from './load-generator.ts';

const start = (file: string, args: readonly string[]): ChildProcess =>
  fork(fileURLToPath(new URL(file, import.meta.url)), args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [] });

export interface MeasuredServer {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts one of the small servers beside this file; it says its port over the channel and ends with it. */
export async function startServer(file: string, ...args: readonly string[]): Promise<MeasuredServer> {
  const child = start(file, args);
  const [message] = (await once(child, 'message')) as [{ port: number }];
  return { port: message.port, pid: child.pid as number, stop: () => stop(child) };
}

export interface LoadGenerator {
  run(job: LoadJob): Promise<LoadResult>;
  stop(): Promise<void>;
}

export function startLoadGenerator(): LoadGenerator {
  const child = start('./load-generator.ts', []);
  return {
    async run(job) {
      const answer = once(child, 'message');
      child.send(job);
      const [message] = (await answer) as [{ result?: LoadResult; error?: string }];
      if (message.result === undefined) throw new Error(`The load generator failed: ${message.error}`);
      return message.result;
    },
    stop: () => stop(child),
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.disconnect();
  await gone;
}

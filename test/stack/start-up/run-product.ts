import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitFor } from '@tollgate/testing';

const app = (path: string): string => fileURLToPath(new URL(`../../../apps/${path}`, import.meta.url));
export const STANDALONE = app('standalone/dist/main.js');
export const DISTRIBUTED = app('standalone/dist/distributed/main.js');
export const ROUTER = app('router/dist/main.js');

export interface Run {
  readonly child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Resolves when standard output or error holds the text; rejects when the process ends before. */
  says(text: string | RegExp): Promise<void>;
  /** Exit code and signal, once it has ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

export interface RunSettings {
  readonly script?: string;
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly uid?: number;
}

/** The built product as a child, with nothing of this process' environment but the path. */
export function run({ script = STANDALONE, cwd, env = {}, uid }: RunSettings): Run {
  const child = spawn(process.execPath, [script], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', PORT: '0', TOLLGATE_METRICS_PORT: 'off', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (part: Buffer) => {
    out += part.toString('utf8');
  });
  child.stderr.on('data', (part: Buffer) => {
    err += part.toString('utf8');
  });
  const ended = once(child, 'close').then(() => ({ code: child.exitCode, signal: child.signalCode }));
  const holds = (text: string | RegExp): boolean => {
    const all = out + err;
    return typeof text === 'string' ? all.includes(text) : text.test(all);
  };
  return {
    child,
    stdout: () => out,
    stderr: () => err,
    ended,
    says: async (text) => {
      await waitFor(() => holds(text) || child.exitCode !== null, { timeoutMs: 30_000, intervalMs: 5, what: String(text) });
      if (!holds(text)) throw new Error(`ended with ${child.exitCode} without saying ${text}:\n${out}${err}`);
    },
  };
}

/** The last line of standard error: what a person reads. */
export const lastLine = (result: Run): string => result.stderr().trimEnd().split('\n').at(-1) ?? '';

const folders: string[] = [];
/** A folder that everybody may enter, removed by {@link removeFolders}. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-start-'));
  chmodSync(folder, 0o755);
  folders.push(folder);
  return folder;
}

export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** Processes whose working folder lies in `folder`: a Postgres works in its data folder, the product where it was started. */
export function processesIn(folder: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      try {
        const state = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1)?.[0];
        return state !== 'Z' && readlinkSync(`/proc/${name}/cwd`).startsWith(folder);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Nothing that was started in the folder is left. */
export const untilNothingRuns = (folder: string): Promise<unknown> =>
  waitFor(() => processesIn(folder).length === 0, { timeoutMs: 5_000, intervalMs: 20, what: 'everything to have ended' });

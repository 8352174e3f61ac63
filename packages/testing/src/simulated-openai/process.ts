import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { LedgerEntry } from './ledger.js';

export interface SimulatedOpenAiProcess {
  /** `http://127.0.0.1:<port>/v1` */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Entries numbered above `after`, oldest first. */
  ledger(after?: number): Promise<readonly LedgerEntry[]>;
  clear(): Promise<void>;
  stop(): Promise<void>;
}

// From the sources (a test run) the compiled file is meant, too: a child has no loader.
const MAIN = fileURLToPath(new URL('../../dist/simulated-openai/main.js', import.meta.url));

/** The simulated upstream in a process of its own; it ends with this one, however this one ends. */
export async function startSimulatedOpenAiProcess(settings: { readonly port?: number } = {}): Promise<SimulatedOpenAiProcess> {
  const child = spawn(process.execPath, [MAIN], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, SIMULATED_PORT: String(settings.port ?? 0) },
  });
  const line = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line').then(([text]) => String(text)),
    once(child, 'exit').then(() => null),
  ]);
  if (line === null) throw new Error('The simulated upstream did not start');
  const ports = JSON.parse(line) as { port: number; control: number };
  const control = `http://127.0.0.1:${ports.control}`;
  return {
    url: `http://127.0.0.1:${ports.port}/v1`,
    port: ports.port,
    pid: child.pid as number,
    ledger: async (after = 0) => (await (await fetch(`${control}/ledger?after=${after}`)).json()) as LedgerEntry[],
    clear: async () => void (await fetch(`${control}/clear`, { method: 'POST' })),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.stdin.end();
      await gone;
    },
  };
}

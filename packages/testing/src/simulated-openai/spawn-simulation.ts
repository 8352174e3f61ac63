import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A simulation in a process of its own, with its control door; it ends with this process, however this one ends. */
export interface SpawnedSimulation<Entry> {
  readonly port: number;
  readonly pid: number;
  /** `http://127.0.0.1:<port>` of the control door. */
  readonly control: string;
  /** Entries numbered above `after`, oldest first. */
  ledger(after?: number): Promise<readonly Entry[]>;
  clear(): Promise<void>;
  stop(): Promise<void>;
}

/** Runs a compiled `main.js` that writes its ports as one line of JSON. */
export async function spawnSimulation<Entry>(main: string, port: number): Promise<SpawnedSimulation<Entry>> {
  const child = spawn(process.execPath, [main], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, SIMULATED_PORT: String(port) },
  });
  const line = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line').then(([text]) => String(text)),
    once(child, 'exit').then(() => null),
  ]);
  if (line === null) throw new Error('The simulated upstream did not start');
  const ports = JSON.parse(line) as { port: number; control: number };
  const control = `http://127.0.0.1:${ports.control}`;
  return {
    port: ports.port,
    pid: child.pid as number,
    control,
    ledger: async (after = 0) => (await (await fetch(`${control}/ledger?after=${after}`)).json()) as Entry[],
    clear: async () => void (await fetch(`${control}/clear`, { method: 'POST' })),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.stdin.end();
      await gone;
    },
  };
}

import { fileURLToPath } from 'node:url';
import type { LedgerEntry } from './ledger.js';
import { spawnSimulation } from './spawn-simulation.js';

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
  const spawned = await spawnSimulation<LedgerEntry>(MAIN, settings.port ?? 0);
  return { ...spawned, url: `http://127.0.0.1:${spawned.port}/v1` };
}

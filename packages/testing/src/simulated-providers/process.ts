import { fileURLToPath } from 'node:url';
import { spawnSimulation } from '../simulated-openai/spawn-simulation.js';
import type { ProviderEntry } from './engine/entry.js';
import { SIMULATED_KEYS, type SimulatedKeys } from './engine/vendor.js';

export interface SimulatedProvidersProcess {
  readonly port: number;
  readonly pid: number;
  /** Base of one provider: `http://127.0.0.1:<port>/<name>`; its own paths follow. */
  url(provider: string): string;
  readonly keys: SimulatedKeys;
  /** Entries numbered above `after`, oldest first. */
  ledger(after?: number): Promise<readonly ProviderEntry[]>;
  /** The next `times` calls of the provider get the fault of that name. */
  arm(provider: string, fault: string, times?: number): Promise<void>;
  clear(): Promise<void>;
  stop(): Promise<void>;
}

// From the sources (a test run) the compiled file is meant, too: a child has no loader.
const MAIN = fileURLToPath(new URL('../../dist/simulated-providers/main.js', import.meta.url));

/** All simulated providers in a process of their own; it ends with this one, however this one ends. */
export async function startSimulatedProvidersProcess(
  settings: { readonly port?: number } = {},
): Promise<SimulatedProvidersProcess> {
  const { control, ...spawned } = await spawnSimulation<ProviderEntry>(MAIN, settings.port ?? 0);
  return {
    ...spawned,
    url: (provider) => `http://127.0.0.1:${spawned.port}/${provider}`,
    keys: SIMULATED_KEYS,
    async arm(provider, fault, times = 1) {
      const query = new URLSearchParams({ provider, fault, times: String(times) });
      const answer = await fetch(`${control}/faults?${query}`, { method: 'POST' });
      if (!answer.ok) throw new Error(await answer.text());
    },
  };
}

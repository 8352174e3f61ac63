import { setTimeout as wait } from 'node:timers/promises';
import { type Stack, waitFor } from '@tollgate/testing';
import type { InFlight, Load } from './load.ts';

export type Victim = 'router' | 'provider-adapters' | 'analytics' | 'nats' | 'postgres';

/** numbers.md, promise 1: what must be under way for a kill to count. */
export const IN_FLIGHT_MIN = 20;
export const STREAMS_MIN = 5;

interface Scene {
  readonly stack: Stack;
  readonly load: Load;
  readonly random: () => number;
  say(text: string): void;
}

/**
 * Takes the victim away with SIGKILL while calls flow, and gives it back after a while. Returns what was under way in the
 * moment of the signal: of a router its own calls, of all else (which serves both routers) those of the whole gateway.
 */
export async function killUnderLoad({ stack, load, random, say }: Scene, victim: Victim): Promise<InFlight> {
  const [pause, away, choice] = [500 + random() * 1_500, 200 + random() * 1_500, random()];
  const backing = victim === 'nats' || victim === 'postgres' ? stack[victim] : null;
  const candidates = victim === 'nats' || victim === 'postgres' ? [] : stack.of(victim);
  const process = candidates[Math.floor(choice * candidates.length)];
  const url = victim === 'router' ? process?.url : undefined;
  // Well after the last one came back, and at a moment that the calls do not choose.
  await untilFlowing(load, url);
  await wait(pause);
  await untilFlowing(load, url);
  const inFlight = load.inFlight(url);
  const killed = backing === null ? process?.kill('SIGKILL') : backing.kill();
  say(
    `SIGKILL ${victim} with ${inFlight.calls} calls in flight, ${inFlight.streams} of them streams; away for ${Math.round(away)} ms`,
  );
  await killed;
  await wait(away);
  await (backing ?? process)?.start();
  return inFlight;
}

function untilFlowing(load: Load, url: string | undefined): Promise<true> {
  const flowing = (): true | null => {
    const { calls, streams } = load.inFlight(url);
    const answered = load.calls.slice(-20).some(({ status }) => status === 200);
    return (calls >= IN_FLIGHT_MIN && streams >= STREAMS_MIN && answered) || null;
  };
  return waitFor(flowing, { timeoutMs: 60_000, what: 'enough calls to flow' });
}

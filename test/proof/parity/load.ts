import type { Stack } from '@tollgate/testing';
import { type CallPlan, type ClientCall, makeCall } from './client-ledger.ts';

export interface InFlight {
  readonly calls: number;
  readonly streams: number;
}

export interface Load {
  readonly calls: readonly ClientCall[];
  /** Under way now: through all routers, or through the one of that URL. */
  inFlight(url?: string): InFlight;
  /** Lets every call end, and starts no more. */
  stop(): Promise<void>;
}

/** Kinds of callers: how many of each go on at once, and what they ask for. */
const CALLERS: readonly { readonly count: number; readonly plan: (random: () => number) => Omit<CallPlan, 'name' | 'seed'> }[] = [
  // Long enough that many are under way at any moment, through each of two routers.
  { count: 24, plan: () => ({ model: 'sim/sim-slow-20ms-25', stream: true, leaveMs: null }) },
  { count: 24, plan: () => ({ model: 'sim/sim-wait-150ms', stream: false, leaveMs: null }) },
  { count: 4, plan: (random) => ({ model: 'sim/sim-slow-20ms-50', stream: true, leaveMs: 50 + Math.floor(random() * 400) }) },
  { count: 2, plan: (random) => ({ model: random() < 0.5 ? 'sim/sim-flaky-1' : 'sim/sim-500', stream: false, leaveMs: null }) },
  { count: 6, plan: (random) => ({ model: 'sim/sim-fast', stream: random() < 0.3, leaveMs: null }) },
];
/** A caller whose gateway is away does not ask a thousand times a second. */
const REST_AFTER_FAILURE_MS = 20;

/** Callers that go on until they are stopped, spread over the routers. */
export function startLoad(stack: Stack, token: string, random: () => number, prefix: string): Load {
  const calls: ClientCall[] = [];
  const flying = new Map(stack.routerUrls.map((url) => [url, { calls: 0, streams: 0 }]));
  let stopped = false;
  let number = 0;
  const caller = async (plan: (random: () => number) => Omit<CallPlan, 'name' | 'seed'>): Promise<void> => {
    while (!stopped) {
      number += 1;
      const made = { ...plan(random), name: `${prefix}-${number}`, seed: Math.floor(random() * 2 ** 31) };
      const url = stack.routerUrls[number % stack.routerUrls.length] as string;
      const own = flying.get(url) as { calls: number; streams: number };
      own.calls += 1;
      if (made.stream) own.streams += 1;
      const call = await makeCall(url, token, made);
      own.calls -= 1;
      if (made.stream) own.streams -= 1;
      calls.push(call);
      if (call.status !== 200) await new Promise((resolve) => setTimeout(resolve, REST_AFTER_FAILURE_MS));
    }
  };
  const all = CALLERS.flatMap(({ count, plan }) => Array.from({ length: count }, () => caller(plan)));
  return {
    calls,
    inFlight: (url) => {
      const counted = [...flying].filter(([of]) => url === undefined || of === url).map(([, own]) => own);
      return {
        calls: counted.reduce((sum, own) => sum + own.calls, 0),
        streams: counted.reduce((sum, own) => sum + own.streams, 0),
      };
    },
    stop: async () => {
      stopped = true;
      await Promise.all(all);
    },
  };
}

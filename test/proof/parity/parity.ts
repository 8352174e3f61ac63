import { startStack, waitFor } from '@tollgate/testing';
import { type ProofSuite, seeded } from '../proof-suite.ts';
import { compareAll, NOTHING_WRONG } from './compare-all.ts';
import { IN_FLIGHT_MIN, killUnderLoad, STREAMS_MIN, type Victim } from './kill-under-load.ts';
import { startLoad } from './load.ts';

const CALLS_MIN = 20_000;
/** Each is killed with SIGKILL so many times, in an order of the seed's making. */
const KILLS = { router: 3, 'provider-adapters': 3, analytics: 2, nats: 2, postgres: 2 } as const satisfies Record<Victim, number>;

/** numbers.md, promise 1, at a size that fits into twenty minutes. */
export const parity: ProofSuite = {
  name: 'parity',
  summary: 'usage is neither lost nor double while processes are killed under load; three ledgers agree',
  bounds: {
    calls: { min: CALLS_MIN },
    succeeded: { min: CALLS_MIN / 2 },
    kills: { min: 10 },
    calls_in_flight_at_kill_min: { min: IN_FLIGHT_MIN },
    streams_in_flight_at_kill_min: { min: STREAMS_MIN },
    kills_router: { min: 2 },
    kills_adapter: { min: 2 },
    kills_analytics: { min: 2 },
    kills_nats: { min: 2 },
    kills_postgres: { min: 2 },
    ...NOTHING_WRONG,
  },
  async run({ seed, say }) {
    const random = seeded(seed);
    const prefix = `p${seed}`;
    const stack = await startStack({ arrangement: 'distributed', routers: 2, adapters: 2, env: { LOG_LEVEL: 'warn' } });
    try {
      const { id, token } = await stack.createToken();
      const load = startLoad(stack, token, random, prefix);
      const order = shuffled(
        Object.entries(KILLS).flatMap(([victim, times]) => Array.from({ length: times }, () => victim as Victim)),
        random,
      );
      const kills: Record<Victim, number> = { router: 0, 'provider-adapters': 0, analytics: 0, nats: 0, postgres: 0 };
      let [callsAtKillMin, streamsAtKillMin, thinKills] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0];
      for (const [index, victim] of order.entries()) {
        const { calls, streams } = await killUnderLoad({ stack, load, random, say }, victim);
        // One that met little traffic proves little: it happened, but does not count.
        if (calls < IN_FLIGHT_MIN || streams < STREAMS_MIN) thinKills += 1;
        else {
          kills[victim] += 1;
          callsAtKillMin = Math.min(callsAtKillMin, calls);
          streamsAtKillMin = Math.min(streamsAtKillMin, streams);
        }
        const share = Math.floor((CALLS_MIN * (index + 1)) / (order.length + 1));
        await waitFor(() => load.calls.length >= share, { timeoutMs: 300_000, intervalMs: 200, what: `${share} calls` });
        say(`${load.calls.length} calls, ${index + 1} of ${order.length} kills`);
      }
      await waitFor(() => load.calls.length >= CALLS_MIN, { timeoutMs: 300_000, intervalMs: 200, what: `${CALLS_MIN} calls` });
      await load.stop();
      return {
        ...(await compareAll({ stack, load, tokenId: id, prefix, say })),
        kills: Object.values(kills).reduce((sum, times) => sum + times, 0),
        calls_in_flight_at_kill_min: Number.isFinite(callsAtKillMin) ? callsAtKillMin : 0,
        streams_in_flight_at_kill_min: Number.isFinite(streamsAtKillMin) ? streamsAtKillMin : 0,
        kills_with_too_few_in_flight: thinKills,
        kills_router: kills.router,
        kills_adapter: kills['provider-adapters'],
        kills_analytics: kills.analytics,
        kills_nats: kills.nats,
        kills_postgres: kills.postgres,
      };
    } finally {
      await stack.stop();
    }
  },
};

function shuffled<T>(values: readonly T[], random: () => number): T[] {
  const result = [...values];
  for (let i = result.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}

import { setTimeout as wait } from 'node:timers/promises';
import { type Stack, startStack, waitFor } from '@tollgate/testing';
import { type ProofSuite, seeded } from '../proof-suite.ts';
import { compareLedgers } from './compare-ledgers.ts';
import { type Load, startLoad } from './load.ts';
import { readRecords, readTotals, untilSettled } from './read-records.ts';

const CALLS_MIN = 20_000;
const IN_FLIGHT_MIN = 20;
const STREAMS_MIN = 5;
/** Each is killed with SIGKILL so many times, in an order of the seed's making. */
const KILLS = { router: 3, 'provider-adapters': 3, analytics: 2, nats: 2, postgres: 2 } as const;
type Victim = keyof typeof KILLS;

/** numbers.md, promise 1, at a size that fits into twenty minutes. */
export const parity: ProofSuite = {
  name: 'parity',
  summary: 'usage is neither lost nor double while processes are killed under load; three ledgers agree',
  bounds: {
    calls: { min: CALLS_MIN },
    succeeded: { min: CALLS_MIN / 2 },
    kills: { min: 10 },
    kills_router: { min: 2 },
    kills_adapter: { min: 2 },
    kills_analytics: { min: 2 },
    kills_nats: { min: 2 },
    kills_postgres: { min: 2 },
    lost: { max: 0 },
    double: { max: 0 },
    different: { max: 0 },
    totals_off: { max: 0 },
  },
  async run({ seed, say }) {
    const random = seeded(seed);
    const stack = await startStack({ arrangement: 'distributed', routers: 2, adapters: 2, env: { LOG_LEVEL: 'warn' } });
    try {
      const { id, token } = await stack.createToken();
      const load = startLoad(stack, token, random, `p${seed}`);
      const order = shuffled(
        Object.entries(KILLS).flatMap(([victim, times]) => Array.from({ length: times }, () => victim as Victim)),
        random,
      );
      const kills: Record<Victim, number> = { router: 0, 'provider-adapters': 0, analytics: 0, nats: 0, postgres: 0 };
      for (const [index, victim] of order.entries()) {
        await untilFlowing(load);
        await wait(500 + random() * 1_500);
        await kill(stack, victim, load, random, say);
        kills[victim] += 1;
        const share = Math.floor((CALLS_MIN * (index + 1)) / (order.length + 1));
        await waitFor(() => load.calls.length >= share, { timeoutMs: 300_000, intervalMs: 200, what: `${share} calls` });
        say(`${load.calls.length} calls, ${index + 1} of ${order.length} kills`);
      }
      await waitFor(() => load.calls.length >= CALLS_MIN, { timeoutMs: 300_000, intervalMs: 200, what: `${CALLS_MIN} calls` });
      await load.stop();
      say('reading the ledgers');
      // Longer than a router waits before it settles what a dead one left open, and an adapter before it gives up a dead router.
      await untilSettled(stack, id, 8_000);
      const [entries, rows, totals] = [await stack.upstream.ledger(), await readRecords(stack, id), await readTotals(stack, id)];
      const own = entries.filter(({ user }) => user?.startsWith(`p${seed}-`));
      const { examples, ...compared } = compareLedgers(load.calls, own, rows);
      for (const example of examples) say(example);
      const counted = rows.filter(({ outcome }) => outcome !== 'refused').length;
      if (totals.requests !== counted) say(`totals count ${totals.requests} requests, the records ${counted}`);
      return {
        calls: load.calls.length,
        streams: load.calls.filter(({ stream }) => stream).length,
        succeeded: compared.succeeded,
        retried: compared.retried,
        broken_recorded: compared.brokenRecorded,
        upstream_requests: own.length,
        rows: rows.length,
        kills: Object.values(kills).reduce((sum, times) => sum + times, 0),
        kills_router: kills.router,
        kills_adapter: kills['provider-adapters'],
        kills_analytics: kills.analytics,
        kills_nats: kills.nats,
        kills_postgres: kills.postgres,
        lost: compared.lost,
        double: compared.double,
        different: compared.different,
        totals_off: Math.abs(totals.requests - counted),
      };
    } finally {
      await stack.stop();
    }
  },
};

/** A kill counts only where enough calls, and enough streams among them, are under way. */
const untilFlowing = (load: Load): Promise<true> =>
  waitFor(
    () => {
      const { calls, streams } = load.inFlight();
      return (
        (calls >= IN_FLIGHT_MIN && streams >= STREAMS_MIN && load.calls.slice(-20).some(({ status }) => status === 200)) || null
      );
    },
    { timeoutMs: 60_000, what: 'calls to flow' },
  );

async function kill(stack: Stack, victim: Victim, load: Load, random: () => number, say: (text: string) => void): Promise<void> {
  const { calls, streams } = load.inFlight();
  const away = 200 + random() * 1_500;
  say(`SIGKILL ${victim} with ${calls} calls in flight, ${streams} of them streams; away for ${Math.round(away)} ms`);
  if (victim === 'nats' || victim === 'postgres') {
    const backing = stack[victim];
    await backing?.kill();
    await wait(away);
    await backing?.start();
    return;
  }
  const candidates = stack.of(victim);
  const process = candidates[Math.floor(random() * candidates.length)];
  await process?.kill('SIGKILL');
  await wait(away);
  await process?.start();
}

function shuffled<T>(values: readonly T[], random: () => number): T[] {
  const result = [...values];
  for (let i = result.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}

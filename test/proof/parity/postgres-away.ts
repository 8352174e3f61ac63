import { setTimeout as wait } from 'node:timers/promises';
import { type Stack, startStack, waitFor } from '@tollgate/testing';
import { type ProofSuite, seeded } from '../proof-suite.ts';
import type { ClientCall } from './client-ledger.ts';
import { compareAll, NOTHING_WRONG } from './compare-all.ts';
import { startLoad } from './load.ts';

const AWAY_S = 75;
const CALLS_BEFORE = 2_000;
const CALLS_AFTER = 2_000;
const STRANGERS = 20;
/** An answer to a token that nobody can look up; a caller must not hang on a database that is gone. */
const STRANGER_MS_MAX = 2_000;

/** Refused, or not answered at all, though the token had been checked before. Failures that the upstream plays are 502. */
const isRefused = ({ status, left }: ClientCall): boolean => !left && [0, 401, 403, 429, 503].includes(status);

/** numbers.md, promise 6: Postgres goes away under load for longer than a minute, and comes back. */
export const postgresAway: ProofSuite = {
  name: 'postgres-away',
  summary:
    'Postgres is away for over a minute under load: known tokens go on, and every record arrives once; three ledgers agree',
  bounds: {
    away_s: { min: 60 },
    calls_while_away: { min: 5_000 },
    streams_while_away: { min: 500 },
    refused_while_away: { max: 0 },
    strangers_refused: { min: STRANGERS },
    strangers_slow: { max: 0 },
    calls: { min: 10_000 },
    succeeded: { min: 8_000 },
    ...NOTHING_WRONG,
  },
  async run({ seed, say }) {
    const prefix = `a${seed}`;
    const stack = await startStack({ arrangement: 'distributed', routers: 2, adapters: 2, env: { LOG_LEVEL: 'warn' } });
    try {
      const { id, token } = await stack.createToken();
      const strangers = await Promise.all(Array.from({ length: STRANGERS }, () => stack.createToken()));
      const load = startLoad(stack, token, seeded(seed), prefix);
      const untilMade = (count: number): Promise<true> =>
        waitFor(() => (load.calls.length >= count ? (true as const) : null), {
          timeoutMs: 300_000,
          intervalMs: 100,
          what: `${count} calls`,
        });
      await untilMade(CALLS_BEFORE);
      const [from, since] = [load.calls.length, performance.now()];
      say(`SIGKILL Postgres after ${from} calls`);
      await stack.postgres?.kill();
      await wait((AWAY_S * 1_000) / 2);
      const answers = await Promise.all(strangers.map((stranger, index) => askAsStranger(stack, index, stranger.token)));
      await wait(Math.max(0, AWAY_S * 1_000 - (performance.now() - since)));
      const away = load.calls.slice(from);
      const awayS = (performance.now() - since) / 1_000;
      await stack.postgres?.start();
      say(`Postgres is back after ${Math.round(awayS)} s and ${away.length} calls`);
      await untilMade(load.calls.length + CALLS_AFTER);
      await load.stop();
      const refused = away.filter(isRefused);
      for (const call of refused.slice(0, 10)) say(`refused: ${JSON.stringify(call)}`);
      return {
        away_s: Math.floor(awayS),
        calls_while_away: away.length,
        streams_while_away: away.filter(({ stream, whole }) => stream && whole).length,
        refused_while_away: refused.length,
        strangers_refused: answers.filter(({ status }) => status === 503).length,
        strangers_slow: answers.filter(({ tookMs }) => tookMs > STRANGER_MS_MAX).length,
        ...(await compareAll({ stack, load, tokenId: id, prefix, say })),
      };
    } finally {
      await stack.stop();
    }
  },
};

/** With a token that is good, and that no router has seen before Postgres went. */
async function askAsStranger(stack: Stack, index: number, token: string): Promise<{ status: number; tookMs: number }> {
  const url = stack.routerUrls[index % stack.routerUrls.length] as string;
  const since = performance.now();
  const response = await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${token}` } });
  await response.text();
  return { status: response.status, tookMs: performance.now() - since };
}

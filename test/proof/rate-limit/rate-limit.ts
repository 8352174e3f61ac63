import { randomBytes } from 'node:crypto';
import { startNatsServer, startStack } from '@tollgate/testing';
import { connectNats } from '@tollgate/transport';
import { type ProofSuite, seeded } from '../proof-suite.ts';
import { runRealCell } from './real-cell.ts';
import { type Cell, runVirtualCell } from './virtual-cell.ts';
import { VirtualClock } from './virtual-clock.ts';

const systemClock = { now: () => Date.now(), monotonic: () => performance.now() };
const ROUTERS = [1, 3, 5, 9] as const;
/** Calls per second, and the virtual milliseconds that such a cell lasts. */
const LIMITS = { 10: 20_000, 100: 10_000, 1000: 6_000, 10000: 4_000 } as const;
const LOADS = [0.9, 1, 1.5, 2] as const;
const REAL_LIMITS = [10, 60] as const;
const REAL_MS = 15_000;
const UNDER_MAX = 0.05;

const VIRTUAL: readonly (Cell & { readonly durationMs: number })[] = ROUTERS.flatMap((routers) =>
  Object.entries(LIMITS).flatMap(([limit, durationMs]) =>
    LOADS.map((load) => ({ routers, limit: Number(limit), load, durationMs })),
  ),
);
const REAL: readonly Cell[] = ROUTERS.flatMap((routers) =>
  REAL_LIMITS.map((limit) => ({ routers, limit, load: limit === 10 ? 2 : 1.5 })),
);

/** tokens.md: never over, at most 5 % under, in any number of routers. */
export const rateLimit: ProofSuite = {
  name: 'rate-limit',
  summary: `${VIRTUAL.length} cells of routers x limit x load on a virtual clock against real Postgres, ${REAL.length} with real routers`,
  bounds: {
    virtual_cells: { min: VIRTUAL.length },
    real_cells: { min: REAL.length },
    over_admitted: { max: 0 },
    cells_under: { max: 0 },
    under_percent_max: { max: UNDER_MAX * 100 },
    strange_answers: { max: 0 },
    answers_without_headers: { max: 0 },
    admitted: { min: 10_000 },
  },
  async run({ seed, say }) {
    const random = seeded(seed);
    const counts = {
      virtual_cells: 0,
      real_cells: 0,
      over_admitted: 0,
      cells_under: 0,
      under_percent_max: 0,
      strange_answers: 0,
      answers_without_headers: 0,
      admitted: 0,
      offered: 0,
      questions: 0,
    };
    const judge = (
      kind: string,
      cell: Cell,
      result: { offered: number; admitted: number; ideal: number; over: number },
    ): void => {
      const under = Math.max(0, 1 - result.admitted / result.ideal);
      counts.offered += result.offered;
      counts.admitted += result.admitted;
      counts.over_admitted += result.over;
      counts.under_percent_max = Math.max(counts.under_percent_max, Math.round(under * 10_000) / 100);
      if (under > UNDER_MAX) counts.cells_under += 1;
      const text = `${result.offered} offered, ${result.admitted} of ${result.ideal} admitted, over ${result.over}, under ${(under * 100).toFixed(2)} %`;
      say(`${kind}: ${cell.routers} routers x ${cell.limit}/s x ${cell.load}: ${text}`);
    };
    const bus = await startNatsServer();
    const env = { NATS_URL: bus.url, LOG_LEVEL: 'warn' };
    const stack = await startStack({ arrangement: 'distributed', routers: Math.max(...ROUTERS), env });
    try {
      for (const cell of REAL) {
        const result = await runRealCell(stack, cell, { random, durationMs: REAL_MS });
        counts.real_cells += 1;
        counts.strange_answers += result.strange;
        counts.answers_without_headers += result.mute;
        judge('real', cell, result);
      }
      const databaseUrl = stack.databaseUrl ?? '';
      const clock = await VirtualClock.install(databaseUrl);
      if (!(await clock.check(databaseUrl))) throw new Error('Postgres does not read the virtual clock');
      const [auth] = stack.of('auth');
      // The routers have had their turn; what they would ask auth now is on another clock.
      for (const router of stack.of('router')) await router.kill('SIGKILL');
      await auth?.kill('SIGTERM');
      await auth?.start();
      const transport = await connectNats({ servers: bus.url, name: 'proof', clock: systemClock, randomBytes });
      try {
        for (const { durationMs, ...cell } of VIRTUAL) {
          const result = await runVirtualCell({ transport, clock, random }, cell, durationMs);
          counts.virtual_cells += 1;
          counts.questions += result.questions;
          judge('virtual', cell, result);
        }
      } finally {
        await transport.drain(0);
        await clock.close();
      }
      return counts;
    } finally {
      await stack.stop();
      await bus.stop();
    }
  },
};

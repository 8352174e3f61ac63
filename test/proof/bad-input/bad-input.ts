import { type Arrangement, type Stack, startStack } from '@tollgate/testing';
import { type ProofContext, type ProofSuite, seeded } from '../proof-suite.ts';
import { type FloodCounts, flood, newCounts } from './flood.ts';
import { COLLECTABLE, grownPercents, type Resident, residentOf, settledResidentOf, untilBack } from './resident.ts';

/** All in one process, and each service as a process of its own. */
const IN_TURN: readonly Arrangement[] = ['standalone', 'distributed'];
const REQUESTS_EACH = 20_000;
/** Of these: what fills caches, pools and the heap to their working size, before the memory is first measured. */
const WARM_UP_EACH = 5_000;
const REQUESTS = REQUESTS_EACH * IN_TURN.length;
/** numbers.md, promise 7: resident memory back within 10 % ... */
const GROWN_PERCENT_MAX = 10;
/** ... and within this time of the last request. */
const BACK_WITHIN_MS = 60_000;

/** numbers.md, promise 7, at a size that fits into minutes. */
export const badInput: ProofSuite = {
  name: 'bad-input',
  summary: 'malformed requests of many kinds: no crash, no unhandled rejection, no 5xx; memory comes back in every process',
  bounds: {
    requests: { min: REQUESTS },
    refused: { min: REQUESTS / 2 },
    kinds: { min: 12 },
    unanswered: { max: REQUESTS / 100 },
    answers_5xx: { max: 0 },
    crashes: { max: 0 },
    unhandled: { max: 0 },
    good_calls_failed: { max: 0 },
    secrets_in_logs: { max: 0 },
    processes_measured: { min: 6 },
    resident_grown_percent_max: { max: GROWN_PERCENT_MAX },
  },
  async run(context) {
    const random = seeded(context.seed);
    const counts = newCounts();
    const found: Found[] = [];
    for (const arrangement of IN_TURN) found.push(await runOn(arrangement, random, counts, context));
    const { kinds, ...numbers } = counts;
    const sum = (of: (each: Found) => number): number => found.reduce((total, each) => total + of(each), 0);
    return {
      ...numbers,
      kinds: kinds.size,
      crashes: sum((each) => each.crashes),
      unhandled: sum((each) => each.unhandled),
      secrets_in_logs: sum((each) => each.secretsInLogs),
      processes_measured: sum((each) => each.grown.size),
      resident_grown_percent_max: Math.max(...found.flatMap(({ grown }) => [...grown.values()])),
      resident_grown_percent_max_uncollected: Math.max(
        ...found.flatMap(({ grownUncollected }) => [...grownUncollected.values()]),
      ),
    };
  },
};

interface Found {
  readonly crashes: number;
  readonly unhandled: number;
  readonly secretsInLogs: number;
  /** In percent, by process: after collections, and before them. */
  readonly grown: ReadonlyMap<string, number>;
  readonly grownUncollected: ReadonlyMap<string, number>;
}

async function runOn(arrangement: Arrangement, random: () => number, counts: FloodCounts, { say }: ProofContext): Promise<Found> {
  say(`${arrangement}: starting`);
  const stack = await startStack({ arrangement, env: COLLECTABLE });
  try {
    const { token } = await stack.createToken();
    const started = new Map(stack.processes.map(({ name, pid }) => [name, pid]));
    const flooded = { stack, token, random, counts, say };
    await flood(flooded, WARM_UP_EACH);
    const before = await settledResidentOf(stack.processes);
    await flood(flooded, REQUESTS_EACH - WARM_UP_EACH);
    const crashes = stack.processes.filter(({ name, pid, running }) => !running || pid !== started.get(name)).length;
    const uncollected = residentOf(stack.processes);
    const after = await untilBack(stack.processes, before, GROWN_PERCENT_MAX, BACK_WITHIN_MS);
    for (const line of describe(before, uncollected, after)) say(`${arrangement}: ${line}`);
    return {
      crashes,
      ...readLogs(stack, token),
      grown: grownPercents(before, after),
      grownUncollected: grownPercents(before, uncollected),
    };
  } finally {
    await stack.stop();
  }
}

function readLogs(stack: Stack, token: string): Pick<Found, 'unhandled' | 'secretsInLogs'> {
  // The greeting is the one place that shows a key, once, by promise.
  const logs = stack
    .logs()
    .replaceAll(/^ready url=.*$/gm, '')
    .replaceAll(/^ {2}curl .*$/gm, '');
  return {
    unhandled: (logs.match(/unhandled|uncaught/gi) ?? []).length,
    secretsInLogs: [...stack.canaries, token].filter((canary) => logs.includes(canary)).length,
  };
}

const megabytes = (bytes = 0): string => `${(bytes / 1e6).toFixed(1)} MB`;
const describe = (before: Resident, uncollected: Resident, after: Resident): string[] =>
  [...after].map(
    ([name, bytes]) =>
      `${name} ${megabytes(before.get(name))}, at the end ${megabytes(uncollected.get(name))}, collected ${megabytes(bytes)}`,
  );

import { setTimeout as wait } from 'node:timers/promises';
import { type Arrangement, type Stack, startStack } from '@tollgate/testing';
import { type LoadGenerator, startServer } from './children.ts';
import { residentMegabytes, spentBy } from './cpu.ts';
import type { LoadJob, LoadResult } from './load-generator.ts';
import { median } from './median.ts';

export interface Volume {
  readonly rounds: number;
  readonly requests: number;
  readonly concurrency: number;
  readonly streams: number;
  readonly framesPerStream: number;
  readonly lowLoadRequests: number;
}

/** CPU microseconds per piece of work, median of the rounds. */
export interface CpuFigures {
  readonly reference: number;
  /** By process: those that the call passes through, and beside them those that work for it. */
  readonly path: Readonly<Record<string, number>>;
  readonly beside: Readonly<Record<string, number>>;
  /** Sum of `path`. */
  readonly total: number;
  /** Median of the ratios of each round. */
  readonly timesReference: number;
  /** The lowest and the highest of them: what the machine does to the figure. */
  readonly timesReferenceRange: readonly [min: number, max: number];
}

export interface ArrangementFigures {
  readonly arrangement: Arrangement;
  readonly request: CpuFigures;
  readonly frame: CpuFigures;
  /** Against a direct call of the upstream, at one call at a time. */
  readonly firstTokenAddedMs: { readonly p50: number; readonly p99: number };
  readonly answerAddedMs: { readonly p50: number; readonly p99: number };
  readonly residentIdleMegabytes: Readonly<Record<string, number>>;
  /** From a start on a prepared folder to the first answered call. */
  readonly startMs: number;
  readonly requestBytes: number;
  readonly answerBytes: number;
}

const PATH = '/v1/chat/completions';
const IDLE_MS = 2_000;
/** Before both run compiled code throughout: with one round the relay still counts a third too much. */
const WARM_UP_ROUNDS = 3;
const prompt = 'The gate takes the toll of each who passes, and keeps the book of it. '.repeat(14);
const bodyOf = (model: string, stream: boolean): string =>
  JSON.stringify({ model, stream, seed: 7, temperature: 0.5, messages: [{ role: 'user', content: prompt }] });

/** Starts the arrangement, measures it against the reference relay in turns, and stops it. */
export async function measureArrangement(
  arrangement: Arrangement,
  volume: Volume,
  load: LoadGenerator,
  env: Readonly<Record<string, string>>,
  say: (text: string) => void,
): Promise<ArrangementFigures> {
  say(`${arrangement}: starting`);
  const stack = await startStack({ arrangement, env });
  const relay = await startServer('./reference-relay.ts', `http://127.0.0.1:${stack.upstream.port}`);
  try {
    await wait(IDLE_MS);
    const residentIdleMegabytes = Object.fromEntries(stack.processes.map(({ name, pid }) => [name, residentMegabytes(pid)]));
    const startMs = await restart(stack);
    const { token } = await stack.createToken({ limits: { requests: { limit: 1_000_000_000, period_seconds: 60 } } });
    const target = (gateway: boolean, model: string, stream: boolean): Pick<LoadJob, 'port' | 'path' | 'headers' | 'body'> => ({
      port: gateway ? Number(new URL(stack.url).port) : relay.port,
      path: PATH,
      headers: gateway ? { authorization: `Bearer ${token}` } : {},
      body: bodyOf(gateway ? `sim/${model}` : model, stream),
    });
    const measured: Measured = { stack, relayPid: relay.pid, load };

    say(`${arrangement}: requests`);
    const requests = { requests: volume.requests, concurrency: volume.concurrency, restMs: 0 };
    const request = await inTurns(
      measured,
      volume.rounds,
      (gateway) => ({ ...target(gateway, 'sim-fast-24', false), ...requests }),
      () => volume.requests,
    );

    say(`${arrangement}: paced frames`);
    const model = `sim-slow-20ms-${volume.framesPerStream}`;
    const streams = { requests: volume.streams, concurrency: volume.streams, restMs: 0 };
    const frame = await inTurns(
      measured,
      volume.rounds,
      (gateway) => ({ ...target(gateway, model, true), ...streams }),
      () => volume.streams * volume.framesPerStream,
    );

    say(`${arrangement}: latency`);
    const low = { requests: volume.lowLoadRequests, concurrency: 1, restMs: 5 };
    const direct = { ...target(false, 'sim-fast', true), port: stack.upstream.port };
    const firstToken = await added(load, volume.rounds, { ...direct, ...low }, { ...target(true, 'sim-fast', true), ...low });
    const whole = { ...target(false, 'sim-fast-24', false), port: stack.upstream.port };
    const answers = await added(load, volume.rounds, { ...whole, ...low }, { ...target(true, 'sim-fast-24', false), ...low });
    const answer = await fetch(`${stack.upstream.url}/chat/completions`, { method: 'POST', body: bodyOf('sim-fast-24', false) });
    return {
      arrangement,
      request,
      frame,
      firstTokenAddedMs: firstToken.firstByteMs,
      answerAddedMs: answers.totalMs,
      residentIdleMegabytes,
      startMs,
      requestBytes: Buffer.byteLength(bodyOf('sim/sim-fast-24', false)),
      answerBytes: (await answer.arrayBuffer()).byteLength,
    };
  } finally {
    await relay.stop();
    await stack.stop();
  }
}

/** The processes that serve calls, again, until a call is answered: what was prepared stays. */
async function restart(stack: Stack): Promise<number> {
  const front = stack.processes.filter(({ services }) => services.includes('router') || services.includes('provider-adapters'));
  for (const each of front) await each.kill('SIGTERM');
  const since = performance.now();
  await Promise.all(front.map((each) => each.start()));
  for (;;) {
    const status = await fetch(`${stack.url}${PATH}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${stack.token}`, 'content-type': 'application/json' },
      body: bodyOf('sim/sim-fast', false),
    }).then(
      async (response) => {
        await response.arrayBuffer();
        return response.status;
      },
      () => 0,
    );
    if (status === 200) return performance.now() - since;
    if (performance.now() - since > 60_000) throw new Error('No call was answered within a minute of a restart');
    await wait(10);
  }
}

interface Measured {
  readonly stack: Stack;
  readonly relayPid: number;
  readonly load: LoadGenerator;
}

/** Reference and gateway in turns, after rounds that warm both up alike. */
async function inTurns(
  { stack, relayPid, load }: Measured,
  rounds: number,
  job: (gateway: boolean) => LoadJob,
  pieces: () => number,
): Promise<CpuFigures> {
  const onPath = new Set<string>();
  const pids: Record<string, number> = {};
  for (const { name, pid, services } of stack.processes) {
    pids[name] = pid;
    if (services.includes('router') || services.includes('provider-adapters')) onPath.add(name);
  }
  if (stack.nats !== null) {
    pids['nats-server'] = stack.nats.pid();
    if (stack.arrangement === 'distributed') onPath.add('nats-server');
  }
  const run = async (gateway: boolean): Promise<Readonly<Record<string, number>>> => {
    const { result, spent } = await spentBy(gateway ? pids : { reference: relayPid }, () => load.run(job(gateway)));
    const bad = Object.entries(result.statuses).filter(([status]) => status !== '200');
    if (bad.length > 0) throw new Error(`Not all answers were good: ${JSON.stringify(result.statuses)}`);
    return Object.fromEntries(Object.entries(spent).map(([name, microseconds]) => [name, microseconds / pieces()]));
  };
  for (let round = 0; round < WARM_UP_ROUNDS; round += 1) {
    await run(false);
    await run(true);
  }
  const references: number[] = [];
  const ratios: number[] = [];
  const perProcess: Record<string, number[]> = {};
  for (let round = 0; round < rounds; round += 1) {
    const reference = (await run(false))['reference'] ?? 0;
    const spent = await run(true);
    references.push(reference);
    let total = 0;
    for (const [name, microseconds] of Object.entries(spent)) {
      perProcess[name] = [...(perProcess[name] ?? []), microseconds];
      if (onPath.has(name)) total += microseconds;
    }
    ratios.push(total / reference);
  }
  const of = (wanted: boolean): Record<string, number> =>
    Object.fromEntries(
      Object.entries(perProcess).flatMap(([name, values]) => (onPath.has(name) === wanted ? [[name, median(values)]] : [])),
    );
  const path = of(true);
  return {
    reference: median(references),
    path,
    beside: of(false),
    total: Object.values(path).reduce((sum, value) => sum + value, 0),
    timesReference: median(ratios),
    timesReferenceRange: [Math.min(...ratios), Math.max(...ratios)],
  };
}

type Added = Record<'firstByteMs' | 'totalMs', { readonly p50: number; readonly p99: number }>;

/** What the gateway's quantiles have over those of a direct call, in turns, median of the rounds. */
async function added(load: LoadGenerator, rounds: number, direct: LoadJob, through: LoadJob): Promise<Added> {
  const pairs: { readonly direct: LoadResult; readonly through: LoadResult }[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const pair = { direct: await load.run(direct), through: await load.run(through) };
    if (round > 0) pairs.push(pair);
  }
  const over = (what: 'firstByteMs' | 'totalMs', at: 'p50' | 'p99'): number =>
    median(pairs.map((pair) => pair.through[what][at] - pair.direct[what][at]));
  return {
    firstByteMs: { p50: over('firstByteMs', 'p50'), p99: over('firstByteMs', 'p99') },
    totalMs: { p50: over('totalMs', 'p50'), p99: over('totalMs', 'p99') },
  };
}

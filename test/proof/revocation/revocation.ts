import { type Stack, startNatsServer, startStack } from '@tollgate/testing';
import { inLanes } from '../forgery/ask.ts';
import { type ProofSuite, seeded } from '../proof-suite.ts';
import { type DroppingProxy, startDroppingProxy } from './dropping-proxy.ts';
import { type LiveStream, openStream } from './live-streams.ts';
import { call, closeAgent, untilRefused, untilRefusedAtLast } from './watch-refusal.ts';

const ROUTERS = 4;
const REVOCATIONS = 1_000;
/** Under way at once, each watched at every router. */
const LANES = 2;
const DROPS = 40;
const CUT_REVOCATIONS = 60;
const STREAMS = 24;
const TOKENS_PATH = '/api/v1/tokens';

type Counts = Record<string, number>;
interface Made {
  readonly id: string;
  readonly token: string;
}
interface Scene {
  readonly stack: Stack;
  readonly proxy: DroppingProxy;
  readonly random: () => number;
  say(text: string): void;
}

/**
 * How long a token is served after the request to revoke it was SENT, at the slowest of four routers. Each router is called
 * without a pause; a revocation counts from the question, not from its answer, until the first refused call was sent.
 */
export const revocation: ProofSuite = {
  name: 'revocation',
  summary: `${REVOCATIONS} revocations over ${ROUTERS} routers; one message of the feed lost; NATS cut off; live streams end`,
  bounds: {
    routers: { min: ROUTERS, max: ROUTERS },
    revocations: { min: REVOCATIONS },
    p50_ms: { max: 500 },
    p99_ms: { max: 500 },
    max_ms: { max: 1_000 },
    messages_dropped: { min: DROPS },
    dropped_max_ms: { max: 2_000 },
    cut_revocations: { min: CUT_REVOCATIONS },
    cut_max_ms: { max: 5_000 },
    streams: { min: STREAMS * 4 },
    streams_with_error_event: { min: STREAMS * 4 },
    stream_end_max_ms: { max: 2_000 },
    good_tokens_refused: { max: 0 },
    served_after_refusal: { max: 0 },
  },
  async run({ seed, say }) {
    const bus = await startNatsServer();
    const proxy = await startDroppingProxy(bus.url);
    try {
      const stack = await startStack({
        arrangement: 'distributed',
        routers: ROUTERS,
        env: { NATS_URL: proxy.url, LOG_LEVEL: 'warn' },
      });
      const scene: Scene = { stack, proxy, random: seeded(seed), say };
      try {
        const streams = await endStreams(scene);
        const whole = await revokeMany(scene);
        const dropped = await revokeWithDrops(scene);
        const cut = await revokeWhileCut(scene);
        return { routers: stack.routerUrls.length, ...whole, ...dropped, ...cut, ...streams };
      } finally {
        closeAgent();
        await stack.stop();
      }
    } finally {
      await proxy.close();
      await bus.stop();
    }
  },
};

async function makeTokens({ stack }: Scene, count: number): Promise<Made[]> {
  const made: Made[] = [];
  await inLanes(Array.from({ length: count }), 4, async () => {
    made.push(await stack.createToken({ name: 'to be revoked' }));
  });
  return made;
}

/** Every router knows the token, so that a refusal is news and no first question. */
async function warm({ stack }: Scene, token: string): Promise<void> {
  for (const url of stack.routerUrls) {
    const status = await call(url, token);
    if (status !== 200) throw new Error(`a good token was answered ${status}`);
  }
}

async function revoke({ stack }: Scene, id: string): Promise<void> {
  const { status, body } = await stack.api(`${TOKENS_PATH}/${id}/revoke`, { method: 'POST' });
  if (status !== 200) throw new Error(`not revoked: ${status} ${JSON.stringify(body)}`);
}

const percentile = (values: readonly number[], share: number): number =>
  Math.round(values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN);

async function revokeMany(scene: Scene): Promise<Counts> {
  const { stack, say, random } = scene;
  const bystander = await stack.createToken({ name: 'bystander' });
  const times: number[] = [];
  let [refused, late] = [0, 0];
  for (let done = 0; done < REVOCATIONS; done += 100) {
    const batch = await makeTokens(scene, 100);
    await inLanes(batch, 4, ({ token }) => warm(scene, token));
    await inLanes(batch, LANES, async ({ id, token }) => {
      const watching = stack.routerUrls.map((url) => untilRefused(url, token, 10_000));
      // At any moment in the round of the heartbeat.
      await new Promise((resolve) => setTimeout(resolve, random() * 40));
      const sent = performance.now();
      await revoke(scene, id);
      const refusals = await Promise.all(watching);
      times.push(Math.max(...refusals.map(({ refusedAt }) => refusedAt)) - sent);
      for (const url of stack.routerUrls) {
        if ((await call(url, token)) !== 401) late += 1;
        if ((await call(url, bystander.token)) !== 200) refused += 1;
      }
    });
    say(
      `${times.length} revoked; p50 ${percentile(times, 0.5)} ms, p99 ${percentile(times, 0.99)} ms, max ${percentile(times, 1)} ms`,
    );
  }
  return {
    revocations: times.length,
    p50_ms: percentile(times, 0.5),
    p99_ms: percentile(times, 0.99),
    max_ms: percentile(times, 1),
    good_tokens_refused: refused,
    served_after_refusal: late,
  };
}

/** The message that tells of the revocation reaches nobody; the next heartbeat shows that something is missing. */
async function revokeWithDrops(scene: Scene): Promise<Counts> {
  const { stack, proxy, say } = scene;
  const times: number[] = [];
  for (const { id, token } of await makeTokens(scene, DROPS)) {
    await warm(scene, token);
    proxy.dropNext('auth.v1.feed', '"revoked"');
    const watching = stack.routerUrls.map((url) => untilRefused(url, token, 10_000));
    const sent = performance.now();
    await revoke(scene, id);
    times.push(Math.max(...(await Promise.all(watching)).map(({ refusedAt }) => refusedAt)) - sent);
  }
  say(`${proxy.dropped} messages of the feed lost: p50 ${percentile(times, 0.5)} ms, max ${percentile(times, 1)} ms`);
  return { messages_dropped: proxy.dropped, dropped_p50_ms: percentile(times, 0.5), dropped_max_ms: percentile(times, 1) };
}

/** No message passes between any two processes; auth itself can be reached. */
async function revokeWhileCut(scene: Scene): Promise<Counts> {
  const { stack, proxy, say } = scene;
  const tokens = await makeTokens(scene, CUT_REVOCATIONS);
  for (const { token } of tokens) await warm(scene, token);
  const times: number[] = [];
  let others = 0;
  proxy.cut();
  await inLanes(tokens, LANES, async ({ id, token }) => {
    const watching = stack.routerUrls.map((url) => untilRefusedAtLast(url, token, 30_000));
    const sent = performance.now();
    await revoke(scene, id);
    const refusals = await Promise.all(watching);
    others += refusals.reduce((sum, refusal) => sum + refusal.others, 0);
    times.push(Math.max(...refusals.map(({ refusedAt }) => refusedAt)) - sent);
  });
  proxy.mend();
  say(
    `NATS cut off: p50 ${percentile(times, 0.5)} ms, max ${percentile(times, 1)} ms; ${others} calls neither served nor refused`,
  );
  return { cut_revocations: times.length, cut_p50_ms: percentile(times, 0.5), cut_max_ms: percentile(times, 1) };
}

/** Streams of tokens that are revoked, suspended, whose parent is revoked, and that expire. */
async function endStreams(scene: Scene): Promise<Counts> {
  const { stack, say } = scene;
  const times: number[] = [];
  let told = 0;
  const watch = async (token: string, index: number, act: () => Promise<number>, what: RegExp): Promise<void> => {
    const stream: LiveStream = openStream(stack.routerUrls[index % ROUTERS] ?? stack.url, token);
    await stream.begun;
    const since = await act();
    const { at, text } = await stream.ended;
    times.push(at - since);
    if (what.test(text)) told += 1;
    else say(`a stream ended with: ${text.slice(-300)}`);
  };
  const now = async (work: () => Promise<unknown>): Promise<number> => {
    const since = performance.now();
    await work();
    return since;
  };
  const patch = (id: string, body: object): Promise<unknown> => stack.api(`${TOKENS_PATH}/${id}`, { method: 'PATCH', body });
  await inLanes(
    Array.from({ length: STREAMS }, (_, index) => index),
    6,
    async (index) => {
      const [own, suspended, parent] = await makeTokens(scene, 3);
      if (own === undefined || suspended === undefined || parent === undefined) throw new Error('tokens are missing');
      const child = await stack.createToken({ name: 'child', parent_id: parent.id });
      const until = Date.now() + 4_000;
      const short = await stack.createToken({ name: 'short', expires_at: new Date(until).toISOString() });
      const expiresAt = performance.now() + (until - Date.now());
      await Promise.all([
        watch(short.token, index + 3, () => Promise.resolve(expiresAt), /has expired/),
        watch(own.token, index, () => now(() => revoke(scene, own.id)), /has been revoked/),
        watch(suspended.token, index + 1, () => now(() => patch(suspended.id, { status: 'suspended' })), /has been revoked/),
        watch(child.token, index + 2, () => now(() => revoke(scene, parent.id)), /has been revoked/),
      ]);
    },
  );
  say(`${times.length} live streams ended: p50 ${percentile(times, 0.5)} ms, max ${percentile(times, 1)} ms`);
  return {
    streams: times.length,
    streams_with_error_event: told,
    stream_end_p50_ms: percentile(times, 0.5),
    stream_end_max_ms: percentile(times, 1),
  };
}

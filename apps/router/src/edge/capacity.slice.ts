import { createTestClock, waitFor } from '@tollgate/testing';
import { afterEach, expect, test } from 'vitest';
import { answerWhole, chat, RouterHarness } from '../testing/harness.js';

let harness: RouterHarness;
afterEach(() => harness.stop());

async function start(...[overrides, clock]: [Parameters<RouterHarness['start']>[0]?, ReturnType<typeof createTestClock>?]) {
  harness = await new RouterHarness(clock).start(overrides);
  await waitFor(() => harness.router.gate.routes.index);
  return harness.addToken();
}
const refusalOf = async (response: Response) => ({
  status: response.status,
  code: ((await response.json()) as { error: { code: string } }).error.code,
  waits: Number(response.headers.get('retry-after')),
});

test('too many calls under way: one more is 503 overloaded at once, and served when there is room', async () => {
  const { text } = await start({ callsMax: 2 });
  const release: (() => void)[] = [];
  harness.adapt = (stream) => void release.push(() => answerWhole(stream));
  const held = [harness.post(text), harness.post(text)];
  await waitFor(() => release.length === 2);
  expect(await refusalOf(await harness.post(text))).toEqual({ status: 503, code: 'overloaded', waits: 1 });
  expect(harness.calls).toHaveLength(2);
  for (const go of release) go();
  expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200]);
  harness.adapt = (stream) => answerWhole(stream);
  await waitFor(() => harness.router.gate.calls.size === 0);
  expect((await harness.post(text)).status).toBe(200);
});

test('a full spool: 503 overloaded and nothing is dispatched; analytics back, calls are served and all records arrive', async () => {
  const { text } = await start({ spoolBytesMax: 20_000 });
  harness.analyticsUp = false;
  let served = 0;
  while (!harness.router.gate.spool.full) {
    const response = await harness.post(text, chat());
    expect(response.status).toBe(200);
    served += 1;
  }
  const dispatched = harness.calls.length;
  expect(await refusalOf(await harness.post(text))).toEqual({ status: 503, code: 'overloaded', waits: 5 });
  expect(harness.calls.length).toBe(dispatched);
  harness.analyticsUp = true;
  await waitFor(() => harness.records.filter(({ outcome }) => outcome === 'succeeded').length === served);
  await waitFor(async () => (await harness.post(text)).status === 200);
});

test('a slow auth makes no call of a known token wait more than 50 ms', async () => {
  const clock = createTestClock();
  const { text } = await start({}, clock);
  expect((await harness.post(text)).status).toBe(200);
  harness.stopBeating();
  harness.authMode = 'silent';
  const times: number[] = [];
  for (let round = 0; round < 8; round += 1) {
    // The feed is stale, the last check is old, and the second for which auth counted as down is over: auth is asked anew.
    clock.advance(4_000);
    const start = performance.now();
    const response = await harness.post(text);
    times.push(performance.now() - start);
    expect(response.status).toBe(200);
    const id = response.headers.get('x-tollgate-request-id');
    expect((await waitFor(() => harness.records.find((record) => record.id === id))).unverified).toBe(true);
  }
  // A machine that is busy gives the time later, never sooner: the median is what a caller sees of the router.
  expect(times.sort((a, b) => a - b)[4]).toBeLessThan(50);
});

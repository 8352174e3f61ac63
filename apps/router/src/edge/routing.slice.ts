import { waitFor } from '@tollgate/testing';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { answerWhole, chat, failure, RouterHarness } from '../testing/harness.js';

const harness = new RouterHarness();
let token = '';

beforeAll(async () => {
  await harness.start({});
  await waitFor(() => harness.router.gate.routes.index);
});
afterAll(() => harness.stop());
beforeEach(() => {
  token = harness.addToken().text;
  harness.router.gate.health.keepOnly(new Map());
});

/** Which deployments are asked, one call after the other. */
const asked = async (model: string, calls = 1): Promise<string[]> => {
  const before = harness.calls.length;
  for (let i = 0; i < calls; i += 1) await (await harness.post(token, chat({ model }))).text();
  return harness.calls.slice(before).map(({ call }) => call.deploymentId);
};
const failing = (ids: readonly string[], code: string, fields: Parameters<typeof failure>[1] = {}): void => {
  harness.adapt = (stream, call) => (ids.includes(call.deploymentId) ? stream.fail(failure(code, fields)) : answerWhole(stream));
};

test('a prompt that is too long goes to the model for that at once, and the record tells both attempts', async () => {
  failing(['a', 'b'], 'upstream_context_window', { status: 400 });
  const before = harness.calls.length;
  const response = await harness.post(token, chat({ model: 'short' }));
  expect(response.status).toBe(200);
  expect(response.headers.get('x-tollgate-provider')).toBe('provider-long');
  expect(harness.calls.slice(before).map(({ call }) => call.deploymentId)).toEqual(['a', 'long']);
  const id = response.headers.get('x-tollgate-request-id');
  const record = await waitFor(() => harness.records.find((one) => one.id === id), { what: 'the record' });
  expect(record.attempts.map(({ errorCode }) => errorCode)).toEqual(['upstream_context_window', null]);
});

test('a rate limit goes to the other target first, then to the fallback', async () => {
  failing(['a', 'b'], 'upstream_rate_limited', { status: 429 });
  expect(await asked('short')).toEqual(['a', 'b', 'long']);
});

test('a fallback that the token may not use is none', async () => {
  failing(['a', 'b'], 'upstream_context_window', { status: 400 });
  token = harness.addToken({ models: { allow: ['short'], deny: [] } }).text;
  const response = await harness.post(token, chat({ model: 'short' }));
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ error: { code: 'upstream_context_window' } });
});

test('where there is no fallback, the provider`s own words reach the caller', async () => {
  const body = '{"error":{"message":"no","code":"content_policy_violation"}}';
  failing(['a'], 'upstream_content_policy', { status: 400, body });
  const response = await harness.post(token, chat({ model: 'gpt-test' }));
  expect([response.status, await response.text()]).toEqual([400, body]);
});

test('what keeps failing is asked last, and first again after a trial that succeeds', async () => {
  failing(['a'], 'upstream_error', { status: 500 });
  expect(await asked('fallback', 6)).toEqual([...Array(5).fill(['a', 'b']).flat(), 'b']);
  // Alone it is asked nevertheless: better than nothing.
  harness.adapt = (stream) => answerWhole(stream);
  expect(await asked('gpt-test')).toEqual(['a']);
  expect(await asked('fallback')).toEqual(['a']);
});

test('calls that the caller leaves say nothing about the provider, and leave nothing under way', async () => {
  harness.adapt = () => undefined;
  const { health } = harness.router.gate;
  for (let i = 0; i < 6; i += 1) {
    const leaving = new AbortController();
    const before = harness.calls.length;
    const call = harness.post(token, chat({ model: 'gpt-test' }), { signal: leaving.signal }).catch(() => null);
    await waitFor(() => harness.calls.length > before);
    expect(health.inFlight('a')).toBe(1);
    leaving.abort();
    await call;
    await waitFor(() => health.inFlight('a') === 0, { what: 'the end of the attempt' });
  }
  harness.adapt = (stream) => answerWhole(stream);
  expect(await asked('fallback')).toEqual(['a']);
});

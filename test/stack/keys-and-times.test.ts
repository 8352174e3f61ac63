import type { CredentialView, ProviderView } from '@tollgate/contracts';
import {
  SIMULATED_KEYS,
  type SimulatedProvidersProcess,
  type Stack,
  startSimulatedProvidersProcess,
  startStack,
  waitFor,
} from '@tollgate/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';

let upstreams: SimulatedProvidersProcess;
let stack: Stack;
beforeAll(async () => {
  upstreams = await startSimulatedProvidersProcess();
  stack = await startStack({ arrangement: 'distributed', env: { LOG_LEVEL: 'warn' } });
}, 120_000);
afterAll(async () => {
  await stack?.stop();
  await upstreams?.stop();
}, 60_000);

async function make<T>(path: string, body: object): Promise<T> {
  const answer = await stack.api(path, { method: 'POST', body });
  expect([answer.status, answer.body]).toMatchObject([201, {}]);
  return answer.body as T;
}
const provider = (name: string, more: object = {}): Promise<ProviderView> =>
  make('/api/v1/providers', {
    name,
    base_url: `${upstreams.url('openai')}/v1`,
    allow_private_network: true,
    secret: SIMULATED_KEYS.openai,
    ...more,
  });
async function call(model: string, more: object = {}): Promise<{ status: number; attempts: number; ms: number }> {
  const began = performance.now();
  const response = await fetch(`${stack.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: '@say here' }], ...more }),
  });
  await response.text();
  return {
    status: response.status,
    attempts: Number(response.headers.get('x-tollgate-attempts')),
    ms: performance.now() - began,
  };
}
/** Until the router has heard of it. */
const known = (model: string) => waitFor(async () => (await call(model)).status !== 404, { what: `${model} at the router` });

test('a provider`s patience ends its calls, a deployment`s own goes before, a route`s before both', async () => {
  await provider('hasty', { timeouts: { first_byte_ms: 250 } });
  const patient = { provider: 'hasty', upstream_model: 'm-sim-wait-600ms', timeouts: { first_byte_ms: 5_000 } };
  await make('/api/v1/models', patient);
  const targets = [{ model: 'hasty/m-sim-wait-600ms' }];
  await make('/api/v1/routes', { model: 'hasty-again', targets, retries: 0, timeouts: { first_byte_ms: 200 } });
  await known('hasty-again');
  const [silent, waited, hasty] = [
    await call('hasty/m-sim-silent'),
    await call('hasty/m-sim-wait-600ms'),
    await call('hasty-again'),
  ];
  expect([silent.status, waited.status, hasty.status]).toEqual([504, 200, 504]);
  expect(waited.ms).toBeGreaterThan(500);
  expect(silent.ms).toBeLessThan(3_000);
});

test('a key of a pool that is refused costs no caller a failure, and soon nobody an attempt; a good one beside it is used', async () => {
  const { id, credential_id } = await provider('shared');
  const wrong = { provider_id: id, name: 'wrong', secret: 'sk-wrong', pool: true, weight: 3 };
  expect((await stack.api('/api/v1/credentials', { method: 'POST', body: wrong })).status).toBe(400);
  const bad = await make<CredentialView>('/api/v1/credentials', { ...wrong, test: 'report' });
  expect(bad).toMatchObject({ in_use: true, test: { outcome: 'refused' } });
  await known('shared/m');
  const conversations = Array.from({ length: 40 }, (_, i) => ({ prompt_cache_key: `conversation ${i}` }));
  const tried = [];
  for (const conversation of conversations) tried.push(await call('shared/m', conversation));
  expect(tried.filter(({ status }) => status !== 200)).toEqual([]);
  // Three of four conversations belong to the bad key: the first finds that out for all.
  expect(tried.filter(({ attempts }) => attempts > 1).length).toBeLessThanOrEqual(2);
  expect((await stack.api(`/api/v1/credentials/${bad.id}`, { method: 'DELETE' })).status).toBe(204);
  expect((await stack.api(`/api/v1/providers/${id}`)).body).toMatchObject({ credential_id });
});

import type { CredentialView, ModelView, Page } from '@tollgate/contracts';
import {
  SIMULATED_KEYS,
  type SimulatedProvidersProcess,
  type Stack,
  startSimulatedProvidersProcess,
  startStack,
} from '@tollgate/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';

let upstreams: SimulatedProvidersProcess;
let stack: Stack;
beforeAll(async () => {
  upstreams = await startSimulatedProvidersProcess();
  stack = await startStack({ arrangement: 'standalone', env: { LOG_LEVEL: 'warn' } });
}, 120_000);
afterAll(async () => {
  await stack?.stop();
  await upstreams?.stop();
}, 60_000);

/** Name, key, and what stands between the simulation's address and the row's paths. */
const VENDORS = [
  ['openai', SIMULATED_KEYS.openai, '/v1'],
  ['anthropic', SIMULATED_KEYS.anthropic, ''],
  ['gemini', SIMULATED_KEYS.gemini, ''],
  ['mistral', SIMULATED_KEYS.mistral, '/v1'],
  ['cohere', SIMULATED_KEYS.cohere, ''],
] as const;

const wishOf = ([name, secret, path]: (typeof VENDORS)[number]) => ({
  name,
  secret,
  base_url: `${upstreams.url(name)}${path}`,
  allow_private_network: true,
});

test('a wrong key is refused where the vendor tells it for nothing, and a right one says that it was tried', async () => {
  for (const vendor of VENDORS) {
    const wish = wishOf(vendor);
    const wrong = await stack.api('/api/v1/providers', { method: 'POST', body: { ...wish, secret: 'sk-wrong' } });
    expect([wish.name, wrong.status, wrong.body]).toMatchObject([wish.name, 400, { errors: [{ pointer: '/secret' }] }]);
    const made = await stack.api('/api/v1/providers', { method: 'POST', body: wish });
    expect([wish.name, made.status, made.body]).toMatchObject([wish.name, 201, { credential_test: { outcome: 'accepted' } }]);
  }
  const keys = (await stack.api('/api/v1/credentials')).body as Page<CredentialView>;
  expect(JSON.stringify(keys)).not.toContain(SIMULATED_KEYS.openai);
  // Nothing was asked that costs anything.
  const asked = (await upstreams.ledger()).map(({ method, path }) => `${method} ${path}`);
  expect(asked.filter((each) => !/^GET .*models$/.test(each))).toEqual([]);
});

test('more than a hundred models answer once there are keys, each by its own name and vendor, in one dialect', async () => {
  const models: ModelView[] = [];
  for (const [name] of VENDORS) {
    const { body } = await stack.api(`/api/v1/models?provider=${name}&limit=100`);
    models.push(...(body as Page<ModelView>).data);
  }
  expect(models.length).toBeGreaterThanOrEqual(100);
  const wrong: string[] = [];
  for (const { name } of models) {
    const response = await fetch(`${stack.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${stack.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: name, messages: [{ role: 'user', content: '@say here' }] }),
    });
    const text = await response.text();
    if (response.status !== 200 || !text.includes('here')) wrong.push(`${name}: ${response.status} ${text.slice(0, 200)}`);
  }
  expect(wrong).toEqual([]);
  const answered = new Set((await upstreams.ledger()).map(({ provider, model }) => `${provider}/${model}`));
  expect(models.filter(({ name }) => !answered.has(name)).map(({ name }) => name)).toEqual([]);
}, 120_000);

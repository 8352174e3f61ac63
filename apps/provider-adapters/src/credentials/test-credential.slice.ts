import type { CredentialCheck, CredentialTestReply, UpstreamProvider } from '@tollgate/contracts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Harness, SECRET, TestUpstream, until } from '../testing/harness.js';

let harness: Harness;
beforeEach(async () => {
  harness = await new Harness().start();
});
afterEach(() => harness.stop());

const MODELS: CredentialCheck = { method: 'GET', path: '/models', expect: 200 };

function tried(
  id: string,
  check: CredentialCheck = MODELS,
  provider: Partial<UpstreamProvider> = {},
): Promise<CredentialTestReply> {
  const { providers, credentials } = harness.snapshot;
  const credential = credentials.find((each) => each.id === id);
  if (providers[0] === undefined || credential === undefined) throw new Error('the snapshot is another one');
  return harness.adapter.testCredential({ v: 1, provider: { ...providers[0], ...provider }, credential, check });
}
const answering = (statusOf: (authorization: string | undefined) => number): void => {
  harness.upstream.handler = (response, { headers }) =>
    response.writeHead(statusOf(headers.authorization)).end(`{"echo":"${SECRET}"}`);
};

test('accepted: the provider is asked once, by its list of models, with the key and its own headers, and nothing else', async () => {
  answering(() => 200);
  expect(await tried('cred_sealed')).toEqual({ outcome: 'accepted', reached: true, detail: 'It answered with HTTP 200.' });
  const [only, ...more] = harness.upstream.requests;
  expect(more).toEqual([]);
  expect(only).toMatchObject({ path: '/v1/models', body: '', headers: { authorization: `Bearer ${SECRET}`, 'x-fixed': 'yes' } });
});

test.each([401, 403])('refused: %i', async (status) => {
  answering(() => status);
  expect(await tried('cred_sealed')).toEqual({ outcome: 'refused', reached: true, detail: `It answered with HTTP ${status}.` });
});

test('refused by the status that the vendor has for it', async () => {
  answering(() => 400);
  expect(await tried('cred_sealed', { ...MODELS, refuses: [400] })).toMatchObject({ outcome: 'refused' });
});

test.each([404, 429, 500, 302])('unknown: %i says nothing of the key, and a redirect is not followed', async (status) => {
  harness.upstream.handler = (response) => response.writeHead(status, { location: '/v1/elsewhere' }).end();
  expect(await tried('cred_sealed')).toMatchObject({ outcome: 'unknown', detail: expect.stringContaining(`HTTP ${status}`) });
  expect(harness.upstream.requests).toHaveLength(1);
});

test('a server that answers everybody has said nothing of the key; one that refuses a call without it has', async () => {
  answering(() => 200);
  expect(await tried('cred_sealed', { ...MODELS, asksForKey: false })).toMatchObject({ outcome: 'unknown' });
  answering((authorization) => (authorization === undefined ? 401 : 200));
  expect(await tried('cred_sealed', { ...MODELS, asksForKey: false })).toMatchObject({ outcome: 'accepted' });
  expect(harness.upstream.requests.at(-1)?.headers.authorization).toBeUndefined();
});

test('unknown: nobody there, an address that is not allowed, a key that this adapter cannot open', async () => {
  const gone = 'http://127.0.0.1:1/v1';
  expect(await tried('cred_sealed', MODELS, { baseUrl: gone })).toEqual({
    outcome: 'unknown',
    reached: false,
    detail: 'The provider could not be reached.',
  });
  expect(await tried('cred_sealed', MODELS, { allowPrivateNetwork: false })).toMatchObject({ outcome: 'unknown' });
  expect(await tried('cred_moved')).toMatchObject({ outcome: 'unknown', detail: 'The adapter cannot open the credential.' });
  expect(harness.upstream.requests).toEqual([]);
});

test('a variable of the environment is tried like any key, and no secret is in any answer', async () => {
  answering(() => 401);
  const reply = await tried('cred_env');
  expect(reply).toMatchObject({ outcome: 'refused' });
  expect(harness.upstream.requests[0]?.headers.authorization).toBe(`Bearer ${SECRET}`);
  expect(JSON.stringify([reply, harness.logs])).not.toContain(SECRET);
});

test('a probe asks the provider of a deployment; one without a free call is not asked', async () => {
  answering(() => 200);
  expect(await harness.adapter.probe('dep_sealed')).toMatchObject({ outcome: 'unknown' });
  expect(harness.upstream.requests).toEqual([]);
  harness.change((snapshot) => {
    const [provider] = snapshot.providers;
    if (provider !== undefined) provider.check = MODELS;
  });
  await until(() => harness.adapter.keeper.view?.revision === 8);
  expect(await harness.adapter.probe('dep_sealed')).toMatchObject({ outcome: 'accepted', reached: true });
  expect(harness.upstream.requests.map(({ path }) => path)).toEqual(['/v1/models']);
  expect(await harness.adapter.probe('dep_nowhere')).toMatchObject({ outcome: 'unknown' });
});

test('a place that the catalogue does not name is asked and left: no connection to it stays', async () => {
  const elsewhere = new TestUpstream();
  await elsewhere.listen();
  try {
    elsewhere.handler = (response) => response.writeHead(401).end();
    expect(await tried('cred_sealed', MODELS, { baseUrl: elsewhere.url })).toMatchObject({ outcome: 'refused' });
    expect(elsewhere.connections).toBe(1);
    await until(() => elsewhere.sockets.size === 0);
  } finally {
    await elsewhere.close();
  }
});

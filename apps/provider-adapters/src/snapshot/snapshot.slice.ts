import { afterEach, beforeEach, expect, test } from 'vitest';
import { chatBody, Harness, SECRET, until } from '../testing/harness.js';

let harness: Harness;
beforeEach(async () => {
  harness = await new Harness().start();
  harness.upstream.handler = (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"choices":[]}');
});
afterEach(() => harness.stop());

test('the snapshot is fetched at boot and after each change, once', async () => {
  expect(harness.snapshotFetches).toBe(1);
  harness.change((snapshot) =>
    snapshot.deployments.push({ id: 'dep_new', providerId: 'prov_sim', credentialId: 'cred_sealed', upstreamModel: 'new' }),
  );
  await until(() => harness.adapter.keeper.view?.revision === 8);
  expect(harness.snapshotFetches).toBe(2);
  await harness.finished({ deploymentId: 'dep_new' });
  expect(harness.upstream.requests[0]?.body).toContain('"model":"new"');
});

test('a call planned with a newer catalogue makes the adapter fetch it, and all such calls share the fetch', async () => {
  harness.snapshot = structuredClone(harness.snapshot);
  harness.snapshot.revision = 9;
  harness.snapshot.deployments.push({ id: 'dep_new', providerId: 'prov_sim', credentialId: 'cred_sealed', upstreamModel: 'new' });
  const calls = [1, 2, 3].map(() => harness.call({ deploymentId: 'dep_new' }));
  await until(() => calls.every((call) => call.over));
  expect(calls.map((call) => call.order.at(-1))).toEqual(['end', 'end', 'end']);
  expect(harness.snapshotFetches).toBe(2);
});

test('an unknown deployment is misconfigured after one more look', async () => {
  const call = await harness.finished({ deploymentId: 'dep_nowhere' });
  expect(call.failure).toMatchObject({
    code: 'misconfigured',
    basis: 'none',
    internalMessage: expect.stringContaining('dep_nowhere'),
  });
  expect(harness.snapshotFetches).toBe(2);
});

test('a catalogue that begins anew (another epoch, a lower revision) is taken', async () => {
  harness.change((snapshot) => {
    snapshot.epoch = 'epoch-2';
    snapshot.revision = 0;
  });
  await until(() => harness.adapter.keeper.view?.epoch === 'epoch-2');
  expect(harness.adapter.keeper.view?.revision).toBe(1);
});

test.each([
  ['dep_moved', 'cannot be opened'],
  ['dep_unset', 'TOLLGATE_SEALING_KEY'],
])('a credential that does not open makes %s misconfigured, and says why in the log only', async (deploymentId, why) => {
  const call = await harness.finished({ deploymentId });
  expect(call.failure).toMatchObject({ code: 'misconfigured', body: null, internalMessage: expect.stringContaining(why) });
  expect(call.failure?.message).not.toContain(why);
  expect(JSON.stringify(harness.logs)).toContain(why);
});

/** The provider of `dep_sealed`, changed. */
const changed = async (provider: object, upstreamModel = 'my model/1'): Promise<void> => {
  harness.change((snapshot) => {
    snapshot.providers = snapshot.providers.map((entry) => (entry.id === 'prov_sim' ? { ...entry, ...provider } : entry));
    snapshot.deployments = snapshot.deployments.map((entry) => (entry.id === 'dep_sealed' ? { ...entry, upstreamModel } : entry));
  });
  await until(() => harness.adapter.keeper.view?.revision === 8);
};

test('a model in the path is one segment of it, and a key of Azure goes into its header', async () => {
  const path = '/openai/deployments/{model}/chat/completions?api-version=2024-10-21';
  await changed({
    auth: { type: 'azure', scope: 'https://cognitiveservices.azure.com/.default' },
    serves: [{ endpoint: 'chat.completions', dialect: 'openai-chat', path }],
  });
  await harness.finished({ deploymentId: 'dep_sealed' });
  expect(harness.upstream.requests[0]).toMatchObject({
    path: '/v1/openai/deployments/my%20model%2F1/chat/completions?api-version=2024-10-21',
    headers: { 'api-key': SECRET },
  });
  expect(harness.upstream.requests[0]?.headers).not.toHaveProperty('authorization');
});

test.each([
  [{ serves: [{ endpoint: 'chat.completions', dialect: 'openai-chat', path: '/{model}' }] }, '*', 'names the model in its path'],
  [{ auth: { type: 'sigv4', service: 'bedrock', region: 'us-east-1' } }, 'm', 'signature of the kind sigv4'],
  [{ auth: { type: 'google', scope: 's' } }, 'm', 'signature of the kind google'],
  [
    { serves: [{ endpoint: 'chat.completions', dialect: 'jina-rerank', path: '/x' }] },
    'm',
    'to which openai-chat cannot be brought',
  ],
])('%j is refused before anything is sent, and the log says why', async (provider, upstreamModel, why) => {
  await changed(provider, upstreamModel);
  const call = await harness.finished({ deploymentId: 'dep_sealed' });
  expect(call.failure).toMatchObject({ code: 'misconfigured', internalMessage: expect.stringContaining(why) });
  expect(harness.upstream.requests).toEqual([]);
});

test('a variable that is no provider`s own is never read, even where it is set', async () => {
  expect(Object.keys(process.env).length).toBeGreaterThan(0);
  harness.change((snapshot) => {
    snapshot.credentials = snapshot.credentials.map((entry) =>
      entry.id === 'cred_unset' ? { id: 'cred_unset', source: 'environment', variable: 'PATH' } : entry,
    );
  });
  await until(() => harness.adapter.keeper.view?.revision === 8);
  expect((await harness.finished({ deploymentId: 'dep_unset' })).failure).toMatchObject({ code: 'misconfigured' });
  expect(harness.upstream.requests).toEqual([]);
});

test('the adapter presents its key at boot', async () => {
  await until(() => harness.hellos.length > 0);
  expect(harness.hellos[0]).toMatchObject({
    v: 1,
    instance: 'adp_test',
    sealingKey: { id: expect.stringMatching(/^[0-9a-f]{16}$/) },
  });
});

test('a call that is no call is refused', async () => {
  const call = harness.call({ revision: -1 });
  await until(() => call.over);
  expect(call.failure).toMatchObject({ code: 'internal_error' });
});

test('more calls than the limit are refused at once', async () => {
  const small = await new Harness().start({ callsMax: 2 });
  small.upstream.handler = () => {};
  const open = [1, 2].map(() => small.call({ body: chatBody({ stream: true }) }));
  await until(() => small.upstream.requests.length === 2);
  expect((await small.finished()).failure).toMatchObject({ code: 'overloaded' });
  for (const call of open) call.stream.cancel('done');
  await small.stop();
});

test('a call that waits for one of our own connections in vain is told that the gateway is full', async () => {
  const small = await new Harness().start({ connectionsMax: 1 });
  small.upstream.handler = () => {};
  const first = small.call();
  await until(() => small.upstream.requests.length === 1);
  const second = await small.finished({ timeouts: { connectMs: 100 } });
  expect(second.failure).toMatchObject({ code: 'overloaded', basis: 'none' });
  first.stream.cancel('done');
  await small.stop();
});

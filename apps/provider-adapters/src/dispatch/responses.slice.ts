import { SIMULATED_KEYS, type SimulatedProviders, startSimulatedProviders } from '@tollgate/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CallOptions, Harness, SECRET, type TestCall } from '../testing/harness.js';

let harness: Harness;
let providers: SimulatedProviders;
beforeAll(async () => {
  providers = await startSimulatedProviders({ keys: { ...SIMULATED_KEYS, openai: SECRET } });
  harness = await new Harness().start();
  harness.change((snapshot) => {
    const [sim] = snapshot.providers;
    if (sim === undefined) throw new Error('the harness has no provider');
    const serves = [
      { endpoint: 'chat.completions' as const, dialect: 'openai-chat' as const, path: '/chat/completions' },
      { endpoint: 'chat.completions' as const, dialect: 'openai-responses' as const, path: '/responses' },
    ];
    const openai = { ...sim, baseUrl: `${providers.url('openai')}/v1`, quirks: ['max_completion_tokens'] };
    snapshot.providers.push({ ...openai, id: 'prov_openai', serves }, { ...openai, id: 'prov_chat', serves: serves.slice(0, 1) });
    for (const name of ['openai', 'chat'])
      snapshot.deployments.push({ id: name, providerId: `prov_${name}`, credentialId: 'cred_sealed', upstreamModel: 'gpt-4.1' });
  });
});
afterAll(async () => {
  await harness.stop();
  await providers.stop();
});

const send = (deploymentId: string, fields: object, options: CallOptions = {}): Promise<TestCall> =>
  harness.finished({
    deploymentId,
    dialect: 'openai-responses',
    body: JSON.stringify({ model: 'x', input: '@say one two', ...fields }),
    ...options,
  });
const sent = () => providers.ledger.entries.at(-1);

test.each([false, true])(
  'a vendor of responses gets the caller`s own bytes, but for the model (streamed: %s)',
  async (stream) => {
    const call = await send('openai', { stream, store: true, metadata: { a: '1' } });
    expect(call.failure).toBeNull();
    expect(sent()).toMatchObject({ path: '/v1/responses', body: { model: 'gpt-4.1', store: true, metadata: { a: '1' } } });
    expect(call.text).toContain('one two');
    expect(call.end).toMatchObject({ basis: 'reported', usage: { output: sent()?.usage.answer } });
  },
);

test('what the vendor keeps can be gone on with there', async () => {
  const first = JSON.parse((await send('openai', { store: true })).text) as { id: string };
  const call = await send('openai', { previous_response_id: first.id });
  expect(call.failure).toBeNull();
  expect(sent()?.body).toMatchObject({ previous_response_id: first.id });
});

test.each([
  [{}, 40, 40],
  [{ max_output_tokens: null }, 40, 40],
  [{ max_output_tokens: 20 }, 40, 20],
  [{ max_output_tokens: 90 }, 40, 40],
])('the cap on the output is put where this dialect has it (%j)', async (fields, maxOutputTokens, expected) => {
  const call = await send('openai', fields, { maxOutputTokens });
  expect(call.failure).toBeNull();
  expect(sent()?.body).toMatchObject({ max_output_tokens: expected });
  expect(sent()?.body).not.toHaveProperty('max_completion_tokens');
});

test.each([false, true])('a vendor of chats answers as a response (streamed: %s)', async (stream) => {
  const call = await send('chat', { stream });
  expect(call.failure).toBeNull();
  expect(sent()?.path).toBe('/v1/chat/completions');
  expect(call.text).toContain(stream ? 'event: response.completed' : '"object":"response"');
  expect(call.end).toMatchObject({ basis: 'reported' });
});

test.each(['previous_response_id', 'conversation', 'prompt'])('%s is refused where nothing is kept, and named', async (param) => {
  const before = providers.ledger.entries.length;
  const call = await send('chat', { [param]: param === 'prompt' ? { id: 'pmpt_1' } : 'x_1' });
  expect(call.failure).toMatchObject({ code: 'invalid_request', param, status: null, basis: 'none' });
  expect(providers.ledger.entries.length).toBe(before);
});

test('store is named where nothing is kept', async () => {
  const call = await send('chat', { store: true });
  expect(call.head?.dropped).toContain('store');
});

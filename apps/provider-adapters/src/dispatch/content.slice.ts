import { SIMULATED_KEYS, type SimulatedProviders, startSimulatedProviders } from '@tollgate/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CallOptions, Harness, SECRET, type TestCall } from '../testing/harness.js';

let harness: Harness;
let providers: SimulatedProviders;
beforeAll(async () => {
  providers = await startSimulatedProviders({ keys: { ...SIMULATED_KEYS, gemini: SECRET, openai: SECRET } });
  harness = await new Harness().start();
  harness.change((snapshot) => {
    const [sim] = snapshot.providers;
    if (sim === undefined) throw new Error('the harness has no provider');
    const path = '/v1beta/models/{model}';
    const content = {
      endpoint: 'chat.completions' as const,
      dialect: 'gemini' as const,
      path: `${path}:generateContent`,
      streamPath: `${path}:streamGenerateContent?alt=sse`,
    };
    const auth = { type: 'header' as const, header: 'x-goog-api-key' };
    snapshot.providers.push(
      { ...sim, id: 'prov_gemini', baseUrl: providers.url('gemini'), auth, serves: [content], headers: {} },
      { ...sim, id: 'prov_openai', baseUrl: `${providers.url('openai')}/v1`, quirks: ['max_completion_tokens'] },
    );
    const common = { credentialId: 'cred_sealed' };
    snapshot.deployments.push(
      { ...common, id: 'gemini', providerId: 'prov_gemini', upstreamModel: 'gemini-2.5-flash' },
      { ...common, id: 'openai', providerId: 'prov_openai', upstreamModel: '*' },
    );
  });
});
afterAll(async () => {
  await harness.stop();
  await providers.stop();
});

const HINTS = { model: 'gemini/gemini-2.5-flash', stream: false };
const contents = [{ role: 'user', parts: [{ text: '@say one two' }] }];
const send = (deploymentId: string, fields: object, options: CallOptions = {}): Promise<TestCall> =>
  harness.finished({ deploymentId, dialect: 'gemini', hints: HINTS, body: JSON.stringify({ contents, ...fields }), ...options });
const sent = () => providers.ledger.entries.at(-1);

test.each([false, true])(
  'a vendor of contents gets the caller`s own bytes, and its answer comes to its end (streamed: %s)',
  async (stream) => {
    const call = await send('gemini', { labels: { a: '1' } }, { hints: { ...HINTS, stream } });
    expect(call.failure).toBeNull();
    expect(sent()?.body).toEqual({ contents, labels: { a: '1' } });
    expect(sent()?.path).toMatch(
      stream ? /gemini-2\.5-flash:streamGenerateContent\?alt=sse$/ : /gemini-2\.5-flash:generateContent$/,
    );
    expect(call.text).toMatch(/one.*two/s);
    expect(call.end).toMatchObject({ basis: 'reported', usage: { output: sent()?.usage.answer } });
  },
);

test.each([
  [{}, { maxOutputTokens: 40 }],
  [{ generationConfig: { seed: 1, maxOutputTokens: 90 } }, { seed: 1, maxOutputTokens: 40 }],
  [{ generationConfig: { maxOutputTokens: 20 } }, { maxOutputTokens: 20 }],
])('the cap on the output is put where this dialect has it (%j)', async (fields, generationConfig) => {
  const call = await send('gemini', fields, { maxOutputTokens: 40 });
  expect(call.failure).toBeNull();
  expect(sent()?.body).toEqual({ contents, generationConfig });
});

test('another vendor is asked for the model that the path named', async () => {
  const call = await send('openai', {}, { hints: { model: 'openai/gpt-4.1', stream: false } });
  expect(call.failure).toBeNull();
  expect(sent()?.body).toMatchObject({ messages: [{ role: 'user', content: '@say one two' }] });
  expect(JSON.parse(call.text)).toMatchObject({
    candidates: [{ content: { parts: [{ text: 'one two' }] }, finishReason: 'STOP' }],
  });
});

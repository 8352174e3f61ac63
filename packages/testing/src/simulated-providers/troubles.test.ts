import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SimulatedProviders, startSimulatedProviders } from './server.js';

let providers: SimulatedProviders;
beforeAll(async () => {
  providers = await startSimulatedProviders();
});
afterAll(() => providers.stop());

const messages = [{ role: 'user', content: 'Hello' }];
const contents = [{ parts: [{ text: 'Hello' }] }];

/** Provider, path, body, fault, status, what it says. */
const TROUBLES: readonly (readonly [string, string, object, string, number, string])[] = [
  ['openai', '/v1/chat/completions', { model: 'gpt-4.1', messages }, 'context-window', 400, '"code":"context_length_exceeded"'],
  [
    'openai',
    '/v1/responses',
    { model: 'gpt-5', input: 'x' },
    'context-window',
    400,
    '"param":"input","code":"context_length_exceeded"',
  ],
  ['openai', '/v1/chat/completions', { model: 'gpt-4.1', messages }, 'quota', 429, '"type":"insufficient_quota"'],
  ['openai', '/v1/chat/completions', { model: 'gpt-4.1', messages }, 'content-policy', 400, '"code":"invalid_prompt"'],
  [
    'azure-openai',
    '/openai/v1/chat/completions',
    { model: 'gpt-4.1', messages },
    'content-policy',
    400,
    '"code":"content_filter"',
  ],
  ['anthropic', '/v1/messages', { model: 'claude-opus-5', max_tokens: 9, messages }, 'context-window', 400, 'prompt is too long'],
  [
    'anthropic',
    '/v1/messages',
    { model: 'claude-opus-5', max_tokens: 9, messages },
    'quota',
    400,
    'Your credit balance is too low',
  ],
  [
    'anthropic',
    '/v1/messages',
    { model: 'claude-sim-content-policy', max_tokens: 9, messages },
    'content-policy',
    400,
    'content filtering policy',
  ],
  ['gemini', '/v1beta/models/gemini-2.5-flash:generateContent', { contents }, 'quota', 429, 'PerDay'],
  ['mistral', '/v1/chat/completions', { model: 'mistral-small-latest', messages }, 'context-window', 400, '"code":"3051"'],
];

const headers = (): Record<string, string> => ({
  'content-type': 'application/json',
  'anthropic-version': '2023-06-01',
  'x-api-key': providers.keys.anthropic,
  'x-goog-api-key': providers.keys.gemini,
  'api-key': providers.keys.azure,
});

const bearer = (provider: string): string => (provider === 'mistral' ? providers.keys.mistral : providers.keys.openai);

test.for(TROUBLES)('%s %s, %o: %s is %i %s', async ([provider, path, body, fault, status, says]) => {
  providers.arm(provider, fault);
  const answer = await fetch(providers.url(provider) + path, {
    method: 'POST',
    headers: { ...headers(), authorization: `Bearer ${bearer(provider)}` },
    body: JSON.stringify(body),
  });
  expect(await answer.text()).toContain(says);
  expect(answer.status).toBe(status);
});

test('a body over what the vendor takes is refused', async () => {
  const body = JSON.stringify({
    model: 'claude-opus-5',
    max_tokens: 9,
    messages: [{ role: 'user', content: 'x'.repeat(33 * 1024 * 1024) }],
  });
  const answer = await fetch(`${providers.url('anthropic')}/v1/messages`, { method: 'POST', headers: headers(), body });
  expect([answer.status, ((await answer.json()) as { error: { type: string } }).error.type]).toEqual([413, 'request_too_large']);
});

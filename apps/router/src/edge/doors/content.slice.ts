import { encodeUtf8 } from '@tollgate/kernel';
import { waitFor } from '@tollgate/testing';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { answerWhole, end, failure, head, RouterHarness } from '../../testing/harness.js';

const harness = new RouterHarness();
let token = '';

beforeAll(async () => {
  await harness.start();
  await waitFor(() => harness.router.gate.routes.index);
});
afterAll(() => harness.stop());
beforeEach(() => {
  token = harness.addToken().text;
  harness.calls.length = 0;
  harness.router.gate.health.keepOnly(new Map());
});

const BODY = { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] };
const send = (path: string, body: object = BODY): Promise<Response> => harness.send(token, path, body);
const recordOf = (response: Response) => {
  const id = response.headers.get('x-tollgate-request-id');
  return waitFor(() => harness.records.find((record) => record.id === id), { what: 'the usage record' });
};
const errorOf = async (response: Response) => ((await response.json()) as { error: Record<string, unknown> }).error;

test.each(['/v1beta', '/v1', '/gemini/v1beta'])(
  '%s: a call goes on in its own dialect with the model of its path',
  async (prefix) => {
    harness.adapt = (stream) => answerWhole(stream, '{"candidates":[]}');
    const response = await send(`${prefix}/models/gpt-test:generateContent`);
    expect(await response.text()).toBe('{"candidates":[]}');
    expect(harness.calls[0]?.call).toMatchObject({ dialect: 'gemini', model: 'gpt-test', stream: false });
    expect(await recordOf(response)).toMatchObject({ dialect: 'gemini', model: 'gpt-test', outcome: 'succeeded' });
  },
);

test('a stream goes out as it comes, and ends where the provider ends it', async () => {
  harness.adapt = (stream) => {
    stream.sendHead(head('text/event-stream'));
    stream.send(encodeUtf8('data: {"candidates":[{"index":0}]}\r\n\r\n'));
    stream.end(end());
  };
  const response = await send('/v1beta/models/gpt-test:streamGenerateContent?alt=sse');
  expect(await response.text()).toBe('data: {"candidates":[{"index":0}]}\r\n\r\n');
  expect(harness.calls[0]?.call.stream).toBe(true);
  expect(await recordOf(response)).toMatchObject({ stream: true, outcome: 'succeeded' });
});

test('a stream that breaks ends with an error of this dialect', async () => {
  harness.adapt = (stream) => {
    stream.sendHead(head('text/event-stream'));
    stream.send(encodeUtf8('data: {"candidates":[{"index":0}]}\r\n\r\n'));
    stream.fail(failure('upstream_closed'));
  };
  const text = await (await send('/v1beta/models/gpt-test:streamGenerateContent?alt=sse')).text();
  expect(text).toMatch(/\r\n\r\ndata: \{"error":\{"code":\d+,.*"status":"[A-Z_]+"/);
});

test('an array instead of events is refused, and says what to ask for', async () => {
  const response = await send('/v1beta/models/gpt-test:streamGenerateContent');
  expect([response.status, await errorOf(response)]).toMatchObject([400, { message: expect.stringContaining('alt=sse') }]);
  expect(harness.calls).toHaveLength(0);
});

test('a model with slashes and colons in its name, plain and escaped', async () => {
  for (const name of ['nobody/knows:8b', 'nobody%2Fknows%3A8b']) {
    const response = await send(`/v1beta/models/${name}:generateContent`);
    expect([response.status, await errorOf(response)]).toMatchObject([
      404,
      { status: 'NOT_FOUND', message: expect.stringContaining('nobody/knows:8b') },
    ]);
  }
});

test('a model that holds a token is refused, and the token is shown nowhere', async () => {
  const response = await send(`/v1beta/models/${token}:generateContent`);
  expect(response.status).toBe(400);
  expect(await response.text()).not.toContain(token);
  await recordOf(response);
  expect(JSON.stringify(harness.records)).not.toContain(token);
  expect(harness.logs).not.toContain(token);
});

test.each([
  ['GET', '/v1beta/models/gpt-test:generateContent', 405],
  ['POST', '/v1beta/models', 405],
  ['POST', '/v1beta/models/gpt-test:tuneEverything', 405],
  ['GET', '/gemini/v1beta/files', 404],
])('%s %s: %i in the envelope of Google', async (method, path, status) => {
  const response = await fetch(`${harness.url}${path}`, { method, headers: { authorization: `Bearer ${token}` } });
  expect([response.status, await errorOf(response)]).toMatchObject([status, { code: status, message: expect.any(String) }]);
});

test('the models are listed in the shape of who asks', async () => {
  const list = async (path: string, headers: Record<string, string>): Promise<unknown> =>
    (await fetch(`${harness.url}${path}`, { headers })).json();
  const bearer = { authorization: `Bearer ${token}` };
  const openai = { object: 'list', data: expect.arrayContaining([expect.objectContaining({ id: 'gpt-test', object: 'model' })]) };
  const anthropic = {
    data: expect.arrayContaining([expect.objectContaining({ type: 'model', id: 'gpt-test' })]),
    has_more: false,
  };
  const supportedGenerationMethods = expect.arrayContaining(['generateContent', 'streamGenerateContent']);
  const one = { name: 'models/gpt-test', supportedGenerationMethods };
  const gemini = { models: expect.arrayContaining([expect.objectContaining(one)]) };
  expect(await list('/v1/models', bearer)).toMatchObject(openai);
  expect(await list('/v1/models', { 'x-api-key': token, 'anthropic-version': '2023-06-01' })).toMatchObject(anthropic);
  expect(await list('/anthropic/v1/models', bearer)).toMatchObject(anthropic);
  expect(await list('/v1/models', { 'x-goog-api-key': token })).toMatchObject(gemini);
  expect(await list('/v1beta/models', bearer)).toMatchObject(gemini);
  expect(await list('/v1beta/models/gpt-test', bearer)).toMatchObject({ name: 'models/gpt-test' });
});

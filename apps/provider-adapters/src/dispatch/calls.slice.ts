import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { chatBody, Harness, SECRET, until } from '../testing/harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await new Harness().start();
});
beforeEach(() => {
  harness.upstream.requests.length = 0;
  harness.spans.length = 0;
  harness.reports.length = 0;
});
afterAll(() => harness.stop());

const chunk = (content: string): string =>
  `data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content }, finish_reason: null }], vendor: 1.0 })}\n\n`;
const FINISH = 'data: {"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n';
const USAGE =
  'data: {"id":"c1","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12,"prompt_tokens_details":{"cached_tokens":4}}}\n\n';
const DONE = 'data: [DONE]\n\n';
const ANSWER =
  '{\n  "id": "c1", "object": "chat.completion", "choices": [{"message": {"content": "hi \\u00e9"}}],\n  "usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}, "x": 1.0 }\n';
const STREAM_BODY = chatBody({ stream: true });
const json = { 'content-type': 'application/json', 'x-request-id': 'up_1' };
const sse = { 'content-type': 'text/event-stream' };

test('a whole answer passes to the letter, with its usage, in head, data, end', async () => {
  harness.upstream.handler = (response) => response.writeHead(200, json).end(ANSWER);
  const call = await harness.finished();
  expect(call.text).toBe(ANSWER);
  expect(call.order).toEqual(['head', 'data', 'end']);
  expect(call.head).toMatchObject({
    status: 200,
    contentType: 'application/json',
    upstreamRequestId: 'up_1',
    firstByteMs: expect.any(Number),
  });
  expect(call.end).toMatchObject({ basis: 'reported', usage: { input: 9, output: 3 } });
});

test('the request is the caller’s own bytes with the model replaced, and only known headers', async () => {
  harness.upstream.handler = (response) => response.writeHead(200, json).end(ANSWER);
  const body = '{ "messages":[{"role":"user","content":"\\u00e9 1.0"}] ,"model": "sim/model", "x": 1.0 }';
  await harness.finished({ body, headers: { 'idempotency-key': 'k1', cookie: 'a=b', 'openai-beta': 'x\r\ny' } });
  const [seen] = harness.upstream.requests;
  expect(seen?.body).toBe(body.replace('sim/model', 'upstream-model'));
  expect(seen?.path).toBe('/v1/chat/completions');
  expect(seen?.headers).toMatchObject({
    authorization: `Bearer ${SECRET}`,
    'accept-encoding': 'identity',
    'content-type': 'application/json',
    'x-fixed': 'yes',
    'idempotency-key': 'k1',
  });
  for (const name of ['cookie', 'openai-beta', 'traceparent', 'transfer-encoding'])
    expect(seen?.headers).not.toHaveProperty(name);
});

test('bytes that are no UTF-8 reach an upstream of the same dialect as they came', async () => {
  harness.upstream.handler = (response) => response.writeHead(200, json).end(ANSWER);
  const [before, after] = chatBody({ model: 'upstream-model', messages: [{ role: 'user', content: 'a|b' }] }).split('|');
  const body = Buffer.concat([Buffer.from(before ?? ''), Buffer.from([0xff, 0xc0, 0x80]), Buffer.from(after ?? '')]);
  await harness.finished({ body });
  expect(harness.upstream.requests[0]?.bytes.equals(body)).toBe(true);
});

test('the span of a deployment of * names the model that was asked for', async () => {
  harness.upstream.handler = (response) => response.writeHead(200, json).end(ANSWER);
  await harness.finished({ deploymentId: 'dep_star', body: chatBody({ model: 'sim/org/model-7' }) });
  await until(() => harness.spans.length > 0);
  expect(harness.spans[0]).toMatchObject({ attributes: { 'gen_ai.request.model': 'org/model-7' } });
  expect(harness.spans[0]?.name).toContain('org/model-7');
});

test('a deployment of * gets the caller`s model without the provider prefix, and its key from the environment', async () => {
  harness.upstream.handler = (response) => response.writeHead(200, json).end(ANSWER);
  await harness.finished({ deploymentId: 'dep_star', body: chatBody({ model: 'sim/org/model-7' }) });
  expect(harness.upstream.requests[0]).toMatchObject({
    body: chatBody({ model: 'org/model-7' }),
    headers: { authorization: `Bearer ${SECRET}` },
  });
});

test('a cap lowers the output bound, and a body of 5 MB passes in pieces', async () => {
  harness.upstream.handler = (response) => response.writeHead(200, json).end(ANSWER);
  const body = chatBody({ max_tokens: 900, image: 'A'.repeat(5_000_000) });
  await harness.finished({ body, maxOutputTokens: 100 });
  const [seen] = harness.upstream.requests;
  expect(seen?.body === body.replace('900', '100').replace('sim/model', 'upstream-model')).toBe(true);
  expect(seen?.headers['content-length']).toBe(String(seen?.body.length));
});

test('a stream passes to the letter, but for the usage that nobody asked for', async () => {
  harness.upstream.handler = (response) => {
    response.writeHead(200, sse);
    response.write(chunk('a') + chunk('b'));
    response.end(chunk('c') + FINISH + USAGE + DONE);
  };
  const call = await harness.finished({ body: STREAM_BODY });
  expect(call.text).toBe(chunk('a') + chunk('b') + chunk('c') + FINISH + DONE);
  expect(call.end).toMatchObject({ basis: 'reported', usage: { input: 5, cacheRead: 4, output: 3 } });
  expect(harness.upstream.requests[0]?.body).toContain('"stream_options":{"include_usage":true}');
});

test('a provider that sends usage unasked is not asked for it', async () => {
  harness.upstream.handler = (response) => response.writeHead(200, sse).end(chunk('a') + FINISH + DONE);
  await harness.finished({ body: STREAM_BODY, deploymentId: 'dep_quirky' });
  expect(harness.upstream.requests[0]?.body).toBe(STREAM_BODY);
});

test('comments before the first event leave with it, after the head', async () => {
  harness.upstream.handler = (response) => {
    response.writeHead(200, sse);
    response.write(': waiting\n\n', () => setImmediate(() => response.end(chunk('a') + FINISH + DONE)));
  };
  const call = await harness.finished({ body: STREAM_BODY });
  expect(call.order[0]).toBe('head');
  expect(call.text).toBe(`: waiting\n\n${chunk('a')}${FINISH}${DONE}`);
});

test('calls one after the other share a connection', async () => {
  harness.upstream.handler = (response) => response.writeHead(200, sse).end(chunk('a') + FINISH + DONE);
  await harness.finished({ body: STREAM_BODY });
  const before = harness.upstream.connections;
  for (let i = 0; i < 5; i += 1) await harness.finished({ body: STREAM_BODY });
  expect(harness.upstream.connections).toBe(before);
});

test('an upstream that keeps the connection open after [DONE] does not keep the caller, nor the connection', async () => {
  harness.upstream.handler = (response) => {
    response.writeHead(200, sse);
    response.write(chunk('a') + DONE);
  };
  const call = await harness.finished({ body: STREAM_BODY });
  expect(call.end).toMatchObject({ basis: 'counted', usage: { output: 1 } });
  const open = harness.upstream.sockets.size;
  await until(() => harness.upstream.sockets.size < open);
});

test.each<[number, Record<string, string>, object]>([
  [400, {}, { code: 'upstream_bad_request', relayed: true }],
  [404, {}, { code: 'upstream_not_found', relayed: true }],
  [413, {}, { code: 'upstream_bad_request', relayed: true }],
  [422, {}, { code: 'upstream_bad_request', relayed: true }],
  [401, {}, { code: 'upstream_auth_failed' }],
  [403, {}, { code: 'upstream_auth_failed' }],
  [429, { 'retry-after': '7' }, { code: 'upstream_rate_limited', retryAfterMs: 7000 }],
  [429, { 'retry-after': '7', 'retry-after-ms': '150' }, { code: 'upstream_rate_limited', retryAfterMs: 150 }],
  [500, {}, { code: 'upstream_error' }],
  [502, {}, { code: 'upstream_error' }],
  [503, { 'retry-after': '1' }, { code: 'upstream_overloaded', retryAfterMs: 1000 }],
  [529, {}, { code: 'upstream_overloaded' }],
  [302, { location: 'http://169.254.169.254/' }, { code: 'upstream_invalid' }],
])('status %i %j becomes %j', async (status, headers, expected) => {
  const body = JSON.stringify({ error: { message: `no, ${SECRET} is wrong`, type: 'x', code: null } });
  harness.upstream.handler = (response) => response.writeHead(status, { ...json, ...headers }).end(body);
  const { relayed, ...fields } = { relayed: false, retryAfterMs: null, ...expected };
  for (const request of [chatBody(), STREAM_BODY]) {
    const call = await harness.finished({ body: request });
    expect(call.order).toEqual(['error']);
    expect(call.failure).toMatchObject({ ...fields, status, upstreamRequestId: 'up_1', basis: 'none' });
    expect(call.failure?.body).toBe(relayed ? body.replace(SECRET, '[redacted]') : null);
    expect(JSON.stringify(call.failure)).not.toContain(SECRET);
  }
});

test('an error body in another shape is put into the dialect`s; one that is too large or no JSON is not shown', async () => {
  harness.upstream.handler = (response) => response.writeHead(422, json).end('{"detail":[{"msg":"field required"}]}');
  const call = await harness.finished();
  expect(JSON.parse(call.failure?.body ?? '')).toMatchObject({ error: { message: 'field required' } });
  for (const text of ['<html>', `{"error":{"message":"${'x'.repeat(70_000)}"}}`]) {
    harness.upstream.handler = (response) => response.writeHead(400, json).end(text);
    expect((await harness.finished()).failure).toMatchObject({ code: 'upstream_bad_request', body: null });
  }
});

test.each<[string, Record<string, string>, string, string]>([
  ['HTML', { 'content-type': 'text/html' }, '<html></html>', 'upstream_invalid'],
  ['no content type', {}, '{}', 'upstream_invalid'],
  ['half a JSON', json, '{"choices":[', 'upstream_invalid'],
  ['text that says it is JSON', json, 'hello', 'upstream_invalid'],
  ['a compressed answer', { ...json, 'content-encoding': 'gzip' }, 'xx', 'upstream_invalid'],
  ['an error', json, '{"error":{"message":"busy","code":503}}', 'upstream_overloaded'],
])('200 with %s can be tried elsewhere', async (_, headers, text, code) => {
  harness.upstream.handler = (response) => response.writeHead(200, headers).end(text);
  expect(await harness.finished()).toMatchObject({ order: ['error'], failure: { code, status: 200 } });
});

test.each<[string, string, string]>([
  ['garbage', 'hello world', 'upstream_invalid'],
  ['events that are no chunks', 'data: hello\n\n', 'upstream_invalid'],
  ['nothing', '', 'upstream_invalid'],
  [
    'an overload error as the first event',
    'data: {"error":{"message":"Overloaded","type":"overloaded_error"}}\n\n',
    'upstream_overloaded',
  ],
  ['an error event without a blank line at the end', 'data: {"error":{"message":"x","code":429}}', 'upstream_rate_limited'],
])('a stream of %s can be tried elsewhere', async (_, text, code) => {
  harness.upstream.handler = (response) => response.writeHead(200, sse).end(text);
  expect(await harness.finished({ body: STREAM_BODY })).toMatchObject({ order: ['error'], failure: { code } });
});

test('a whole answer to a call for a stream is refused', async () => {
  harness.upstream.handler = (response) => response.writeHead(200, json).end(ANSWER);
  expect(await harness.finished({ body: STREAM_BODY })).toMatchObject({
    order: ['error'],
    failure: { code: 'upstream_invalid' },
  });
});

test('an upstream that breaks the connection in mid-stream is told with what was counted', async () => {
  harness.upstream.handler = (response) => {
    response.writeHead(200, sse);
    response.write(`${chunk('a')}${chunk('b')}data: {"id":"half`, () => response.destroy());
  };
  const call = await harness.finished({ body: STREAM_BODY });
  expect(call.text).toBe(chunk('a') + chunk('b'));
  expect(call.failure).toMatchObject({ code: 'upstream_closed', basis: 'counted', usage: { output: 2 } });
});

test('a stream that ends properly in the middle of a line is not whole', async () => {
  harness.upstream.handler = (response) => response.writeHead(200, sse).end(`${chunk('a')}data: {"id":"half`);
  expect(await harness.finished({ body: STREAM_BODY })).toMatchObject({ text: chunk('a'), failure: { code: 'upstream_closed' } });
});

test('an error event in mid-stream ends it', async () => {
  harness.upstream.handler = (response) => {
    response.writeHead(200, sse);
    response.write(`${chunk('a')}data: {"error":{"message":"boom","type":"server_error"}}\n\n`);
  };
  const call = await harness.finished({ body: STREAM_BODY });
  expect(call).toMatchObject({ text: chunk('a'), failure: { code: 'upstream_error', basis: 'counted' } });
});

test('a body that breaks off before it was passed on can be tried elsewhere', async () => {
  harness.upstream.handler = (response) => {
    response.writeHead(200, { ...json, 'content-length': '5000' });
    response.write('{"choices":[', () => response.destroy());
  };
  expect(await harness.finished()).toMatchObject({ order: ['error'], failure: { code: 'upstream_closed' } });
});

test.each<[string, (write: (text: string) => void) => void, string]>([
  ['never answers', () => {}, 'upstream_timeout'],
  ['sends comments for ever', (write) => write(': wait\n\n'), 'upstream_timeout'],
  ['stops in mid-stream', (write) => write(chunk('a')), 'upstream_timeout'],
])('an upstream that %s is timed out and its socket closed', async (_, act, code) => {
  harness.upstream.handler = (response) =>
    act((text) => {
      response.writeHead(200, sse);
      response.write(text);
    });
  const call = await harness.finished({ body: STREAM_BODY, timeouts: { firstByteMs: 120, idleMs: 120 } });
  expect(call.failure).toMatchObject({ code, basis: expect.stringMatching(/counted|estimated/) });
  await until(() => harness.upstream.sockets.size === 0);
});

test('the deadline ends a call', async () => {
  harness.upstream.handler = (response) => {
    response.writeHead(200, sse);
    const timer = setInterval(() => response.write(chunk('a')), 20);
    response.on('close', () => clearInterval(timer));
  };
  const call = await harness.finished({ body: STREAM_BODY, deadlineMs: 1_200 });
  expect(call.failure).toMatchObject({ code: 'deadline_exceeded', basis: 'counted' });
  await until(() => harness.upstream.sockets.size === 0);
});

test('nobody listens: unreachable; a private address that nobody allowed: misconfigured', async () => {
  harness.change((snapshot) => {
    const provider = snapshot.providers.find(({ id }) => id === 'prov_quirky');
    if (provider) provider.baseUrl = 'http://127.0.0.1:1/v1';
  });
  await until(() => harness.adapter.keeper.view?.revision === harness.snapshot.revision);
  expect((await harness.finished({ deploymentId: 'dep_quirky' })).failure).toMatchObject({
    code: 'upstream_unreachable',
    basis: 'none',
    status: null,
  });
  expect((await harness.finished({ deploymentId: 'dep_public' })).failure).toMatchObject({
    code: 'misconfigured',
    basis: 'none',
  });
  expect(harness.upstream.requests).toEqual([]);
});

test('one span per call, a child of the router`s', async () => {
  harness.upstream.handler = (response) => response.writeHead(200, json).end(ANSWER);
  await harness.finished();
  expect(harness.spans).toHaveLength(1);
  expect(harness.spans[0]).toMatchObject({
    name: 'chat upstream-model',
    kind: 'client',
    context: { traceId: '0af7651916cd43dd8448eb211c80319c', parentSpanId: 'b7ad6b7169203331' },
    attributes: { 'gen_ai.provider.name': 'sim', 'http.response.status_code': 200, 'gen_ai.usage.output_tokens': 3 },
  });
});

test('calls are counted by provider and status', async () => {
  expect(await harness.metrics.render()).toMatch(/tollgate_upstream_calls_total\{provider="sim",status="200"\} \d+/);
});

test('the credential is in no log, span or metric of all this', async () => {
  const everything = JSON.stringify([harness.logs, harness.spans]) + (await harness.metrics.render());
  expect(everything).not.toContain(SECRET);
});

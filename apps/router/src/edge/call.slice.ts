import { request as httpRequest } from 'node:http';
import type { LimitSpec } from '@tollgate/contracts';
import { encodeUtf8 } from '@tollgate/kernel';
import { sendRaw, waitFor } from '@tollgate/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { answerStream, answerWhole, chat, end, event, head, RouterHarness } from '../testing/harness.js';

const harness = new RouterHarness();
const requestsOf = (limit: number): LimitSpec => ({
  bucket: `requests:tok_${limit}`,
  kind: 'requests',
  models: null,
  subject: 'token',
  rate: { limit, periodMs: 60_000, burst: limit },
});
let token = '';

beforeAll(async () => {
  await harness.start({ bodyMs: 400, pingMs: 300 });
  await waitFor(() => harness.router.gate.routes.index);
});
afterAll(() => harness.stop());
beforeEach(() => {
  token = harness.addToken().text;
  harness.adapt = (stream) => answerWhole(stream);
  harness.cancels.length = 0;
});

const recordOf = (response: { headers: { get(name: string): string | null } } | string) => {
  const id = typeof response === 'string' ? response : response.headers.get('x-tollgate-request-id');
  return waitFor(() => harness.records.find((record) => record.id === id), { what: 'the usage record' });
};
const errorOf = async (response: Response): Promise<{ code: string; type: string; param: string | null; message: string }> =>
  ((await response.json()) as { error: { code: string; type: string; param: string | null; message: string } }).error;

describe('200', () => {
  test('a whole answer passes to the letter, with its cost, and one record is kept', async () => {
    const response = await harness.post(token, chat(), { headers: { 'x-request-id': 'mine-1' } });
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('"content":"hello"');
    const { headers } = response;
    expect(headers.get('x-request-id')).toBe('mine-1');
    expect(headers.get('x-tollgate-request-id')).toMatch(/^req_/);
    expect(headers.get('x-tollgate-provider')).toBe('provider-a');
    expect(headers.get('x-tollgate-attempts')).toBe('1');
    expect(headers.get('x-tollgate-cost')).toBe('0.00002 USD');
    expect(Number(headers.get('x-tollgate-overhead-ms'))).toBeGreaterThanOrEqual(0);
    const record = await recordOf(response);
    expect(record).toMatchObject({ outcome: 'succeeded', status: 200, model: 'gpt-test', clientRequestId: 'mine-1' });
    expect(record.usage).toMatchObject({ input: 10, output: 5 });
    expect(record.attempts).toHaveLength(1);
    expect(record.cost).toEqual({ amount: '0.00002', currency: 'USD' });
  });

  test.each([
    ['authorization', 'bearer '],
    ['x-api-key', ''],
    ['api-key', ''],
    ['x-goog-api-key', ''],
  ])('the token is taken from %s', async (name, prefix) => {
    const response = await harness.post(null, chat(), { headers: { [name]: `${prefix}${token}` } });
    expect(response.status).toBe(200);
    await response.text();
  });

  test('a stream passes event by event and its settlement is on file before [DONE] is out', async () => {
    harness.adapt = (stream) => answerStream(stream, ['a', 'b', 'c']);
    const response = await harness.post(token, chat({ stream: true }));
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const text = await response.text();
    expect(text).toBe(`${event('a')}${event('b')}${event('c')}data: [DONE]\n\n`);
    expect(await recordOf(response)).toMatchObject({ outcome: 'succeeded', stream: true, usage: { output: 5 } });
  });

  test('a first event goes out before the second exists', async () => {
    let go = (): void => undefined;
    harness.adapt = (stream) => {
      stream.sendHead(head('text/event-stream'));
      stream.send(encodeUtf8(event('first')));
      go = () => {
        stream.send(encodeUtf8('data: [DONE]\n\n'));
        stream.end(end());
      };
    };
    const response = await harness.post(token, chat({ stream: true }));
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    expect(Buffer.from((await reader.read()).value as Uint8Array).toString()).toBe(event('first'));
    go();
    expect(Buffer.from((await reader.read()).value as Uint8Array).toString()).toBe('data: [DONE]\n\n');
  });

  test('a silent stream gets comments', async () => {
    harness.adapt = (stream) => {
      stream.sendHead(head('text/event-stream'));
      stream.send(encodeUtf8(event('x')));
      setTimeout(() => stream.end(end()), 900);
    };
    const text = await (await harness.post(token, chat({ stream: true }))).text();
    expect(text.startsWith(`${event('x')}: ping\n\n`)).toBe(true);
  });

  test('a 5 MB body and a 3 MB answer pass whole', async () => {
    const long = 'y'.repeat(3_000_000);
    harness.adapt = (stream) => {
      expect(stream.body.length).toBeGreaterThan(5_000_000);
      stream.sendHead(head());
      let sent = 0;
      const go = (): void => {
        while (sent < long.length) {
          const piece = long.slice(sent, sent + 64_000);
          sent += piece.length;
          if (!stream.send(encodeUtf8(piece))) return;
        }
        stream.end(end());
      };
      stream.onDrain = go;
      go();
    };
    const response = await harness.post(token, chat({ messages: [{ role: 'user', content: 'z'.repeat(5_000_000) }] }));
    expect((await response.text()).length).toBe(long.length);
    expect((await recordOf(response)).responseBytes).toBe(long.length);
  });

  test('models are listed as far as the token may use them', async () => {
    const limited = harness.addToken({ models: { allow: ['retry', 'fall*'], deny: ['fallback'] } });
    const response = await fetch(`${harness.url}/v1/models`, { headers: { 'x-api-key': limited.text } });
    expect(await response.json()).toEqual({
      object: 'list',
      data: [{ id: 'retry', object: 'model', created: 1_700_000_000, owned_by: 'provider-a' }],
    });
    const one = await fetch(`${harness.url}/v1/models/gpt-test`, { headers: { 'x-api-key': token } });
    expect(await one.json()).toMatchObject({ id: 'gpt-test' });
    const hidden = await fetch(`${harness.url}/v1/models/gpt-test`, { headers: { 'x-api-key': limited.text } });
    expect(hidden.status).toBe(404);
  });
});

describe('refusals', () => {
  test.each([
    ['missing', () => null],
    ['garbage', () => 'sk-nonsense'],
    ['truncated', () => token.slice(0, -1)],
    ['with a typing error', () => `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`],
  ])('401: a token that is %s leaves no record', async (_, make) => {
    const before = harness.records.length;
    const response = await harness.post(make());
    expect(response.status).toBe(401);
    expect(response.headers.get('x-tollgate-error-source')).toBe('gateway');
    expect(await errorOf(response)).toMatchObject({ code: 'invalid_api_key', type: 'authentication_error' });
    expect(harness.records.length).toBe(before);
  });

  test('401: unknown, revoked and expired tokens get the very same body', async () => {
    const unknown = harness.addToken();
    harness.tokens.delete(unknown.publicId);
    const revoked = harness.addToken({}, { status: 'revoked' });
    const expired = harness.addToken({}, { expiresAt: Date.now() - 1 });
    const bodies = await Promise.all(
      [unknown, revoked, expired].map(async ({ text }) => {
        const response = await harness.post(text);
        return `${response.status} ${await response.text()}`;
      }),
    );
    expect(new Set(bodies).size).toBe(1);
    expect(bodies[0]).toMatch(/^401 /);
  });

  test('400: a token in the query string, whatever the path', async () => {
    for (const path of [`/v1/chat/completions?key=${token}`, `/v1/models?x=${token}`, `/v1/none?api_key=abc`]) {
      const response = await fetch(`${harness.url}${path}`, { method: 'POST', body: '{}' });
      expect(response.status).toBe(400);
      expect((await errorOf(response)).code).toBe('token_in_query');
    }
  });

  test.each<[string, number, string, RequestInit & { body?: string }]>([
    ['no JSON', 400, 'invalid_json', { body: 'not json' }],
    ['half JSON', 400, 'invalid_json', { body: '{"model":"gpt-test"' }],
    ['JSON of depth 100,000', 400, 'invalid_request', { body: `{"model":"gpt-test","messages":${'['.repeat(100_000)}` }],
    ['an unknown model', 404, 'model_not_found', { body: chat({ model: 'nobody' }) }],
    ['no model', 400, 'invalid_request', { body: JSON.stringify({ messages: [] }) }],
    ['another content type', 415, 'unsupported_media_type', { headers: { 'content-type': 'text/plain' } }],
    ['a compressed body', 415, 'unsupported_media_type', { headers: { 'content-encoding': 'gzip' } }],
    ['a bad timeout', 400, 'invalid_request', { headers: { 'x-tollgate-timeout': 'soon' } }],
    ['bad metadata', 400, 'invalid_request', { headers: { 'x-tollgate-metadata': '{"__proto__":"x"}' } }],
  ])('%s: %i %s, recorded as refused', async (_, status, code, init) => {
    const response = await harness.post(token, init.body ?? chat(), init.headers === undefined ? {} : { headers: init.headers });
    expect(response.status).toBe(status);
    expect((await errorOf(response)).code).toBe(code);
    expect(await recordOf(response)).toMatchObject({ outcome: 'refused', status, errorCode: code, attempts: [] });
  });

  test('__proto__ keys in the body are bytes like any other', async () => {
    const response = await harness.post(token, '{"__proto__":{"model":"x"},"model":"gpt-test","messages":[]}');
    expect(response.status).toBe(200);
    await response.text();
    expect(({} as { model?: string }).model).toBeUndefined();
  });

  test('403: scope and model', async () => {
    const narrow = harness.addToken({ scopes: ['usage:read'] });
    expect((await harness.post(narrow.text)).status).toBe(403);
    const other = harness.addToken({ models: { allow: ['retry'], deny: [] } });
    const response = await harness.post(other.text);
    expect(response.status).toBe(403);
    expect((await errorOf(response)).code).toBe('model_not_allowed');
  });

  test('404 and 405 in the envelope of the dialect', async () => {
    const missing = await fetch(`${harness.url}/v1/embeddings`, { method: 'POST', body: '{}' });
    expect([missing.status, (await errorOf(missing)).code]).toEqual([404, 'route_not_found']);
    const wrong = await fetch(`${harness.url}/v1/chat/completions`);
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
    expect(await (await fetch(`${harness.url}/healthz`)).text()).toBe('not ours');
  });

  test('413: 40 MiB by Content-Length and by count; the caller reads the answer', async () => {
    const large = Buffer.alloc(40 * 1024 * 1024, 'a');
    const response = await harness.post(token, large);
    expect(response.status).toBe(413);
    expect((await errorOf(response)).code).toBe('body_too_large');
    const status = await new Promise<number>((resolve, reject) => {
      const outgoing = httpRequest(`${harness.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'x-api-key': token, 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
      });
      outgoing.on('response', (incoming) => resolve(incoming.statusCode ?? 0)).on('error', reject);
      outgoing.write('{"model":"gpt-test","messages":[],"x":"');
      outgoing.end(large);
    });
    expect(status).toBe(413);
  });

  test('408: a body that stops arriving', async () => {
    const bytes = `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nx-api-key: ${token}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"mod`;
    const answer = await sendRaw({ port: harness.port, bytes });
    expect(answer.status).toBe(408);
    expect(await recordOf(answer.headers['x-tollgate-request-id'] as string)).toMatchObject({ outcome: 'refused', status: 408 });
  });

  test('429: over the limit, with headers in OpenAI`s format', async () => {
    const limited = harness.addToken({ limits: [requestsOf(2)] });
    harness.quotaLeft = 2;
    const first = await harness.post(limited.text);
    expect(first.status).toBe(200);
    expect(first.headers.get('x-ratelimit-limit-requests')).toBe('2');
    expect((await harness.post(limited.text)).status).toBe(200);
    const third = await harness.post(limited.text);
    expect(third.status).toBe(429);
    expect(Number(third.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(Number(third.headers.get('retry-after-ms'))).toBeGreaterThan(0);
    expect((await errorOf(third)).code).toBe('rate_limit_exceeded');
    expect(await recordOf(third)).toMatchObject({ outcome: 'refused', status: 429 });
    harness.quotaLeft = Number.POSITIVE_INFINITY;
  });

  test('429 quota_unavailable while the authority is out of reach', async () => {
    const limited = harness.addToken({ limits: [requestsOf(5)] });
    harness.quotaUp = false;
    const response = await harness.post(limited.text);
    harness.quotaUp = true;
    expect([response.status, (await errorOf(response)).code]).toEqual([429, 'quota_unavailable']);
  });
});

import { randomBytes } from 'node:crypto';
import type { Problem, TokenSnapshot } from '@tollgate/contracts';
import { generateToken } from '@tollgate/policy';
import { expect, test } from 'vitest';
import { auth, bearer, boot, live, post } from '../testing/thing-service.js';

const problemOf = async (response: Response): Promise<Problem> => {
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  return (await response.json()) as Problem;
};
const pointers = async (response: Response) => (await problemOf(response)).errors?.map(({ pointer }) => pointer);

test.each([
  ['PUT', '/api/v1/things', 'GET, HEAD, POST'],
  ['OPTIONS', '/api/v1/things?limit=1', 'GET, HEAD, POST'],
  ['POST', '/api/v1/things/gone', 'GET, HEAD'],
  ['DELETE', '/api/v1/things/gone', 'GET, HEAD'],
])('405: %s %s, with the methods that there are', async (method, path, allow) => {
  const { url } = await boot();
  for (const headers of [bearer, {}, { 'content-type': 'text/plain' }]) {
    const body = method === 'DELETE' || method === 'OPTIONS' ? {} : { body: 'x' };
    const response = await fetch(url + path, { method, headers, ...body });
    expect([response.status, response.headers.get('allow')]).toEqual([405, allow]);
    expect(await problemOf(response)).toMatchObject({ status: 405, code: 'method_not_allowed' });
  }
});

test('404: a path that has no method at all', async () => {
  const { url } = await boot();
  for (const path of ['/api/v1/nowhere', '/api/v1/things/gone/more', '/api/v1/things/']) {
    const response = await fetch(url + path, { method: 'PUT', headers: bearer });
    expect([response.status, response.headers.get('allow')]).toEqual([404, null]);
  }
});

test.each([
  'application/json; charset=iso-8859-1',
  'application/json;charset="utf-16"',
  'application/json; charset=utf-8; charset=latin1',
  'application/json; charset=',
])('415: %s', async (type) => {
  const { url } = await boot();
  const response = await post(url, '{"name":"x"}', { 'content-type': type });
  expect([response.status, (await problemOf(response)).code]).toEqual([415, 'unsupported_media_type']);
});

test('415: a compressed body', async () => {
  const { url } = await boot();
  const response = await post(url, '{"name":"x"}', { 'content-encoding': 'gzip' });
  expect([response.status, (await problemOf(response)).code]).toEqual([415, 'unsupported_media_type']);
});

test.each(['application/json; charset=UTF-8', 'application/json;charset="utf-8"', 'application/merge-patch+json'])(
  '201: %s',
  async (type) => {
    const { url } = await boot();
    expect((await post(url, '{"name":"na\u00efve \u2602"}', { 'content-type': type })).status).toBe(201);
  },
);

test('400: a key that stands twice, by its pointer', async () => {
  const { url } = await boot();
  for (const [body, pointer] of [
    ['{"name":"x","name":"y"}', '/name'],
    ['{"name":"x","n\\u0061me":"y"}', '/name'],
    ['{"name":"x","tags":[{"key":"a"},{"key":"a","key":"b"}]}', '/tags/1/key'],
  ] as const) {
    const response = await post(url, body);
    expect(response.status).toBe(400);
    expect(await pointers(response)).toEqual([pointer]);
  }
});

test.each([[[0xff]], [[0xc3, 0x28]], [[0xed, 0xa0, 0x80]], [[0xc0, 0xaf]]])('400: bytes that are no UTF-8: %j', async (bytes) => {
  const { url } = await boot();
  const body = Buffer.concat([Buffer.from('{"name":"'), Buffer.from(bytes), Buffer.from('"}')]);
  const response = await fetch(`${url}/api/v1/things`, {
    method: 'POST',
    body,
    headers: { ...bearer, 'content-type': 'application/json' },
  });
  expect(response.status).toBe(400);
  expect(await problemOf(response)).toMatchObject({ code: 'invalid_json', detail: 'The body is not valid UTF-8.' });
});

test('400: an operation without a query or a body refuses them, and only a token learns so', async () => {
  const { url } = await boot();
  const query = await fetch(`${url}/api/v1/things/gone?force=true&force=false&__proto__=1`, { headers: bearer });
  expect(query.status).toBe(400);
  expect((await pointers(query))?.sort()).toEqual(['__proto__', 'force']);
  const posted = await fetch(`${url}/api/v1/things?dry_run=1`, {
    method: 'POST',
    body: '{"name":"x"}',
    headers: { ...bearer, 'content-type': 'application/json' },
  });
  expect([posted.status, await pointers(posted)]).toEqual([400, ['dry_run']]);
  expect((await fetch(`${url}/api/v1/things/gone?force=true`)).status).toBe(401);
  const end = (body: string) =>
    fetch(`${url}/api/v1/things/end`, { method: 'POST', body, headers: { ...bearer, 'content-type': 'application/json' } });
  expect(await pointers(await end('{"force":true}'))).toEqual(['/force']);
  expect((await end('[1]')).status).toBe(400);
  for (const nothing of ['', '{}', 'null']) expect((await end(nothing)).status, nothing).toBe(201);
});

test('400: a request of a thousand mistakes gets a short answer', async () => {
  const { url } = await boot();
  const body = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`field${index}`, 1]));
  const response = await post(url, JSON.stringify(body));
  expect([response.status, (await pointers(response))?.length]).toEqual([400, 100]);
});

test('401: no refusal of a token that was looked up comes early, so none tells by its time whether the id exists', async () => {
  const { url } = await boot();
  const base = auth.snapshot as TokenSnapshot;
  const other = generateToken({ type: 'a', environment: 'live', randomBytes, publicId: live.publicId }).text;
  const states: [TokenSnapshot | null, string][] = [
    [null, live.text],
    [base, other],
    [{ ...base, status: 'revoked', secrets: [] }, live.text],
    [{ ...base, status: 'suspended' }, live.text],
    [{ ...base, expiresAt: 1 }, live.text],
  ];
  for (const [snapshot, token] of states) {
    auth.snapshot = snapshot;
    const started = performance.now();
    const response = await fetch(`${url}/api/v1/things`, { headers: { authorization: `Bearer ${token}` } });
    expect(response.status).toBe(401);
    // Timers of Node are whole milliseconds.
    expect(performance.now() - started).toBeGreaterThan(48);
  }
});

test('429: a flood of made-up tokens from one address, which holds up no token that was good before', async () => {
  const { url } = await boot();
  const send = (text: string) => fetch(`${url}/api/v1/things`, { headers: { authorization: `Bearer ${text}` } });
  const ask = async (text: string) => (await send(text)).status;
  expect(await ask(live.text)).toBe(200);
  const known = auth.snapshot;
  auth.snapshot = null;
  const madeUp = () => generateToken({ type: 'a', environment: 'live', randomBytes }).text;
  const first = await Promise.all(Array.from({ length: 80 }, () => ask(madeUp())));
  const second = await Promise.all(Array.from({ length: 40 }, () => send(madeUp())));
  expect(new Set([...first, ...second.map(({ status }) => status)])).toEqual(new Set([401, 429]));
  expect(second.find(({ status }) => status === 429)?.headers.get('retry-after')).toBe('1');
  auth.snapshot = known;
  expect(await ask(live.text)).toBe(200);
});

import { randomBytes } from 'node:crypto';
import type { TokenSnapshot } from '@tollgate/contracts';
import { generateToken } from '@tollgate/policy';
import { expect, test } from 'vitest';
import { auth, bearer, boot, live, post } from '../testing/thing-service.js';

test('200: a token with the scope reaches the controller, and the caller is known there', async () => {
  const { url } = await boot();
  const response = await post(url, JSON.stringify({ name: 'x' }), { 'x-request-id': 'mine-1' });
  expect(response.status).toBe(201);
  expect(response.headers.get('x-request-id')).toBe('mine-1');
  expect(response.headers.get('x-tollgate-request-id')).toMatch(/^req_/);
  expect(await response.json()).toEqual({
    body: { name: 'x', tags: [] },
    caller: {
      actor: { type: 'token', id: 'tok_1', publicId: live.publicId, secretId: 'sec_1' },
      sessionId: null,
      organisationId: 'org_1',
      operator: false,
      grants: [{ teamId: null, permissions: ['admin:things:*'] }],
      keyHolding: { policy: (auth.snapshot as TokenSnapshot).policy, parents: [], expiresAt: null },
      teams: null,
    },
  });
});

test.each([
  ['none', {}],
  ['garbage', { authorization: 'Bearer nonsense' }],
  ['cut', { authorization: `Bearer ${live.text.slice(0, -1)}` }],
  [
    'another secret of the same id',
    { authorization: `Bearer ${generateToken({ type: 'a', environment: 'live', randomBytes, publicId: live.publicId }).text}` },
  ],
])('401: a token that is %s', async (_, headers) => {
  const { url } = await boot();
  const response = await fetch(`${url}/api/v1/things`, { headers });
  expect(response.status).toBe(401);
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  expect(response.headers.get('www-authenticate')).toContain('Bearer');
  const problem = (await response.json()) as { code: string; request_id: string };
  expect(problem).toMatchObject({ type: 'about:blank', status: 401, code: 'invalid_api_key' });
  expect(problem.request_id).toBe(response.headers.get('x-tollgate-request-id'));
});

test('401: unknown, revoked and expired tokens get the very same detail', async () => {
  const { url } = await boot();
  const details = new Set<string>();
  const base = auth.snapshot as TokenSnapshot;
  for (const state of [null, { ...base, status: 'revoked' as const }, { ...base, expiresAt: 1 }, { ...base, secrets: [] }]) {
    auth.snapshot = state;
    const response = await fetch(`${url}/api/v1/things`, { headers: bearer });
    expect(response.status).toBe(401);
    details.add(((await response.json()) as { detail: string }).detail);
  }
  expect(details.size).toBe(1);
});

test('403: the scope that is lacking is named', async () => {
  const { url } = await boot();
  (auth.snapshot as TokenSnapshot).policy.scopes.splice(0, 1, 'admin:things:read');
  const response = await post(url, '{"name":"x"}');
  expect(response.status).toBe(403);
  expect(await response.json()).toMatchObject({
    code: 'permission_denied',
    detail: expect.stringContaining('admin:things:write'),
  });
});

test('400: a token in the URL', async () => {
  const { url } = await boot();
  const response = await fetch(`${url}/api/v1/things?key=${live.text}`, { headers: bearer });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ code: 'token_in_query' });
});

test('503: the token cannot be checked right now', async () => {
  const { url } = await boot();
  auth.status = 'stale';
  const response = await fetch(`${url}/api/v1/things`, { headers: bearer });
  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).toBe('1');
  expect(await response.json()).toMatchObject({ code: 'token_unverifiable' });
});

test('400: every wrong and every unknown field is named by its pointer', async () => {
  const { url } = await boot();
  const response = await post(url, JSON.stringify({ name: '', tags: [{ key: 'a', 'a/b~c': 1 }], colour: 'red' }));
  expect(response.status).toBe(400);
  const { code, errors } = (await response.json()) as { code: string; errors: { pointer: string }[] };
  expect(code).toBe('invalid_request');
  expect(errors.map((error) => error.pointer).sort()).toEqual(['/colour', '/name', '/tags/0/a~1b~0c']);
});

test.each([
  '{"name":"x","__proto__":{"a":1}}',
  '{"name":"x","constructor":{"prototype":{"a":1}}}',
  '{"name":"x","tags":[{"key":"k","__proto__":1}]}',
])('400: a body that reaches for a prototype: %s', async (body) => {
  const { url } = await boot();
  expect((await post(url, body)).status).toBe(400);
  expect(({} as { a?: number }).a).toBeUndefined();
});

test('400, 413, 415: bodies that are no JSON, too large, or of another kind', async () => {
  const { url } = await boot();
  const broken = await post(url, '{"name":');
  expect([broken.status, ((await broken.json()) as { code: string }).code]).toEqual([400, 'invalid_json']);
  const nothing = await post(url, '');
  expect(nothing.status).toBe(400);
  const large = await post(url, JSON.stringify({ name: 'x'.repeat(1_100_000) }));
  expect([large.status, ((await large.json()) as { code: string }).code]).toEqual([413, 'body_too_large']);
  const other = await post(url, 'name=x', { 'content-type': 'text/plain' });
  expect([other.status, ((await other.json()) as { code: string }).code]).toEqual([415, 'unsupported_media_type']);
});

test('400: a query with an unknown or wrong parameter', async () => {
  const { url } = await boot();
  const response = await fetch(`${url}/api/v1/things?limit=999&colour=red`, { headers: bearer });
  expect(response.status).toBe(400);
  const { errors } = (await response.json()) as { errors: { pointer: string }[] };
  expect(errors.map((error) => error.pointer).sort()).toEqual(['colour', 'limit']);
});

test('404 and 500: a missing thing by its message, a fault of ours by nothing at all', async () => {
  const { url } = await boot();
  const missing = await fetch(`${url}/api/v1/things/gone`, { headers: bearer });
  expect([missing.status, ((await missing.json()) as { detail: string }).detail]).toEqual([404, 'There is no such thing.']);
  const route = await fetch(`${url}/api/v1/nowhere`, { headers: bearer });
  expect([route.status, ((await route.json()) as { code: string }).code]).toEqual([404, 'route_not_found']);
  const fault = await fetch(`${url}/api/v1/things/broken`, { headers: bearer });
  expect(fault.status).toBe(500);
  const text = await fault.text();
  expect(JSON.parse(text)).toMatchObject({ code: 'internal_error' });
  expect(text).not.toContain('hunter2');
});

test('a route that is open to all needs no token', async () => {
  const { url } = await boot();
  expect(await (await fetch(`${url}/api/v1/things/open`)).json()).toEqual({ open: true });
});

test('404: an id that is longer than the router of paths takes', async () => {
  const { url } = await boot();
  expect((await fetch(`${url}/api/v1/things/one/${'a'.repeat(90)}`, { headers: bearer })).status).toBe(200);
  const response = await fetch(`${url}/api/v1/things/one/${'a'.repeat(5_000)}`, { headers: bearer });
  expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([404, 'route_not_found']);
});

test.each(['/api/v1/things/%E0%A4%A', '/%E0%A4%A', `/api/v1/things/${'a'.repeat(5_000)}`])(
  'a path that no route can take is a problem of ours and echoes nothing: %.40s',
  async (path) => {
    const { url } = await boot();
    const response = await fetch(url + path, { headers: bearer });
    expect([400, 404, 414]).toContain(response.status);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.text()).not.toContain(path.slice(-9));
  },
);

test('an empty body that is called JSON is no body: the schema says what is lacking', async () => {
  const { url } = await boot();
  const response = await post(url, '');
  expect(response.status).toBe(400);
  expect(((await response.json()) as { code: string }).code).toBe('invalid_request');
});

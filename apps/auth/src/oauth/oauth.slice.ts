import type { CreatedOAuthClient, JwksReply } from '@tollgate/contracts';
import { SUBJECTS } from '@tollgate/contracts';
import { JwtVerdicts, prepareJwtKeys } from '@tollgate/policy';
import { createTestDatabase } from '@tollgate/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { databaseOfAuth, type RunningAuth, startAuth } from '../testing/start-auth.js';

let auth: RunningAuth;
beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth.close());

const CLIENTS = '/api/v1/oauth/clients';
const made = async (body: object): Promise<CreatedOAuthClient> => {
  const answer = await auth.call<CreatedOAuthClient>('POST', CLIENTS, { name: 'robot', ...body });
  expect(answer.status, answer.text).toBe(201);
  return answer.body;
};
interface TokenAnswer {
  readonly access_token: string;
  readonly expires_in: number;
  readonly scope: string;
  readonly error?: string;
}
const post = async (path: string, client: CreatedOAuthClient, fields: Record<string, string>) => {
  const response = await fetch(auth.handle.url + path, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${client.id}:${client.client_secret}`).toString('base64')}` },
    body: new URLSearchParams(fields),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as TokenAnswer & Record<string, unknown> };
};
const token = (client: CreatedOAuthClient, fields: Record<string, string> = {}) =>
  post('/oauth/token', client, { grant_type: 'client_credentials', ...fields });

test('a client gets a token that its own keys verify, is told about it, revokes it', async () => {
  const client = await made({ scopes: ['llm:*'], limits: { requests: { limit: 5 } } });
  const { status, body } = await token(client, { scope: 'llm:chat' });
  expect(status, JSON.stringify(body)).toBe(200);
  expect(body).toMatchObject({ expires_in: 300, scope: 'llm:chat', token_type: 'Bearer' });
  const jwks = await auth.ask<JwksReply>(SUBJECTS.jwks, {});
  if (jwks.status !== 'found') throw new Error('no keys');
  const verdicts = new JwtVerdicts(10);
  verdicts.setKeys(prepareJwtKeys(jwks));
  expect(verdicts.check(body.access_token, Date.now())).toMatchObject({
    ok: true,
    value: { organisationId: auth.secrets.organisationId, scopes: ['llm:chat'], clientId: client.id },
  });
  const told = await post('/oauth/introspect', client, { token: body.access_token });
  expect(told.body).toMatchObject({ active: true, client_id: client.id, scope: 'llm:chat', aud: `${auth.handle.url}/v1` });
  expect((await post('/oauth/revoke', client, { token: body.access_token })).status).toBe(200);
  expect((await post('/oauth/introspect', client, { token: body.access_token })).body).toEqual({ active: false });
  const after = await auth.ask<JwksReply>(SUBJECTS.jwks, {});
  expect(after.status === 'found' ? after.denied : []).toHaveLength(1);
});

test('what is wrong is refused', async () => {
  const client = await made({ scopes: ['llm:chat'] });
  expect((await token(client, { scope: 'llm:embed' })).body.error).toBe('invalid_scope');
  expect((await token(client, { resource: 'https://elsewhere/v1' })).body.error).toBe('invalid_target');
  expect((await token({ ...client, client_secret: `${client.client_secret}x` })).body.error).toBe('invalid_client');
  expect((await token({ ...client, client_secret: 'x' })).status).toBe(401);
  expect((await post('/oauth/token', client, { grant_type: 'password', username: 'a', password: 'b' })).body.error).toBe(
    'unsupported_grant_type',
  );
  expect((await token(client)).body.scope).toBe('llm:chat');
  await auth.call('PATCH', `${CLIENTS}/${client.id}`, { status: 'suspended' });
  expect((await token(client)).status).toBe(401);
});

test('400: what Postgres cannot hold is no parameter', async () => {
  const client = await made({ scopes: ['llm:chat'] });
  const response = await fetch(`${auth.handle.url}/oauth/authorize?response_type=code&client_id=${client.id}&state=a%00`);
  expect([response.status, response.headers.get('content-type')]).toEqual([400, 'text/html; charset=utf-8']);
  expect((await token(client, { scope: 'llm:chat\u0000' })).body.error).toBe('invalid_request');
  expect((await post('/oauth/introspect', client, { token: '\u0000' })).status).toBe(400);
});

test.each([
  '/oauth/nowhere',
  '/oauth/interaction/none',
  '/oauth/authorize/a%20b',
  '/.well-known/oauth-authorization-server/elsewhere',
])('404: %s is a page of ours', async (path) => {
  const response = await fetch(auth.handle.url + path);
  expect([response.status, response.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
});

test('the metadata stands at both well-known places', async () => {
  for (const path of ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']) {
    const metadata = (await (await fetch(auth.handle.url + path, { headers: { host: 'evil.example' } })).json()) as Record<
      string,
      unknown
    >;
    expect(metadata).toMatchObject({
      issuer: auth.handle.url,
      token_endpoint: `${auth.handle.url}/oauth/token`,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      grant_types_supported: expect.not.arrayContaining(['implicit', 'password']),
    });
  }
});

test('a gateway below a path: metadata where RFC 8414 puts it, and the path in every link', async () => {
  const issuer = 'https://gateway.example.com/llm';
  const database = await createTestDatabase(databaseOfAuth());
  const below = await startAuth({ url: database.url, overrides: { variables: { PUBLIC_URL: issuer } } });
  try {
    const read = async (path: string) => (await fetch(below.handle.url + path)).json() as Promise<Record<string, string>>;
    // Section 3.1: the well-known name stands between host and path. Discovery of OpenID Connect puts it behind the path, which the proxy takes off.
    for (const path of ['/.well-known/oauth-authorization-server/llm', '/.well-known/openid-configuration']) {
      expect(await read(path)).toMatchObject({
        issuer,
        authorization_endpoint: `${issuer}/oauth/authorize`,
        token_endpoint: `${issuer}/oauth/token`,
        jwks_uri: `${issuer}/oauth/jwks`,
        introspection_endpoint: `${issuer}/oauth/introspect`,
      });
    }
    expect((await fetch(`${below.handle.url}/.well-known/oauth-authorization-server/elsewhere`)).status).toBe(404);
    const redirect_uri = 'https://app.example.com/back';
    const { body: client } = await below.call<CreatedOAuthClient>('POST', CLIENTS, {
      ...{
        name: 'app',
        scopes: ['llm:*'],
        grant_types: ['authorization_code'],
        auth_method: 'none',
        redirect_uris: [redirect_uri],
      },
    });
    const asked = new URLSearchParams({
      ...{ client_id: client.id, redirect_uri, response_type: 'code', scope: 'llm:chat', state: 'state' },
      ...{ code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256' },
    });
    const started = await fetch(`${below.handle.url}/oauth/authorize?${asked}`, { redirect: 'manual' });
    const location = started.headers.get('location') ?? '';
    expect(location).toMatch(/^(https:\/\/gateway\.example\.com)?\/llm\/oauth\/interaction\/[\w-]+$/);
    const cookies = started.headers.getSetCookie();
    expect(cookies.every((cookie) => /path=(\/llm\/oauth\/|\/(;|$))/i.test(cookie))).toBe(true);
    const page = await fetch(below.handle.url + new URL(location, issuer).pathname.slice('/llm'.length), {
      headers: { cookie: cookies.map((cookie) => cookie.split(';')[0]).join('; ') },
    });
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('action="/llm/oauth/interaction/');
  } finally {
    await below.close();
    await database.drop();
  }
});

test('201: signing keys rotated twice under one Idempotency-Key are rotated once, and the answer is kept with the change', async () => {
  const headers = { 'idempotency-key': 'rotate-the-keys' };
  const rotate = () =>
    auth.call<{ data: { kid: string; state: string }[] }>('POST', '/api/v1/oauth/keys/rotate', undefined, undefined, headers);
  const first = await rotate();
  expect(first.body.data.filter(({ state }) => state === 'next')).toHaveLength(1);
  const again = await rotate();
  expect([again.status, again.text, again.headers.get('idempotency-replayed')]).toEqual([first.status, first.text, 'true']);
  // One transaction wrote both rows: a death in between leaves neither.
  const rows = await auth.dataSource.query(
    `SELECT 1 FROM auth.idempotency_keys AS kept JOIN auth.oauth_keys AS made ON made.xmin = kept.xmin WHERE kept.key = $1`,
    [headers['idempotency-key']],
  );
  expect(rows).toHaveLength(1);
});

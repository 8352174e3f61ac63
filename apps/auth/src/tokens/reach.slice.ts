import type { CreatedToken, Problem, Token } from '@tollgate/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readAudit } from '../audit/read-audit.js';
import { type RunningAuth, startAuth } from '../testing/start-auth.js';

const TOKENS = '/api/v1/tokens';
let auth: RunningAuth;
beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth.close());

const made = async (body: object, token?: string): Promise<CreatedToken> => {
  const answer = await auth.call<CreatedToken>('POST', TOKENS, body, token);
  expect(answer.status, answer.text).toBe(201);
  return answer.body;
};
const manager = (fields: object = {}) => made({ name: 'manager', type: 'management_key', scopes: ['admin:tokens:*'], ...fields });
const events = () => readAudit(auth.dataSource.manager, auth.secrets.organisationId, { after: 0, limit: 10_000 });

const WIDER = [
  ['an API key', { scopes: ['llm:chat'] }],
  ['a management key', { type: 'management_key', scopes: ['admin:providers:write'] }],
  ['a management key of everything', { type: 'management_key', scopes: ['admin:*'] }],
] as const;
const ACTS = [
  ['PATCH', '', { status: 'suspended' }],
  ['PATCH', '', { name: 'mine now' }],
  ['PATCH', '', { models: { allow: ['*'] } }],
  ['PATCH', '', { limits: { requests: null } }],
  ['PATCH', '', { scopes: ['admin:tokens:read'] }],
  ['PATCH', '', {}],
  ['POST', '/revoke', undefined],
  ['DELETE', '', undefined],
] as const;

test.each(WIDER)('403: %s whose scopes are wider is neither changed nor revoked', async (_, fields) => {
  const actor = await manager();
  const target = await made({ name: 'wider', ...fields });
  const before = await auth.call('GET', `${TOKENS}/${target.id}`);
  const trail = (await events()).length;
  for (const [method, path, body] of ACTS) {
    const answer = await auth.call<Problem>(method, `${TOKENS}/${target.id}${path}`, body, actor.token);
    expect(answer.status, `${method} ${JSON.stringify(body)}: ${answer.text}`).toBe(403);
    expect(answer.body.detail).toContain(fields.scopes[0]);
  }
  expect((await auth.call('GET', `${TOKENS}/${target.id}`)).body).toEqual(before.body);
  expect(await events()).toHaveLength(trail);
});

test('403: a key that was revoked already is out of reach as well', async () => {
  const actor = await manager();
  const target = await made({ name: 'gone' });
  await auth.call('DELETE', `${TOKENS}/${target.id}`);
  expect((await auth.call('DELETE', `${TOKENS}/${target.id}`, undefined, actor.token)).status).toBe(403);
});

test('403: the first key of the organisation cannot be shut out by a narrower one', async () => {
  const actor = await manager({ scopes: ['admin:*'] });
  const { body } = await auth.call<{ data: Token[] }>('GET', `${TOKENS}?name=first%20management`);
  const [first] = body.data;
  for (const [method, path, patch] of ACTS) {
    expect((await auth.call(method, `${TOKENS}/${first?.id}${path}`, patch, actor.token)).status).toBe(403);
  }
  expect((await auth.call('GET', TOKENS)).status).toBe(200);
});

test('200: a key within its scopes, and its own self, is changed and revoked', async () => {
  const actor = await manager({ scopes: ['admin:tokens:*', 'llm:*'] });
  const target = await made({ name: 'narrower', scopes: ['llm:chat'] });
  const path = `${TOKENS}/${target.id}`;
  for (const patch of [
    { status: 'suspended' },
    { status: 'active', name: 'x' },
    { scopes: ['llm:*'], models: { allow: ['*'] } },
  ]) {
    expect((await auth.call('PATCH', path, patch, actor.token)).status).toBe(200);
  }
  expect((await auth.call('DELETE', path, undefined, actor.token)).body.status).toBe('revoked');
  expect((await auth.call('DELETE', `${TOKENS}/${actor.id}`, undefined, actor.token)).body.status).toBe('revoked');
  expect((await auth.call('GET', TOKENS, undefined, actor.token)).status).toBe(401);
});

test('403: what the actor could not create, it can loosen no key to, its own included', async () => {
  const bounds = {
    models: { allow: ['demo/*'], deny: ['demo/secret'] },
    limits: { requests: { limit: 60 } },
    caps: { output_tokens: 100 },
  };
  const actor = await manager({ scopes: ['admin:tokens:*', 'llm:*'], ...bounds });
  const child = await made({ name: 'child', ...bounds }, actor.token);
  const own = `${TOKENS}/${actor.id}`;
  const loosened = [
    [{ models: { allow: ['*'] } }, 'the model *'],
    [{ models: { deny: [] } }, 'demo/secret'],
    [{ limits: { requests: null } }, 'requests'],
    [{ limits: { requests: { limit: 61 } } }, 'requests'],
    [{ limits: { requests: { burst: 61 } } }, 'requests'],
    [{ caps: { output_tokens: null } }, 'output tokens'],
    [{ caps: { output_tokens: 101 } }, 'output tokens'],
  ] as const;
  for (const [fields, reason] of loosened) {
    for (const path of [`${TOKENS}/${child.id}`, own]) {
      const answer = await auth.call<Problem>('PATCH', path, fields, actor.token);
      expect([answer.status, answer.body.detail], JSON.stringify(fields)).toEqual([403, expect.stringContaining(reason)]);
    }
    const body = { name: 'x', ...bounds, ...fields, models: { ...bounds.models, ...('models' in fields ? fields.models : {}) } };
    if ('limits' in fields && fields.limits.requests !== null) {
      body.limits = { requests: { ...bounds.limits.requests, ...fields.limits.requests } };
    }
    expect((await auth.call('POST', TOKENS, body, actor.token)).status, JSON.stringify(body)).toBe(403);
  }
  const unbound = await auth.call<Problem>('PATCH', own, { models: { allow: [] } }, actor.token);
  expect([unbound.status, unbound.body.detail]).toEqual([403, expect.stringContaining('all models')]);
  const tightened = { models: { allow: ['demo/echo'] }, limits: { requests: { limit: 30 } }, caps: { output_tokens: 50 } };
  expect((await auth.call('PATCH', `${TOKENS}/${child.id}`, tightened, actor.token)).status).toBe(200);
});

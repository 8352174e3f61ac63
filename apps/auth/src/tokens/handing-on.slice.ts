import type { Budget, CreatedToken, Limit, Problem } from '@tollgate/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningAuth, startAuth } from '../testing/start-auth.js';

const TOKENS = '/api/v1/tokens';
const DAY_MS = 86_400_000;
let auth: RunningAuth;
beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth.close());

const make = (body: object, token?: string) => auth.call<CreatedToken & Problem>('POST', TOKENS, { name: 'x', ...body }, token);
const made = async (body: object, token?: string): Promise<CreatedToken> => {
  const answer = await make(body, token);
  expect(answer.status, answer.text).toBe(201);
  return answer.body;
};
const manager = (fields: object = {}, token?: string) =>
  made({ type: 'management_key', scopes: ['admin:*', 'llm:*'], ...fields }, token);
const patch = (id: string, body: object, token?: string) => auth.call<Problem>('PATCH', `${TOKENS}/${id}`, body, token);
const inDays = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString();
const refused = (answer: { status: number; body: Problem }, detail: string): void => {
  expect([answer.status, answer.body.detail]).toEqual([403, expect.stringContaining(detail)]);
};

test('403: what was taken from the parent of a key is not handed on by the key either', async () => {
  const parent = await manager();
  const child = await manager({ parent_id: parent.id });
  const before = await made({ scopes: ['llm:chat'] }, child.token);
  await patch(parent.id, { scopes: ['admin:*'], addresses: { allow: ['127.0.0.0/8', '::1'] } });
  refused(await make({ scopes: ['llm:chat'] }, child.token), 'the scope llm:chat');
  refused(await make({ type: 'management_key', scopes: ['admin:tokens:read'] }, child.token), 'these addresses');
  refused(await patch(before.id, { name: 'y' }, child.token), 'the scope llm:chat');
  refused(await auth.call('POST', `${TOKENS}/${before.id}/rotate`, {}, child.token), 'the scope llm:chat');
  const user = { email: 'new@example.com', name: 'New', roles: [{ role: 'viewer' }] };
  refused(await auth.call('POST', '/api/v1/users', user, child.token), 'addresses');
  const client = { name: 'x', scopes: ['llm:chat'] };
  refused(await auth.call('POST', '/api/v1/oauth/clients', client, child.token), 'the scope llm:chat');
});

test('200: a key can always end itself and what is below it, however much was taken from it meanwhile', async () => {
  const parent = await manager();
  const child = await manager({ parent_id: parent.id });
  const grandchild = await manager({ parent_id: child.id });
  await patch(parent.id, { scopes: ['admin:tokens:*'] });
  for (const { id } of [grandchild, child]) {
    expect((await auth.call('DELETE', `${TOKENS}/${id}`, undefined, child.token)).status).toBe(200);
  }
});

test('403: a management key neither lengthens its own life nor makes or takes over one that lives longer', async () => {
  const actor = await manager({ expires_at: inDays(2) });
  const detail = 'a longer life than its own';
  for (const expires_at of [null, inDays(3)]) {
    refused(await patch(actor.id, { expires_at }, actor.token), detail);
    refused(await make({ type: 'management_key', scopes: ['admin:tokens:read'], expires_at }, actor.token), detail);
  }
  const elder = await manager({ scopes: ['admin:tokens:read'], expires_at: null });
  refused(await auth.call('POST', `${TOKENS}/${elder.id}/rotate`, {}, actor.token), detail);
  refused(await auth.call('POST', `${TOKENS}/${elder.id}/rotate`, { delivery: 'one_time_link' }, actor.token), detail);
  expect((await patch(actor.id, { expires_at: inDays(1) }, actor.token)).status).toBe(200);
  expect((await patch(elder.id, { status: 'suspended' }, actor.token)).status).toBe(200);
});

test('201: a management key ends with the one that made it where nothing is said; API keys live on', async () => {
  const actor = await manager({ expires_at: inDays(2) });
  const other = await made({ type: 'management_key', scopes: ['admin:tokens:read'] }, actor.token);
  expect(other.expires_at).toBe(actor.expires_at);
  expect((await made({ scopes: ['llm:chat'], expires_at: null }, actor.token)).expires_at).toBeNull();
});

test('403: a key with a budget or a limit of its own makes no key beside them, only below', async () => {
  const actor = await manager({ models: { allow: ['demo/*'], deny: [] } });
  const key = { type: 'management_key', scopes: ['llm:chat'], models: { allow: ['demo/*'] } };
  await made(key, actor.token);
  const subject = { type: 'token', id: actor.id };
  const money = { name: 'own', subject, amount: '1', period: 'day' };
  const budget = await auth.call<Budget>('POST', '/api/v1/budgets', money);
  const limit = await auth.call<Limit>('POST', '/api/v1/limits', { subject, kind: 'tokens', limit: 100 });
  expect([budget.status, limit.status]).toEqual([201, 201]);
  refused(await make(key, actor.token), 'that many tokens; calls beside its own budget');
  expect((await make({ ...key, parent_id: actor.id }, actor.token)).status).toBe(201);
  const own = 'bounds the very token';
  refused(await auth.call('PATCH', `/api/v1/budgets/${budget.body.id}`, { amount: '2' }, actor.token), own);
  refused(await auth.call('DELETE', `/api/v1/budgets/${budget.body.id}`, undefined, actor.token), own);
  refused(await auth.call('PATCH', `/api/v1/limits/${limit.body.id}`, { limit: 200 }, actor.token), own);
  refused(await auth.call('DELETE', `/api/v1/limits/${limit.body.id}`, undefined, actor.token), own);
  expect((await auth.call('DELETE', `/api/v1/budgets/${budget.body.id}`)).status).toBe(204);
});

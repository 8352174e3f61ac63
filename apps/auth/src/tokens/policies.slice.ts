import type { Problem } from '@tollgate/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readAudit } from '../audit/read-audit.js';
import { type RunningAuth, startAuth } from '../testing/start-auth.js';
import { TOKENS, tokenCalls } from '../testing/token-calls.js';

let auth: RunningAuth;
beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth.close());
const { made, resolve, ownerNamed } = tokenCalls(() => auth);

const pointersOf = async (method: string, path: string, body: object): Promise<readonly (string | undefined)[][]> => {
  const answer = await auth.call<Problem>(method, path, body);
  expect(answer.status, answer.text).toBe(400);
  return (answer.body.errors ?? []).map(({ pointer, reason }) => [pointer, reason]);
};
const patch = (id: string, body: object) => auth.call('PATCH', `${TOKENS}/${id}`, body);
const office = [{ days: ['mon', 'fri'], from: '08:00', to: '18:00', time_zone: 'Europe/Vienna' }];

describe('the whole policy', () => {
  test('201: what is said comes back, and reaches the routers', async () => {
    const fields = {
      addresses: { allow: ['10.0.0.0/8', '2001:db8::/32'], deny: ['10.1.0.0/16'] },
      windows: office,
      caps: { input_tokens: 1_000, output_tokens: 100, request_bytes: 10_000 },
      tags: ['env:prod', 'team/a'],
      owner_id: await ownerNamed('whole'),
      idle_expiry_days: 7,
      content_logging: true,
      strict: true,
    };
    const token = await made(fields);
    expect(token).toMatchObject({ ...fields, parent_id: null, last_used_at: null });
    const snapshot = await resolve(token.public_id);
    expect(snapshot).toMatchObject({ ownerId: fields.owner_id, status: 'active' });
    expect(snapshot.policy).toMatchObject({
      addresses: fields.addresses,
      windows: [{ days: ['mon', 'fri'], timeZone: 'Europe/Vienna' }],
      caps: { inputTokens: 1_000, outputTokens: 100, requestBytes: 10_000 },
      contentLogging: true,
      strict: true,
    });
    const changed = await patch(token.id, { addresses: { deny: [] }, windows: [], caps: { input_tokens: null }, tags: ['b'] });
    expect(changed.body).toMatchObject({
      addresses: { allow: fields.addresses.allow, deny: [] },
      windows: [],
      caps: { input_tokens: null, output_tokens: 100, request_bytes: 10_000 },
      tags: ['b'],
    });
  });

  test.each<[object, string, string | undefined]>([
    [{ addresses: { allow: ['10.0.0.1/8'] } }, '/addresses/allow/0', 'host_bits'],
    [{ addresses: { deny: ['10.0.0.0/8', 'localhost'] } }, '/addresses/deny/1', 'no_address'],
    [{ addresses: { block: [] } }, '/addresses/block', undefined],
    [{ windows: [{ ...office[0], time_zone: 'Europe/Nowhere' }] }, '/windows/0/time_zone', 'no_zone'],
    [{ windows: [{ ...office[0], to: '25:00' }] }, '/windows/0/to', undefined],
    [{ windows: [{ ...office[0], days: [] }] }, '/windows/0/days', undefined],
    [{ windows: [{ ...office[0], hours: 1 }] }, '/windows/0/hours', undefined],
    [{ caps: { tokens: 1 } }, '/caps/tokens', undefined],
    [{ caps: { output_tokens: 0 } }, '/caps/output_tokens', undefined],
    [{ tags: ['two words'] }, '/tags/0', undefined],
    [{ idle_expiry_days: 0 }, '/idle_expiry_days', undefined],
    [{ owner_id: 'me' }, '/owner_id', undefined],
    [{ owner_id: 'user_00000000000000000000000001' }, '/owner_id', 'no_owner'],
    [{ models: { allow: ['gpt-*'], deny: ['g*'] } }, '/models/deny', 'models_all_denied'],
    [{ models: { allow: [] } }, '/models/allow', 'no_model'],
    [{ addresses: { deny: ['0.0.0.0/0', '::/0'] } }, '/addresses/deny', 'addresses_all_denied'],
    [{ addresses: { allow: ['10.1.0.0/16'], deny: ['10.0.0.0/8'] } }, '/addresses/deny', 'addresses_all_denied'],
    [{ expires_at: '2020-01-01T00:00:00Z' }, '/expires_at', undefined],
  ])('400: %j', async (body, pointer, reason) => {
    expect(await pointersOf('POST', TOKENS, { name: 'x', ...body })).toContainEqual([pointer, reason]);
  });

  test('400: a change that would leave nothing is refused as well', async () => {
    const token = await made({ models: { allow: ['gpt-*'] } });
    expect(await pointersOf('PATCH', `${TOKENS}/${token.id}`, { models: { deny: ['*'] } })).toEqual([
      ['/models/deny', 'models_all_denied'],
    ]);
  });

  test('30 days of idleness where nothing is said, none for a management key', async () => {
    expect((await made({})).idle_expiry_days).toBe(30);
    expect((await made({ type: 'management_key', scopes: ['usage:read'] })).idle_expiry_days).toBeNull();
    expect((await made({ idle_expiry_days: null })).idle_expiry_days).toBeNull();
  });
});

describe('children', () => {
  const parentFields = {
    scopes: ['llm:*'],
    models: { allow: ['demo/*'], deny: ['demo/secret'] },
    addresses: { allow: ['10.0.0.0/8'], deny: [] },
    windows: office,
    limits: { requests: { limit: 60 } },
    caps: { output_tokens: 100 },
    tags: ['p'],
  };

  test('201: a child takes what is not said from its parent, and spends from its limits', async () => {
    const parent = await made(parentFields);
    const child = await made({ parent_id: parent.id, models: { allow: ['demo/echo'] }, limits: { requests: { limit: 6 } } });
    expect(child).toMatchObject({ parent_id: parent.id, scopes: ['llm:*'], addresses: parent.addresses, windows: office });
    expect(Date.parse(child.expires_at ?? '')).toBeLessThanOrEqual(Date.parse(parent.expires_at ?? ''));
    const snapshot = await resolve(child.public_id);
    expect(snapshot.policy.limits.map(({ bucket }) => bucket)).toEqual([`requests:${child.id}`, `requests:${parent.id}`]);
    expect(snapshot.parents).toMatchObject([{ models: parentFields.models, addresses: parentFields.addresses }]);
    expect(snapshot.policy.caps.outputTokens).toBe(100);
  });

  test('400: what a child would have beyond its parent is named', async () => {
    const parent = await made({ ...parentFields, expires_at: '2030-01-01T00:00:00Z' });
    const cases: [object, string, string][] = [
      [{ scopes: ['llm:*', 'api:x'] }, '/scopes/1', 'scope_beyond'],
      [{ models: { allow: ['demo/echo', '*'], deny: [] } }, '/models/allow/1', 'model_beyond'],
      [{ models: { allow: ['demo/s*'], deny: [] } }, '/models/allow/0', 'model_beyond'],
      [{ addresses: { allow: ['10.0.0.0/7'] } }, '/addresses/allow/0', 'address_beyond'],
      [{ addresses: { allow: [] } }, '/addresses/allow', 'address_beyond'],
      [{ windows: [] }, '/windows', 'window_beyond'],
      [{ windows: [{ ...office[0], to: '18:30' }] }, '/windows/0', 'window_beyond'],
      [{ limits: { requests: { limit: 61 } } }, '/limits/requests', 'limit_beyond'],
      [{ caps: { output_tokens: null } }, '/caps/output_tokens', 'cap_beyond'],
      [{ expires_at: null }, '/expires_at', 'expiry_beyond'],
      [{ content_logging: true }, '/content_logging', 'logging_beyond'],
    ];
    for (const [fields, pointer, reason] of cases) {
      const found = await pointersOf('POST', TOKENS, {
        name: 'x',
        parent_id: parent.id,
        expires_at: '2029-01-01T00:00:00Z',
        ...fields,
      });
      expect(found, JSON.stringify(fields)).toEqual([[pointer, reason]]);
    }
    const child = await made({ parent_id: parent.id, expires_at: '2029-01-01T00:00:00Z' });
    expect(await pointersOf('PATCH', `${TOKENS}/${child.id}`, { caps: { output_tokens: 101 } })).toEqual([
      ['/caps/output_tokens', 'cap_beyond'],
    ]);
    expect((await patch(child.id, { name: 'renamed', caps: { output_tokens: 99 } })).status).toBe(200);
  });

  test('what becomes of a parent becomes of its children at the next look', async () => {
    const parent = await made(parentFields);
    const child = await made({ parent_id: parent.id });
    const grandchild = await made({ parent_id: child.id });
    await patch(parent.id, { models: { allow: ['demo/echo'] }, caps: { output_tokens: 10 }, strict: true });
    const snapshot = await resolve(grandchild.public_id);
    expect(snapshot.parents?.map(({ models }) => models.allow)).toEqual([['demo/*'], ['demo/echo']]);
    expect([snapshot.policy.caps.outputTokens, snapshot.policy.strict]).toEqual([10, true]);
    await patch(parent.id, { status: 'suspended' });
    expect((await resolve(grandchild.public_id)).status).toBe('suspended');
    await patch(parent.id, { status: 'active', expires_at: '2026-12-31T00:00:00Z' });
    expect(await resolve(grandchild.public_id)).toMatchObject({
      status: 'active',
      expiresAt: Date.parse('2026-12-31T00:00:00Z'),
    });
    await auth.call('DELETE', `${TOKENS}/${parent.id}`);
    for (const each of [child, grandchild]) {
      expect((await auth.call('GET', `${TOKENS}/${each.id}`)).body).toMatchObject({ status: 'revoked' });
      expect(await resolve(each.public_id)).toMatchObject({ status: 'revoked', secrets: [] });
    }
    const events = await readAudit(auth.dataSource.manager, auth.secrets.organisationId, { after: 0, limit: 10_000 });
    const gone = events.filter(({ action }) => action === 'token.revoked').map(({ target }) => target.id);
    expect(gone).toEqual(expect.arrayContaining([parent.id, child.id, grandchild.id]));
  });

  test('400: a parent of another type, one that is gone, one that is not there, too many generations', async () => {
    const parent = await made({});
    const gone = await made({});
    await auth.call('DELETE', `${TOKENS}/${gone.id}`);
    for (const body of [
      { parent_id: 'tok_00000000000000000000000000' },
      { parent_id: gone.id },
      { parent_id: parent.id, type: 'management_key', scopes: ['usage:read'] },
    ]) {
      expect(await pointersOf('POST', TOKENS, { name: 'x', ...body })).toEqual([['/parent_id', undefined]]);
    }
    let last = parent;
    for (let generation = 2; generation <= 4; generation += 1) last = await made({ parent_id: last.id });
    expect(await pointersOf('POST', TOKENS, { name: 'x', parent_id: last.id })).toEqual([['/parent_id', undefined]]);
  });

  test('404 and not 403: a parent of another organisation does not exist', async () => {
    const other = 'org_00000000000000000000000009';
    await auth.dataSource.query(
      "INSERT INTO auth.organisations (id, name, created_at, updated_at) VALUES ($1, 'other', now(), now())",
      [other],
    );
    const theirs = await made({});
    await auth.dataSource.query('UPDATE auth.tokens SET organisation_id = $1 WHERE id = $2', [other, theirs.id]);
    expect(await pointersOf('POST', TOKENS, { name: 'x', parent_id: theirs.id })).toEqual([['/parent_id', undefined]]);
  });
});

test('403: a management key is held to its addresses and windows, and to its parent, as well', async () => {
  const key = { type: 'management_key', scopes: ['admin:tokens:*'] };
  const away = await made({ ...key, addresses: { allow: ['10.0.0.0/8'] } });
  const here = await made({ ...key, addresses: { allow: ['127.0.0.1', '::1'] } });
  const day = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'][new Date(Date.now() + 3 * 86_400_000).getUTCDay()];
  const later = await made({ ...key, windows: [{ days: [day], from: '00:00', to: '00:01', time_zone: 'UTC' }] });
  const codeOf = async (token: string) => (await auth.call<Problem>('GET', TOKENS, undefined, token)).body.code;
  expect([await codeOf(away.token), await codeOf(here.token), await codeOf(later.token)]).toEqual([
    'address_not_allowed',
    undefined,
    'outside_time_window',
  ]);
  const child = await made({ ...key, parent_id: here.id });
  expect(await codeOf(child.token)).toBeUndefined();
  await patch(here.id, { scopes: ['admin:tokens:write'] });
  expect(await codeOf(child.token)).toBe('permission_denied');
});

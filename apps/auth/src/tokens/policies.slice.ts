import { randomBytes } from 'node:crypto';
import type { CreatedToken, Page, Problem, Token, TokenResolveReply } from '@tollgate/contracts';
import { SUBJECTS } from '@tollgate/contracts';
import { newId } from '@tollgate/kernel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readAudit } from '../audit/read-audit.js';
import { type RunningAuth, startAuth } from '../testing/start-auth.js';

const TOKENS = '/api/v1/tokens';
let auth: RunningAuth;
beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth.close());

const made = async (body: object, token?: string): Promise<CreatedToken> => {
  const answer = await auth.call<CreatedToken>('POST', TOKENS, { name: 'x', ...body }, token);
  expect(answer.status, answer.text).toBe(201);
  return answer.body;
};
const pointersOf = async (method: string, path: string, body: object): Promise<readonly (string | undefined)[][]> => {
  const answer = await auth.call<Problem>(method, path, body);
  expect(answer.status, answer.text).toBe(400);
  return (answer.body.errors ?? []).map(({ pointer, reason }) => [pointer, reason]);
};
const resolve = async (publicId: string) => {
  const reply = await auth.ask<TokenResolveReply>(SUBJECTS.tokenResolve, { publicId });
  if (reply.status !== 'found') throw new Error(reply.status);
  return reply.token;
};
/** A service account that keys can belong to. */
const ownerNamed = async (name: string): Promise<string> => {
  const id = newId('sa', Date.now(), randomBytes);
  await auth.dataSource.query(
    `INSERT INTO auth.service_accounts (id, organisation_id, name, status, created_at, updated_at)
     VALUES ($1, $2, $3, 'active', now(), now())`,
    [id, auth.secrets.organisationId, name],
  );
  return id;
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

describe('search', () => {
  const names = async (query: string): Promise<readonly string[]> => {
    const answer = await auth.call<Page<Token>>('GET', `${TOKENS}?limit=200&${query}`);
    expect(answer.status, answer.text).toBe(200);
    return answer.body.data.map(({ name }) => name);
  };

  test('by owner, tag, parent, scope, model, expiry and last use', async () => {
    const owner = await ownerNamed('search');
    const one = await made({ name: 's-one', owner_id: owner, tags: ['s:1', 's:2'], expires_at: '2031-01-01T00:00:00Z' });
    await made({
      name: 's-two',
      parent_id: one.id,
      tags: ['s:2'],
      scopes: ['llm:chat'],
      models: { allow: ['gpt-%_x*'], deny: ['gpt-%_x9'] },
    });
    await made({ name: 's-three', owner_id: owner, scopes: ['llm:embed'], expires_at: null });
    expect(await names(`name=s-&owner_id=${owner}`)).toEqual(['s-three', 's-two', 's-one']);
    expect(await names('tag=s:2')).toEqual(['s-two', 's-one']);
    expect(await names('tag=s:1')).toEqual(['s-one']);
    expect(await names(`parent_id=${one.id}`)).toEqual(['s-two']);
    expect(await names('name=s-&scope=llm:chat')).toEqual(['s-two', 's-one']);
    expect(await names('name=s-&scope=llm:embed')).toEqual(['s-three', 's-one']);
    const model = (text: string) => names(`name=s-&model=${encodeURIComponent(text)}`);
    expect(await model('gpt-%_x1')).toEqual(['s-three', 's-two', 's-one']);
    expect(await model('gpt-%_x9')).toEqual(['s-three', 's-one']);
    expect(await model('gpt-aax1')).toEqual(['s-three', 's-one']);
    expect(await names('name=s-&expires_before=2031-01-01T00:00:01Z')).toEqual(['s-two', 's-one']);
    await auth.dataSource.query("UPDATE auth.token_secrets SET last_used_at = '2026-05-05T00:00:00Z' WHERE token_id = $1", [
      one.id,
    ]);
    expect(await names('name=s-&last_used_before=2026-05-05T00:00:00Z')).toEqual(['s-three', 's-two']);
    expect(await names('name=s-&last_used_before=2026-05-05T00:00:01Z')).toEqual(['s-three', 's-two', 's-one']);
    expect((await auth.call('GET', `${TOKENS}/${one.id}`)).body).toMatchObject({ last_used_at: '2026-05-05T00:00:00.000Z' });
  });

  test.each(['created_at', '-created_at', 'name', '-name', 'expires_at', '-expires_at', 'last_used_at', '-last_used_at'])(
    'by %s, page by page, without a gap or a repetition',
    async (sort) => {
      const tag = `sort-${sort.replace('-', 'minus-')}`;
      const expiries = ['2031-01-01T00:00:00Z', null, '2030-01-01T00:00:00Z', null, '2031-01-01T00:00:00Z'];
      const all: Token[] = [];
      for (const [index, expires_at] of expiries.entries()) {
        const token = await made({ name: `n${[3, 1, 2, 1, 5][index]}`, tags: [tag], expires_at });
        if (index % 2 === 0) {
          await auth.dataSource.query('UPDATE auth.tokens SET last_used_at = $2 WHERE id = $1', [
            token.id,
            new Date(2026, 4, index + 1),
          ]);
        }
        all.push((await auth.call('GET', `${TOKENS}/${token.id}`)).body);
      }
      const found: Token[] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const path: string = `${TOKENS}?tag=${tag}&limit=2&sort=${sort}${cursor === '' ? '' : `&cursor=${cursor}`}`;
        const answer = await auth.call<Page<Token>>('GET', path);
        expect(answer.status, answer.text).toBe(200);
        const page: Page<Token> = answer.body;
        found.push(...page.data);
        cursor = page.next_cursor;
      }
      const key = (token: Token): string => {
        if (sort.endsWith('name')) return token.name;
        if (sort.endsWith('expires_at')) return token.expires_at ?? '9999';
        return sort.endsWith('last_used_at') ? (token.last_used_at ?? '0000') : '';
      };
      const sign = sort.startsWith('-') ? -1 : 1;
      const expected = all.toSorted((a, b) => {
        const [first, second] = [key(a) + a.id, key(b) + b.id];
        return first < second ? -sign : sign;
      });
      expect(found.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
      const other = sort === 'name' ? '-name' : 'name';
      const [first] = found;
      const cursor = Buffer.from(JSON.stringify([sort, first?.id, first?.id])).toString('base64url');
      expect((await auth.call('GET', `${TOKENS}?sort=${other}&cursor=${cursor}`)).status).toBe(400);
    },
  );

  test('400: filters that are not understood', async () => {
    for (const query of [
      'owner_id=me',
      'tag=a%20b',
      'expires_before=soon',
      'sort=secret',
      'sort=--name',
      'parent_id=x',
      'colour=red',
    ]) {
      expect((await auth.call('GET', `${TOKENS}?${query}`)).status, query).toBe(400);
    }
  });
});

describe('bulk revoke', () => {
  const bulk = async (body: object, token?: string) => {
    const answer = await auth.call<{ matched: number; revoked: number; out_of_reach: number }>(
      'POST',
      `${TOKENS}/bulk-revoke`,
      body,
      token,
    );
    expect(answer.status, answer.text).toBe(200);
    return answer.body;
  };
  const statusOf = async (id: string) => (await auth.call('GET', `${TOKENS}/${id}`)).body.status;

  test('200: by owner, counted first, then revoked, each with its event and one for all', async () => {
    const owner_id = await ownerNamed('bulk');
    const tokens: CreatedToken[] = [];
    for (let index = 0; index < 5; index += 1) tokens.push(await made({ owner_id }));
    const bystander = await made({});
    const before = (await readAudit(auth.dataSource.manager, auth.secrets.organisationId, { after: 0, limit: 10_000 })).length;
    expect(await bulk({ owner_id, dry_run: true })).toEqual({ dry_run: true, matched: 5, revoked: 0, out_of_reach: 0 });
    expect(await statusOf(tokens[0]?.id ?? '')).toBe('active');
    expect(await bulk({ owner_id })).toEqual({ dry_run: false, matched: 5, revoked: 5, out_of_reach: 0 });
    for (const { id, public_id } of tokens) {
      expect(await statusOf(id)).toBe('revoked');
      expect(await resolve(public_id)).toMatchObject({ status: 'revoked', secrets: [] });
    }
    expect(await statusOf(bystander.id)).toBe('active');
    const events = await readAudit(auth.dataSource.manager, auth.secrets.organisationId, { after: before, limit: 100 });
    expect(events.map(({ action }) => action)).toEqual(['tokens.bulk_revoked', ...tokens.map(() => 'token.revoked')]);
    expect(events[0]?.after).toMatchObject({ ownerId: owner_id, matched: 5 });
    expect(await bulk({ owner_id })).toMatchObject({ matched: 0, revoked: 0 });
  });

  test('200: hundreds go in several transactions, children with their parents, none twice', async () => {
    const owner_id = await ownerNamed('hundreds');
    const parent = await made({ owner_id });
    const child = await made({ parent_id: parent.id, owner_id: null });
    await Promise.all(Array.from({ length: 150 }, () => made({ owner_id })));
    expect(await bulk({ owner_id })).toEqual({ dry_run: false, matched: 151, revoked: 152, out_of_reach: 0 });
    expect(await statusOf(child.id)).toBe('revoked');
  }, 60_000);

  test('200: by parent and by time of issue', async () => {
    const parent = await made({});
    const child = await made({ parent_id: parent.id });
    const late = await made({ parent_id: parent.id });
    await auth.dataSource.query("UPDATE auth.tokens SET created_at = '2026-01-01' WHERE id = $1", [child.id]);
    expect(await bulk({ parent_id: parent.id, issued_before: '2026-02-01T00:00:00Z' })).toMatchObject({ matched: 1, revoked: 1 });
    expect([await statusOf(parent.id), await statusOf(child.id), await statusOf(late.id)]).toEqual([
      'active',
      'revoked',
      'active',
    ]);
  });

  test('what holds more than the caller stays, and so does the caller`s own key', async () => {
    const owner_id = await ownerNamed('reach');
    const actor = await made({ type: 'management_key', scopes: ['admin:tokens:*', 'llm:chat'], owner_id });
    const within = await made({ scopes: ['llm:chat'], owner_id });
    const beyond = await made({ scopes: ['llm:*'], owner_id });
    expect(await bulk({ owner_id, dry_run: true }, actor.token)).toMatchObject({ matched: 2, out_of_reach: 1 });
    expect(await bulk({ owner_id }, actor.token)).toEqual({ dry_run: false, matched: 2, revoked: 1, out_of_reach: 1 });
    expect([await statusOf(within.id), await statusOf(beyond.id), await statusOf(actor.id)]).toEqual([
      'revoked',
      'active',
      'active',
    ]);
  });

  test('400: all tokens at once are revoked by nobody by mistake', async () => {
    for (const body of [{}, { dry_run: true }, { owner: 'x' }, { issued_before: 'now' }]) {
      expect((await auth.call('POST', `${TOKENS}/bulk-revoke`, body)).status).toBe(400);
    }
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

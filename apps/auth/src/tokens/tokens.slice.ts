import type { CreatedToken, Page, Problem, Token } from '@tollgate/contracts';
import { timeOfId } from '@tollgate/kernel';
import { verifyAuditChain } from '@tollgate/policy';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readAudit, readAuditHead } from '../audit/read-audit.js';
import { type RunningAuth, startAuth } from '../testing/start-auth.js';

const TOKENS = '/api/v1/tokens';
let auth: RunningAuth;
beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth.close());

const create = async (body: object, token?: string) => auth.call<CreatedToken>('POST', TOKENS, body, token);
const made = async (body: object, token?: string): Promise<CreatedToken> => {
  const answer = await create(body, token);
  expect(answer.status, answer.text).toBe(201);
  return answer.body;
};
const problem = async (method: string, path: string, body?: unknown, token?: string) =>
  auth.call<Problem>(method, path, body, token);

test('201: a token is made, its text shown once, and found by nobody again', async () => {
  const before = Date.now();
  const { token, snippets, ...rest } = await made({ name: 'ci', limits: { requests: { limit: 60 } } });
  expect(token).toMatch(/^tgk_live_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$/);
  expect(snippets.map(({ title }) => title)).toEqual(['curl', 'openai (Python)', 'openai (Node)']);
  expect(snippets[0]?.code).toContain(`${auth.handle.url}/v1/chat/completions -H 'Authorization: Bearer ${token}'`);
  expect(rest).toMatchObject({
    name: 'ci',
    type: 'api_key',
    environment: 'live',
    status: 'active',
    organisation_id: auth.secrets.organisationId,
    display: token.slice(0, 21),
    scopes: ['llm:*'],
    models: { allow: ['*'], deny: [] },
    limits: { requests: { limit: 60, period_seconds: 60, burst: 60 } },
    revision: 1,
  });
  const days = (Date.parse(rest.expires_at ?? '') - before) / 86_400_000;
  expect(days).toBeGreaterThan(89.9);
  expect(days).toBeLessThan(90.1);
  const read = await auth.call('GET', `${TOKENS}/${rest.id}`);
  expect(read.body).toEqual(rest);
  const secret = token.slice(22);
  const [dump] = await auth.dataSource.query<{ dump: string }[]>(
    `SELECT (SELECT json_agg(t) FROM auth.tokens t)::text || (SELECT json_agg(s) FROM auth.token_secrets s)::text
       || (SELECT json_agg(a) FROM auth.audit_events a)::text AS dump`,
  );
  for (const text of [read.text, (await auth.call('GET', TOKENS)).text, dump?.dump]) expect(text).not.toContain(secret);
});

test('201: a management key is made with the scopes that are named', async () => {
  const body = await made({ name: 'ops', type: 'management_key', scopes: ['admin:tokens:read', 'usage:read'], expires_at: null });
  expect(body).toMatchObject({ snippets: [], type: 'management_key', models: { allow: [], deny: [] }, expires_at: null });
  expect(body.token).toMatch(/^tga_live_/);
  expect((await auth.call('GET', TOKENS, undefined, body.token)).status).toBe(200);
  expect((await create({ name: 'x' }, body.token)).status).toBe(403);
});

test('400: what is wrong is named by its pointer', async () => {
  const cases: [object, string][] = [
    [{}, '/name'],
    [{ name: '' }, '/name'],
    [{ name: ' x' }, '/name'],
    [{ name: 'a\u0000b' }, '/name'],
    [{ name: '\ud800' }, '/name'],
    [{ name: 'x'.repeat(101) }, '/name'],
    [{ name: 'x', colour: 'red' }, '/colour'],
    [{ name: 'x', limits: { requests: { limit: 5, perod: 1 } } }, '/limits/requests/perod'],
    [{ name: 'x', limits: { requests: { limit: 0 } } }, '/limits/requests/limit'],
    [{ name: 'x', limits: { requests: { limit: 1e15 } } }, '/limits/requests/limit'],
    [{ name: 'x', scopes: [] }, '/scopes'],
    [{ name: 'x', scopes: ['*'] }, '/scopes/0'],
    [{ name: 'x', scopes: ['llm:chat', 'root:all'] }, '/scopes/1'],
    [{ name: 'x', scopes: ['llm:*', 'admin:*'] }, '/scopes/1'],
    [{ name: 'x', type: 'management_key' }, '/scopes'],
    [{ name: 'x', expires_at: '2020-01-01T00:00:00Z' }, '/expires_at'],
    [{ name: 'x', expires_at: 'tomorrow' }, '/expires_at'],
    [{ name: 'x', team_id: 'team_00000000000000000000000000' }, '/team_id'],
    [{ name: 'x', models: { allow: 'all' } }, '/models/allow'],
  ];
  for (const [body, pointer] of cases) {
    const answer = await problem('POST', TOKENS, body);
    expect(answer.status, answer.text).toBe(400);
    expect(
      answer.body.errors?.map((error) => error.pointer),
      JSON.stringify(body),
    ).toContain(pointer);
  }
});

test('401: without a token, with one that is cut, and with one in the URL', async () => {
  for (const token of ['', 'x', auth.secrets.admin.slice(0, -1)]) {
    expect((await problem('GET', TOKENS, undefined, token)).status).toBe(401);
  }
  expect((await problem('GET', `${TOKENS}?token=x`)).body.code).toBe('token_in_query');
});

test('403: nobody grants what they do not hold', async () => {
  const limited = await made({
    name: 'limited',
    type: 'management_key',
    scopes: ['admin:tokens:*', 'llm:chat'],
  });
  const refused = await problem('POST', TOKENS, { name: 'x', scopes: ['llm:*', 'llm:chat'] }, limited.token);
  expect(refused.status).toBe(403);
  expect(refused.body.detail).toContain('llm:*');
  const child = await made({ name: 'x', scopes: ['llm:chat'] }, limited.token);
  expect((await problem('PATCH', `${TOKENS}/${child.id}`, { scopes: ['llm:*'] }, limited.token)).status).toBe(403);
  expect((await problem('GET', TOKENS, undefined, auth.secrets.token)).status).toBe(403);
});

test('200: a list is paged newest first, without a gap or a repetition', async () => {
  for (let index = 0; index < 5; index += 1) await made({ name: `page ${index}` });
  const names: string[] = [];
  let cursor: string | null = null;
  do {
    const query = `?limit=2&name=PAGE${cursor === null ? '' : `&cursor=${cursor}`}`;
    const { body } = (await auth.call<Page<Token>>('GET', `${TOKENS}${query}`)) as { body: Page<Token> };
    expect(body.has_more).toBe(body.next_cursor !== null);
    names.push(...body.data.map((token) => token.name));
    cursor = body.next_cursor;
  } while (cursor !== null);
  expect(names).toEqual(['page 4', 'page 3', 'page 2', 'page 1', 'page 0']);
});

test('200: filters by status and type', async () => {
  const soon = await made({ name: 'filter soon' });
  await auth.dataSource.query("UPDATE auth.tokens SET expires_at = now() - interval '1 day' WHERE id = $1", [soon.id]);
  const gone = await made({ name: 'filter gone' });
  await auth.call('POST', `${TOKENS}/${gone.id}/revoke`);
  const idle = await made({ name: 'filter idle' });
  await auth.call('PATCH', `${TOKENS}/${idle.id}`, { status: 'suspended' });
  await made({ name: 'filter live' });
  await made({ name: 'filter admin', type: 'management_key', scopes: ['usage:read'] });
  const names = async (query: string) =>
    (await auth.call<Page<Token>>('GET', `${TOKENS}?name=filter&${query}`)).body.data.map((token) => token.name);
  expect(await names('status=expired')).toEqual(['filter soon']);
  expect(await names('status=revoked')).toEqual(['filter gone']);
  expect(await names('status=suspended')).toEqual(['filter idle']);
  expect(await names('status=active')).toEqual(['filter admin', 'filter live']);
  expect(await names('type=management_key')).toEqual(['filter admin']);
});

test('200: hostile texts are names like any other', async () => {
  const texts = ["'; DROP TABLE auth.tokens; --", '%', '_', '\\', "' OR 1=1 --", '$1', '{{7*7}}', '\u202etxt', 'naïve ☂'];
  for (const name of texts) {
    const token = await made({ name });
    const found = await auth.call<Page<Token>>('GET', `${TOKENS}?limit=200&name=${encodeURIComponent(name)}`);
    expect(
      found.body.data.map(({ id }) => id),
      name,
    ).toContain(token.id);
    expect(found.body.data.every((each) => each.name.includes(name))).toBe(true);
  }
  for (const bad of ["?cursor=' OR 1=1", '?cursor=dG9rXw', '?limit=0', '?limit=abc', '?status=x', '?sort=secret', '?name=%00']) {
    expect((await problem('GET', TOKENS + bad)).status, bad).toBe(400);
  }
  for (const id of ["tok_' OR 1=1", 'tok_%', '..%2f', 'org_1']) {
    expect((await problem('GET', `${TOKENS}/${encodeURIComponent(id)}`)).status, id).toBe(400);
  }
});

test('200: a merge patch changes what it names', async () => {
  const { token: _, ...token } = await made({ name: 'patch', limits: { requests: { limit: 10, burst: 20 } } });
  const path = `${TOKENS}/${token.id}`;
  const changed = await auth.call('PATCH', path, {
    name: 'patched',
    models: { deny: ['o1*'] },
    limits: { requests: { limit: 30 } },
  });
  expect(changed.body).toMatchObject({
    name: 'patched',
    models: { allow: ['*'], deny: ['o1*'] },
    limits: { requests: { limit: 30, period_seconds: 60, burst: 30 } },
    revision: 2,
  });
  const cleared = await auth.call('PATCH', path, { limits: { requests: null }, expires_at: null });
  expect(cleared.body).toMatchObject({ limits: { requests: null }, expires_at: null, revision: 3 });
  expect((await auth.call('PATCH', path, {})).body.revision).toBe(3);
  expect((await problem('PATCH', path, { limits: { requests: { burst: 3 } } })).body.errors?.[0]?.pointer).toBe(
    '/limits/requests/limit',
  );
  expect((await problem('PATCH', path, { status: 'revoked' })).status).toBe(400);
});

test('200: a revoked token stays so, and revoking again changes nothing', async () => {
  const token = await made({ name: 'revoke' });
  const path = `${TOKENS}/${token.id}`;
  const first = await auth.call('POST', `${path}/revoke`);
  expect(first.body).toMatchObject({ status: 'revoked', revision: 2, secrets: [{ state: 'revoked' }] });
  expect((await auth.call('POST', `${path}/revoke`)).body).toEqual(first.body);
  expect((await auth.call('DELETE', path)).body).toEqual(first.body);
  expect((await problem('PATCH', path, { name: 'x' })).status).toBe(409);
});

test('401: a management key is refused at the request after its revocation', async () => {
  const key = await made({ name: 'short', type: 'management_key', scopes: ['admin:*'] });
  expect((await auth.call('GET', TOKENS, undefined, key.token)).status).toBe(200);
  await auth.call('DELETE', `${TOKENS}/${key.id}`);
  expect((await auth.call('GET', TOKENS, undefined, key.token)).status).toBe(401);
});

test('200: the organisation of the token', async () => {
  const answer = await auth.call<{ id: string; name: string }>('GET', '/api/v1/organisations/current');
  expect(answer.body).toMatchObject({ id: auth.secrets.organisationId, name: 'default' });
});

test('404: a token of another organisation does not exist, for any verb', async () => {
  const key = await made({ name: 'tenant', type: 'management_key', scopes: ['admin:*', 'llm:*'] });
  const other = 'org_00000000000000000000000001';
  await auth.dataSource.query(
    "INSERT INTO auth.organisations (id, name, created_at, updated_at) VALUES ($1, 'other', now(), now())",
    [other],
  );
  const mine = await made({ name: 'mine' });
  // The key moves house: from here on it sees the other organisation and nothing of the first.
  await auth.dataSource.query('UPDATE auth.tokens SET organisation_id = $1 WHERE id = $2', [other, key.id]);
  for (const [method, path, body] of [
    ['GET', ''],
    ['PATCH', '', { name: 'stolen' }],
    ['POST', '/revoke'],
    ['DELETE', ''],
  ] as const) {
    expect((await problem(method, `${TOKENS}/${mine.id}${path}`, body, key.token)).status, method).toBe(404);
  }
  const list = await auth.call<Page<Token>>('GET', `${TOKENS}?limit=200`, undefined, key.token);
  expect(list.body.data.map(({ id }) => id)).toEqual([key.id]);
  const theirs = await made({ name: 'theirs' }, key.token);
  expect(theirs.organisation_id).toBe(other);
  expect((await auth.call('GET', `${TOKENS}/${theirs.id}`)).status).toBe(404);
  expect((await auth.call('GET', `${TOKENS}/${mine.id}`)).body).toMatchObject({ name: 'mine', status: 'active' });
});

test('every change stands in an unbroken audit chain, and an edit of a row is found', async () => {
  const { organisationId } = auth.secrets;
  const token = await made({ name: 'audited' });
  await auth.call('PATCH', `${TOKENS}/${token.id}`, { status: 'suspended' });
  await auth.call('PATCH', `${TOKENS}/${token.id}`, { status: 'active' });
  await auth.call('DELETE', `${TOKENS}/${token.id}`);
  const { manager } = auth.dataSource;
  const read = () => readAudit(manager, organisationId, { after: 0, limit: 10_000 });
  const events = await read();
  const head = await readAuditHead(manager, organisationId);
  const bounds = head === null ? {} : { end: head };
  expect(verifyAuditChain(organisationId, events, bounds)).toEqual({ ok: true, value: head });
  const own = events.filter((event) => event.target.id === token.id);
  expect(own.map((event) => event.action)).toEqual(['token.created', 'token.suspended', 'token.restored', 'token.revoked']);
  expect(own[0]?.actor).toMatchObject({ type: 'token', publicId: auth.secrets.admin.slice(9, 21) });
  expect(timeOfId(own[0]?.requestId ?? '')).not.toBeNull();
  expect(own[1]).toMatchObject({ before: { status: 'active' }, after: { status: 'suspended' }, ip: '127.0.0.1' });

  const seq = own[2]?.seq as number;
  await auth.dataSource.query("UPDATE auth.audit_events SET reason = 'forged' WHERE organisation_id = $1 AND seq = $2", [
    organisationId,
    seq,
  ]);
  expect(verifyAuditChain(organisationId, await read(), bounds)).toEqual({ ok: false, error: { seq, flaw: 'edited' } });
  await auth.dataSource.query('DELETE FROM auth.audit_events WHERE organisation_id = $1 AND seq = $2', [organisationId, seq]);
  expect(verifyAuditChain(organisationId, await read(), bounds)).toEqual({ ok: false, error: { seq, flaw: 'gap' } });
});

test('concurrent changes keep one chain', async () => {
  await Promise.all(Array.from({ length: 12 }, (_, index) => made({ name: `parallel ${index}` })));
  const rows: { seq: string }[] = await auth.dataSource.query(
    'SELECT seq FROM auth.audit_events WHERE organisation_id = $1 ORDER BY seq DESC LIMIT 12',
    [auth.secrets.organisationId],
  );
  const seqs = rows.map((row) => Number(row.seq));
  expect(seqs).toEqual(Array.from({ length: 12 }, (_, index) => (seqs[0] as number) - index));
});

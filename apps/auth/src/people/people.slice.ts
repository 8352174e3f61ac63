import type {
  CreatedOrganisation,
  CreatedToken,
  CreatedUser,
  Page,
  Problem,
  ServiceAccount,
  Team,
  User,
} from '@tollgate/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { firstSignIn, type PlayBrowser } from '../testing/play-browser.js';
import { type RunningAuth, startAuth } from '../testing/start-auth.js';

const PASSWORD = 'a long walk by the sea';
let auth: RunningAuth;
let owner: PlayBrowser;
let admin: PlayBrowser;
let ownerId: string;
let count = 0;

beforeAll(async () => {
  auth = await startAuth();
  const made = await auth.call<CreatedUser>('POST', '/api/v1/users', {
    email: 'Olga@Example.com',
    name: 'Olga',
    roles: [{ role: 'owner' }],
  });
  ownerId = made.body.id;
  owner = await firstSignIn(auth.handle.url, made.body, PASSWORD);
  admin = (await person([{ role: 'admin' }])).browser;
});
afterAll(() => auth.close());

async function person(
  roles: { role: string; team_id?: string }[],
  by: PlayBrowser = owner,
): Promise<{ user: CreatedUser; browser: PlayBrowser }> {
  count += 1;
  const email = `person${count}@example.com`;
  const { status, body } = await by.call<CreatedUser>('POST', '/api/v1/users', { email, name: `Person ${count}`, roles });
  if (status !== 201) throw new Error(JSON.stringify(body));
  return { user: body, browser: await firstSignIn(auth.handle.url, body, `${PASSWORD} ${count}`) };
}
const team = async (name: string): Promise<Team> => (await owner.call<Team>('POST', '/api/v1/teams', { name })).body;

test('201: an address is one user, in whatever case it is written', async () => {
  const again = { email: 'OLGA@example.COM', name: 'Olga too', roles: [{ role: 'viewer' }] };
  expect(await owner.call('POST', '/api/v1/users', again)).toMatchObject({ status: 409, body: { code: 'conflict' } });
});

test('a user with the first password does nothing but choose another', async () => {
  const body = { email: 'new@example.com', name: 'New', roles: [{ role: 'owner' }] };
  const { body: made } = await owner.call<CreatedUser>('POST', '/api/v1/users', body);
  expect(made.initial_password).toMatch(/^([2-9a-hjkmnp-z]{5}-){4}[2-9a-hjkmnp-z]{5}$/);
  const { PlayBrowser } = await import('../testing/play-browser.js');
  const browser = new PlayBrowser(auth.handle.url);
  expect(await browser.signIn(made.email, made.initial_password)).toMatchObject({
    status: 201,
    body: { must_change_password: true, grants: [{ team_id: null, permissions: ['account:self'] }] },
  });
  expect((await browser.call('GET', '/api/v1/users')).status).toBe(403);
  await browser.changePassword(made.initial_password, PASSWORD);
  expect((await browser.call('GET', '/api/v1/users')).status).toBe(200);
  expect((await owner.call('DELETE', `/api/v1/users/${made.id}`)).status).toBe(204);
});

test('403: nobody gives a role that holds more than they do, nor touches somebody who does', async () => {
  const body = { email: 'up@example.com', name: 'Up', roles: [{ role: 'owner' }] };
  expect((await admin.call('POST', '/api/v1/users', body)).status).toBe(403);
  expect((await admin.call('POST', `/api/v1/users/${ownerId}/reset-password`)).status).toBe(403);
  expect((await admin.call('PATCH', `/api/v1/users/${ownerId}`, { status: 'suspended' })).status).toBe(403);
  expect((await admin.call('DELETE', `/api/v1/users/${ownerId}`)).status).toBe(403);
  const { data } = (await admin.call<Page<User>>('GET', '/api/v1/users?limit=200')).body;
  const self = data.find(({ roles }) => roles.some(({ role }) => role === 'admin'));
  expect((await admin.call('PATCH', `/api/v1/users/${self?.id}`, { roles: [{ role: 'owner' }] })).status).toBe(403);
});

test('409: the last owner stays one', async () => {
  for (const change of [{ status: 'suspended' }, { roles: [{ role: 'admin' }] }]) {
    expect(await owner.call('PATCH', `/api/v1/users/${ownerId}`, change)).toMatchObject({ status: 409 });
  }
  expect(await owner.call('DELETE', `/api/v1/users/${ownerId}`)).toMatchObject({ status: 409 });
  expect((await owner.call('GET', '/api/v1/users')).status).toBe(200);
});

test('a management key that is bound to a model makes no user', async () => {
  const scopes = ['admin:*', 'usage:*', 'llm:*', 'api:*', 'mcp:*'];
  const bound = { name: 'bound', type: 'management_key', scopes, models: { allow: ['demo/*'] } };
  const { body: key } = await auth.call<CreatedToken>('POST', '/api/v1/tokens', bound);
  const body = { email: 'wide@example.com', name: 'Wide', roles: [{ role: 'developer' }] };
  expect((await auth.call<Problem>('POST', '/api/v1/users', body, key.token)).status).toBe(403);
});

test('a suspended user is signed out at once and cannot sign in; a restored one can', async () => {
  const { user, browser } = await person([{ role: 'viewer' }]);
  const password = `${PASSWORD} ${count}`;
  await owner.call('PATCH', `/api/v1/users/${user.id}`, { status: 'suspended' });
  expect((await browser.call('GET', '/api/v1/teams')).status).toBe(401);
  expect((await browser.signIn(user.email, password)).status).toBe(401);
  await owner.call('PATCH', `/api/v1/users/${user.id}`, { status: 'active' });
  expect((await browser.signIn(user.email, password)).status).toBe(201);
});

test('a role that is taken away is gone with the next request', async () => {
  const { user, browser } = await person([{ role: 'developer' }, { role: 'auditor' }]);
  expect((await browser.call('GET', '/api/v1/audit/events')).status).toBe(200);
  await owner.call('PATCH', `/api/v1/users/${user.id}`, { roles: [{ role: 'developer' }] });
  expect((await browser.call('GET', '/api/v1/audit/events')).status).toBe(403);
});

test('a developer of one team makes and sees keys of that team alone, and no more scopes than they hold', async () => {
  const [mine, other] = [await team('mine'), await team('other')];
  const { browser } = await person([{ role: 'developer', team_id: mine.id }]);
  const make = (body: object) => browser.call<CreatedToken>('POST', '/api/v1/tokens', { name: 'key', ...body });
  expect((await make({})).status).toBe(403);
  expect((await make({ team_id: other.id })).status).toBe(403);
  const own = await make({ team_id: mine.id });
  expect(own.status).toBe(201);
  const wide = { type: 'management_key', scopes: ['admin:users:write'], team_id: mine.id };
  expect((await make(wide)).status).toBe(403);
  const { body: foreign } = await auth.call<CreatedToken>('POST', '/api/v1/tokens', { name: 'theirs', team_id: other.id });
  const { body: general } = await auth.call<CreatedToken>('POST', '/api/v1/tokens', { name: 'of all' });
  const { data } = (await browser.call<Page<CreatedToken>>('GET', '/api/v1/tokens?limit=200')).body;
  expect(data.map(({ id }) => id)).toEqual([own.body.id]);
  for (const { id } of [foreign, general]) {
    expect((await browser.call('GET', `/api/v1/tokens/${id}`)).status).toBe(404);
    expect((await browser.call('PATCH', `/api/v1/tokens/${id}`, { name: 'taken' })).status).toBe(404);
    expect((await browser.call('DELETE', `/api/v1/tokens/${id}`)).status).toBe(404);
  }
  expect((await browser.call('PATCH', `/api/v1/tokens/${own.body.id}`, { team_id: other.id })).status).toBe(403);
  expect((await browser.call('PATCH', `/api/v1/tokens/${own.body.id}`, { team_id: null })).status).toBe(403);
  const teams = (await browser.call<Page<Team>>('GET', '/api/v1/teams')).body.data;
  expect(teams.map(({ id }) => id)).toEqual([mine.id]);
  expect((await browser.call('GET', '/api/v1/users')).status).toBe(403);
});

test('somebody who administers one team and develops in another hands on in each what they hold there', async () => {
  const [led, helped] = [await team('led'), await team('helped')];
  const { browser } = await person([
    { role: 'admin', team_id: led.id },
    { role: 'developer', team_id: helped.id },
  ]);
  const key = { name: 'reads the trail', type: 'management_key', scopes: ['admin:audit:read'] };
  expect((await browser.call('POST', '/api/v1/tokens', { ...key, team_id: helped.id })).status).toBe(403);
  expect((await browser.call('POST', '/api/v1/tokens', { ...key, team_id: led.id })).status).toBe(201);
});

test('a management key of a team reaches that team alone', async () => {
  const own = await team('keyed');
  const body = { name: 'team key', type: 'management_key', scopes: ['admin:tokens:*', 'admin:users:*'], team_id: own.id };
  const { body: key } = await auth.call<CreatedToken>('POST', '/api/v1/tokens', body);
  const { data } = (await auth.call<Page<CreatedToken>>('GET', '/api/v1/tokens', undefined, key.token)).body;
  expect(data.map(({ id }) => id)).toEqual([key.id]);
  expect((await auth.call('GET', '/api/v1/users', undefined, key.token)).status).toBe(403);
});

test('the keys of an archived team are out of service until it is restored', async () => {
  const own = await team('seasonal');
  const { body: key } = await auth.call<CreatedToken>('POST', '/api/v1/tokens', { name: 'seasonal', team_id: own.id });
  const status = async () =>
    (await auth.ask<{ token: { status: string } }>('auth.v1.token.resolve', { publicId: key.public_id })).token.status;
  expect(await status()).toBe('active');
  expect((await owner.call('DELETE', `/api/v1/teams/${own.id}`)).status).toBe(200);
  expect(await status()).toBe('suspended');
  await owner.call('PATCH', `/api/v1/teams/${own.id}`, { status: 'active' });
  expect(await status()).toBe('active');
});

test('the keys of a service account, and of a user, work as long as their owner does', async () => {
  const { body: account } = await owner.call<ServiceAccount>('POST', '/api/v1/service-accounts', { name: 'nightly' });
  const { user } = await person([{ role: 'developer' }]);
  for (const [id, path] of [
    [account.id, 'service-accounts'],
    [user.id, 'users'],
  ]) {
    const { body: key } = await auth.call<CreatedToken>('POST', '/api/v1/tokens', { name: 'owned', owner_id: id });
    const status = async () =>
      (await auth.ask<{ token: { status: string } }>('auth.v1.token.resolve', { publicId: key.public_id })).token.status;
    expect(await status()).toBe('active');
    await owner.call('PATCH', `/api/v1/${path}/${id}`, { status: 'suspended' });
    expect(await status()).toBe('suspended');
    await owner.call('PATCH', `/api/v1/${path}/${id}`, { status: 'active' });
    expect(await status()).toBe('active');
    await owner.call('DELETE', `/api/v1/${path}/${id}`);
    expect(await status()).toBe('suspended');
  }
});

test('412: a change under an ETag that is no longer the one changes nothing', async () => {
  const own = await team('revised');
  const read = await owner.call<Team>('GET', `/api/v1/teams/${own.id}`);
  const etag = read.headers.get('etag') ?? '';
  expect(etag).toBe('"1"');
  const rename = (name: string) => owner.call<Team>('PATCH', `/api/v1/teams/${own.id}`, { name }, { 'if-match': etag });
  expect(await rename('first')).toMatchObject({ status: 200, body: { name: 'first', revision: 2 } });
  expect(await rename('second')).toMatchObject({ status: 412, body: { code: 'precondition_failed' } });
  expect((await owner.call<Team>('GET', `/api/v1/teams/${own.id}`)).body.name).toBe('first');
  const unasked = await owner.call<Problem>('POST', '/api/v1/teams', { name: 'x' }, { 'if-match': etag });
  expect(unasked).toMatchObject({ status: 400, body: { errors: [{ pointer: 'if-match' }] } });
});

test('the same request under the same key is made once, and its secret shown again', async () => {
  const headers = { 'idempotency-key': 'once' };
  const body = { email: 'once@example.com', name: 'Once', roles: [{ role: 'viewer' }] };
  const answers = await Promise.all([1, 2, 3].map(() => owner.call<CreatedUser>('POST', '/api/v1/users', body, headers)));
  expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true);
  const first = answers.find(({ status }) => status === 201);
  const again = await owner.call<CreatedUser>('POST', '/api/v1/users', body, headers);
  expect(again.body).toEqual(first?.body);
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  const reordered = { roles: body.roles, name: body.name, email: body.email };
  expect((await owner.call('POST', '/api/v1/users', reordered, headers)).status).toBe(201);
  const other = await owner.call('POST', '/api/v1/users', { ...body, name: 'Twice' }, headers);
  expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
  // Somebody else's key of the same text is another key.
  expect((await admin.call('POST', '/api/v1/users', body, headers)).status).toBe(409);
  const rows: { text: string }[] = await auth.dataSource.query(
    "SELECT encode(answer, 'escape') AS text FROM auth.idempotency_keys WHERE answer IS NOT NULL",
  );
  expect(rows.length).toBeGreaterThan(0);
  for (const { text } of rows) expect(text).not.toContain(first?.body.initial_password ?? 'x');
});

test('a request that failed leaves its key free', async () => {
  const headers = { 'idempotency-key': 'second try'.replace(' ', '-') };
  expect((await owner.call('POST', '/api/v1/teams', { name: '' }, headers)).status).toBe(400);
  expect((await owner.call('POST', '/api/v1/teams', { name: 'second try' }, headers)).status).toBe(201);
});

test('another organisation is another world, and only the operating one makes them', async () => {
  const body = { name: 'Elsewhere', owner: { email: 'erin@elsewhere.example', name: 'Erin' } };
  expect((await admin.call('POST', '/api/v1/organisations', body)).status).toBe(403);
  const { status, body: made } = await owner.call<CreatedOrganisation>('POST', '/api/v1/organisations', body);
  expect(status).toBe(201);
  const erin = await firstSignIn(auth.handle.url, made.owner, PASSWORD);
  const { data } = (await erin.call<Page<User>>('GET', '/api/v1/users')).body;
  expect(data.map(({ email }) => email)).toEqual(['erin@elsewhere.example']);
  expect((await erin.call('GET', `/api/v1/users/${ownerId}`)).status).toBe(404);
  expect((await erin.call('GET', '/api/v1/organisations')).status).toBe(403);
  const own = await team('not theirs');
  const foreign = { email: 'spy@example.com', name: 'Spy', roles: [{ role: 'viewer', team_id: own.id }] };
  expect((await erin.call('POST', '/api/v1/users', foreign)).status).toBe(400);
});

test('409: the password of somebody who belongs elsewhere as well is nobody`s to reset', async () => {
  const { user } = await person([{ role: 'viewer' }]);
  const [{ id }] = (await auth.dataSource.query('SELECT id FROM auth.organisations WHERE NOT operator LIMIT 1')) as [
    { id: string },
  ];
  await auth.dataSource.query(
    "INSERT INTO auth.members (organisation_id, user_id, name, status, created_at, updated_at) VALUES ($1, $2, 'x', 'active', now(), now())",
    [id, user.id],
  );
  expect(await owner.call('POST', `/api/v1/users/${user.id}/reset-password`)).toMatchObject({ status: 409 });
});

import type { AuditEventView, CreatedUser, ListedSession, Page, Problem, SessionView } from '@tollgate/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { firstSignIn, PlayBrowser } from '../testing/play-browser.js';
import { type RunningAuth, startAuth } from '../testing/start-auth.js';

const PASSWORD = 'seven bridges over one river';
let auth: RunningAuth;
let count = 0;
beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth.close());

async function somebody(role = 'viewer'): Promise<{ browser: PlayBrowser; email: string; id: string }> {
  count += 1;
  const body = { email: `somebody${count}@example.com`, name: 'Somebody', roles: [{ role }] };
  const { body: made } = await auth.call<CreatedUser>('POST', '/api/v1/users', body);
  return { browser: await firstSignIn(auth.handle.url, made, PASSWORD), email: made.email, id: made.id };
}
const fresh = (): PlayBrowser => new PlayBrowser(auth.handle.url);

test('the cookie is for the browser alone, and Postgres knows no session by its text', async () => {
  const { email } = await somebody();
  const browser = fresh();
  const { status, headers } = await browser.signIn(email.toUpperCase(), PASSWORD);
  expect(status).toBe(201);
  const cookie = headers.getSetCookie().find((each) => each.startsWith('tollgate='));
  expect(cookie).toMatch(/^tollgate=[\w-]{43}; Path=\/; Max-Age=604800; HttpOnly; SameSite=Lax$/);
  const [row] = (await auth.dataSource.query('SELECT string_agg(sessions::text, chr(10)) AS text FROM auth.sessions')) as [
    { text: string },
  ];
  expect(row.text).not.toContain(browser.cookies.get('tollgate'));
});

test('each sign-in makes a session of its own, whatever the browser brought along', async () => {
  const { email, browser } = await somebody();
  const before = browser.cookies.get('tollgate');
  await browser.signIn(email, PASSWORD);
  expect(browser.cookies.get('tollgate')).not.toBe(before);
});

test('what changes something needs the origin and the token of the session, reading neither', async () => {
  const { browser } = await somebody('admin');
  const post = (headers: Record<string, string | null>) => browser.call('POST', '/api/v1/teams', { name: 'x' }, headers);
  expect((await post({ 'x-tollgate-csrf': null })).status).toBe(403);
  expect((await post({ 'x-tollgate-csrf': 'A'.repeat(43) })).status).toBe(403);
  expect((await post({ origin: null })).status).toBe(403);
  expect((await post({ origin: 'null' })).status).toBe(403);
  expect((await post({ origin: 'https://evil.example' })).status).toBe(403);
  expect((await browser.call('GET', '/api/v1/teams', undefined, { 'x-tollgate-csrf': null })).status).toBe(200);
  const { browser: other } = await somebody();
  expect((await post({ 'x-tollgate-csrf': other.csrf })).status).toBe(403);
  expect((await post({})).status).toBe(201);
});

test('a page of another origin signs nobody in', async () => {
  const { email } = await somebody();
  const body = { email, password: PASSWORD };
  const answer = await fresh().call('POST', '/api/v1/sessions', body, { origin: 'https://evil.example' });
  expect(answer.status).toBe(403);
  expect(answer.headers.getSetCookie()).toEqual([]);
});

test('a wrong password and an unknown address get the same answer', async () => {
  const { email } = await somebody();
  const [known, unknown] = await Promise.all([
    fresh().signIn(email, 'not the password'),
    fresh().signIn('nobody@example.com', 'not the password'),
  ]);
  const shown = ({ body }: { body: unknown }) => ({ ...(body as Problem), request_id: '' });
  expect(shown(known)).toEqual(shown(unknown));
  expect(known.status).toBe(401);
});

test('401: an address that Postgres cannot hold is one that nobody has', async () => {
  const { body, status } = await fresh().signIn('nobody\u0000@example.com', 'not the password');
  expect([status, (body as unknown as Problem).code]).toEqual([401, 'sign_in_failed']);
});

test('429: who guesses waits longer each time, over all replicas; a browser that has signed in before does not', async () => {
  const { email, browser: known } = await somebody();
  const replica = await startAuthOn(auth);
  try {
    const guess = (url: string) => new PlayBrowser(url).signIn(email, 'a wrong password');
    for (let round = 0; round < 5; round += 1) {
      expect((await guess(round % 2 === 0 ? auth.handle.url : replica.url)).status).toBe(401);
    }
    for (const url of [auth.handle.url, replica.url]) {
      const refused = await guess(url);
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await new PlayBrowser(url).signIn(email, PASSWORD)).status).toBe(429);
    }
    expect((await known.signIn(email, PASSWORD)).status).toBe(201);
  } finally {
    await replica.close();
  }
});

test('429: an address that nobody has locks just the same', async () => {
  for (let round = 0; round < 5; round += 1) await fresh().signIn('ghost@example.com', 'a wrong password');
  expect((await fresh().signIn('ghost@example.com', 'a wrong password')).status).toBe(429);
});

test('many guesses at once are no more guesses than in a row', async () => {
  const { email } = await somebody();
  const statuses = await Promise.all(
    Array.from({ length: 30 }, async () => (await fresh().signIn(email, 'a wrong password')).status),
  );
  expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(5);
  expect(statuses.every((status) => status === 401 || status === 429)).toBe(true);
});

test('a new password ends all other sessions and renews the own', async () => {
  const { email, browser } = await somebody();
  const other = fresh();
  await other.signIn(email, PASSWORD);
  const old = browser.cookies.get('tollgate');
  expect((await browser.changePassword('wrong', 'another river, eight bridges')).status).toBe(401);
  expect((await browser.changePassword(PASSWORD, 'another river, eight bridges')).status).toBe(200);
  expect(browser.cookies.get('tollgate')).not.toBe(old);
  expect((await browser.call('GET', '/api/v1/sessions/current')).status).toBe(200);
  expect((await other.call('GET', '/api/v1/sessions/current')).status).toBe(401);
  expect((await fresh().signIn(email, 'another river, eight bridges')).status).toBe(201);
});

test.each([
  ['short', 'eleven char'],
  ['the address', null],
  ['common', 'Password1234'],
  ['a common one with marks after it', 'qwertyuiop123!!'],
  ['a few characters again and again', 'abababababababab'],
  ['too long', 'x1y2z'.repeat(60)],
])('400: a new password that is %s', async (_, password) => {
  const { email, browser } = await somebody();
  const { status, body } = await browser.changePassword(PASSWORD, password ?? email);
  expect([status, (body as unknown as Problem).errors?.[0]?.pointer]).toEqual([400, '/new_password']);
});

test('sessions are listed and ended one by one, by their user alone', async () => {
  const { email, browser } = await somebody();
  const other = fresh();
  await other.signIn(email, PASSWORD);
  const { data } = (await browser.call<{ data: ListedSession[] }>('GET', '/api/v1/sessions')).body;
  expect(data.map(({ current }) => current).sort()).toEqual([false, true]);
  const { browser: stranger } = await somebody('owner');
  const id = data.find(({ current }) => !current)?.id ?? '';
  expect((await stranger.call('DELETE', `/api/v1/sessions/${id}`)).status).toBe(404);
  expect((await browser.call('DELETE', `/api/v1/sessions/${id}`)).status).toBe(204);
  expect((await other.call('GET', '/api/v1/sessions/current')).status).toBe(401);
  expect((await browser.call('DELETE', '/api/v1/sessions/current')).status).toBe(204);
  expect((await browser.call('GET', '/api/v1/sessions/current')).status).toBe(401);
});

test('a session ends when it sat idle for twelve hours, and after seven days in any case', async () => {
  for (const change of ["last_seen_at = now() - interval '12 hours 1 minute'", "expires_at = now() - interval '1 second'"]) {
    const { browser, id } = await somebody();
    await auth.dataSource.query(`UPDATE auth.sessions SET ${change} WHERE user_id = $1`, [id]);
    expect((await browser.call('GET', '/api/v1/sessions/current')).status).toBe(401);
  }
});

test('a management key has no account', async () => {
  expect((await auth.call('GET', '/api/v1/sessions/current')).status).toBe(403);
});

test('what a person does and is refused stands in the trail under their name', async () => {
  const { browser, id, email } = await somebody('admin');
  await browser.call('POST', '/api/v1/teams', { name: `team of ${id}` });
  await fresh().signIn(email, 'not the password');
  const { data } = (await auth.call<Page<AuditEventView>>('GET', `/api/v1/audit/events?actor=${id}`)).body;
  const actions = data.map(({ action, actor }) => `${actor.type} ${action}`);
  expect(actions).toEqual(expect.arrayContaining(['user team.created', 'user session.started', 'user user.password_changed']));
  const refused = (await auth.call<Page<AuditEventView>>('GET', '/api/v1/audit/events?action=session.refused')).body.data;
  expect(refused.some(({ target, decision }) => target.id === id && decision === 'denied')).toBe(true);
});

test('GET /sessions/current says who one is', async () => {
  const { browser, email } = await somebody('auditor');
  const { body } = await browser.call<SessionView>('GET', '/api/v1/sessions/current');
  expect(body).toMatchObject({ user: { email }, roles: [{ role: 'auditor', team_id: null }], csrf_token: browser.csrf });
});

async function startAuthOn(running: RunningAuth) {
  const { bootAuth } = await import('../testing/start-auth.js');
  const { options } = running.dataSource;
  if (options.type !== 'postgres' || options.url === undefined) throw new Error('Postgres is needed');
  return bootAuth(options.url);
}

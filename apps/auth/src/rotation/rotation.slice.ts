import type { CreatedToken, OpenedSecret, Problem, RotatedToken } from '@tollgate/contracts';
import { waitFor } from '@tollgate/testing';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Rotations, startRotations, TOKENS } from './testing/start-rotations.js';

const DAY_MS = 86_400_000;
let play: Rotations;
beforeAll(async () => {
  play = await startRotations();
});
beforeEach(() => play.renewReceiver());
afterAll(() => play.close());

test('201: a rotation keeps id, policy and public id; both secrets work until the overlap is over', async () => {
  const token = await play.make();
  const before = Date.now();
  const next = await play.rotated(token.id, { overlap_seconds: 3_600 });
  expect(next).toMatchObject({ id: token.id, public_id: token.public_id, scopes: token.scopes, link: null, revision: 2 });
  expect(next.token).toMatch(/^tgk_live_/);
  expect(next.token?.slice(0, 22)).toBe(token.token.slice(0, 22));
  expect(next.snippets[0]?.code).toContain(next.token);
  expect([await play.verdict(token.token), await play.verdict(next.token ?? '')]).toEqual(['ok', 'ok']);
  const [fresh, old] = await play.secretsOf(token.id);
  expect(fresh).toMatchObject({ id: next.secret_id, state: 'active', expires_at: null });
  const ends = Date.parse(old?.expires_at ?? '');
  expect(ends - before).toBeGreaterThanOrEqual(3_600_000);
  expect(ends - Date.now()).toBeLessThanOrEqual(3_600_000);
  expect([await play.verdict(token.token, ends - 1), await play.verdict(token.token, ends)]).toEqual(['ok', 'secret_expired']);
  expect(await play.actionsOf(token.id)).toEqual(['token.created', 'token.rotated']);
  expect(await play.dump()).not.toContain(next.token?.slice(22));
});

test('201: the overlap is a day where nothing is said, and none at 0', async () => {
  const token = await play.make();
  await play.rotated(token.id);
  const [, old] = await play.secretsOf(token.id);
  expect(Math.abs(Date.parse(old?.expires_at ?? '') - Date.now() - DAY_MS)).toBeLessThan(10_000);
  const other = await play.make();
  await play.rotated(other.id, { overlap_seconds: 0 });
  expect(await play.verdict(other.token)).toBe('wrong_secret');
});

test('409: a third secret that works is refused, and forced ends the oldest', async () => {
  const token = await play.make();
  const second = await play.rotated(token.id);
  const refused = await play.rotate(token.id);
  expect(refused.status).toBe(409);
  expect((refused.body as unknown as Problem).detail).toContain('Two secrets');
  const third = await play.rotated(token.id, { force: true });
  expect(await Promise.all([token.token, second.token ?? '', third.token ?? ''].map((text) => play.verdict(text)))).toEqual([
    'wrong_secret',
    'ok',
    'ok',
  ]);
});

test('of many rotations at once one wins, and never are there three secrets that work', async () => {
  const token = await play.make();
  const answers = await Promise.all(Array.from({ length: 8 }, () => play.rotate(token.id)));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array.from({ length: 7 }, () => 409)]);
  expect((await play.secretsOf(token.id)).map(({ state }) => state)).toEqual(['active', 'grace']);
});

test('200: the old secret is finished early, again without effect; the active one is not ended', async () => {
  const token = await play.make();
  const next = await play.rotated(token.id);
  const [active, old] = await play.secretsOf(token.id);
  const end = (secretId: string) => play.auth.call<Problem>('POST', `${TOKENS}/${token.id}/secrets/${secretId}/revoke`);
  expect((await end(old?.id ?? '')).status).toBe(200);
  expect([await play.verdict(token.token), await play.verdict(next.token ?? '')]).toEqual(['wrong_secret', 'ok']);
  expect((await end(old?.id ?? '')).status).toBe(200);
  expect((await end(active?.id ?? '')).status).toBe(409);
  expect((await end('sec_00000000000000000000000000')).status).toBe(404);
  expect(await play.actionsOf(token.id)).toEqual(['token.created', 'token.rotated', 'token.secret_revoked']);
});

test('a change is in the feed with its commit, and names the secret that ended', async () => {
  const token = await play.make();
  await play.rotated(token.id);
  await play.rotated(token.id, { force: true });
  const rows: { kind: string; secret_id: string | null }[] = await play.auth.dataSource.query(
    'SELECT kind, secret_id FROM auth.feed_events WHERE public_id = $1 ORDER BY sequence',
    [token.public_id],
  );
  expect(rows.map(({ kind }) => kind)).toEqual(['changed', 'changed', 'changed']);
  expect(rows.map(({ secret_id }) => secret_id)).toEqual([null, null, token.secrets[0]?.id]);
});

test('400, 404: what is wrong is named, and what belongs to others is not found', async () => {
  const token = await play.make();
  for (const [body, pointer] of [
    [{ overlap_seconds: -1 }, '/overlap_seconds'],
    [{ overlap_seconds: 30 * 86_400 + 1 }, '/overlap_seconds'],
    [{ overlap: 5 }, '/overlap'],
    [{ delivery: 'pigeon' }, '/delivery'],
  ] as const) {
    const answer = await play.rotate(token.id, body);
    expect(answer.status).toBe(400);
    expect((answer.body as unknown as Problem).errors?.[0]?.pointer).toBe(pointer);
  }
  const unknown = 'tok_00000000000000000000000000';
  expect((await play.rotate(unknown)).status).toBe(404);
  expect((await play.schedule(unknown)).status).toBe(404);
  for (const path of ['secrets', 'rotation', 'rotations']) {
    expect((await play.auth.call('GET', `${TOKENS}/${unknown}/${path}`)).status).toBe(404);
  }
  await play.auth.call('POST', `${TOKENS}/${token.id}/revoke`);
  expect((await play.rotate(token.id)).status).toBe(409);
});

test('403: nobody gets the text of a token that holds more than they do', async () => {
  const strong = await play.make({ name: 'strong', scopes: ['llm:*'] });
  const weak = await play.make({ name: 'weak', type: 'management_key', scopes: ['admin:tokens:*', 'llm:chat'] });
  const answer = await play.auth.call('POST', `${TOKENS}/${strong.id}/rotate`, {}, weak.token);
  expect(answer.status).toBe(403);
});

test('a grace that is over is written down by the leader, without a rotation', async () => {
  const token = await play.make();
  await play.rotated(token.id, { overlap_seconds: 1 });
  await waitFor(async () => (await play.actionsOf(token.id)).includes('token.secret_expired'), { timeoutMs: 10_000 });
  expect(
    (await play.auth.call<CreatedToken>('GET', `${TOKENS}/${token.id}`)).body.secrets.map(({ state }) => state).sort(),
  ).toEqual(['active', 'revoked']);
});

test('a one-time link: a secret that is refused until the link is opened, once', async () => {
  const token = await play.make();
  const answer = await play.rotated(token.id, { delivery: 'one_time_link', overlap_seconds: 60 });
  expect(answer).toMatchObject({ token: null, snippets: [] });
  const [page = '', link = ''] = (answer.link?.url ?? '').split('#');
  expect(page).toBe(`${play.auth.handle.url}/secret-link`);
  expect(await play.dump()).not.toContain(link);
  expect((await play.secretsOf(token.id)).map(({ state }) => state)).toEqual(['pending', 'active']);
  expect((await play.rotate(token.id)).status).toBe(409);
  // What a preview does.
  const preview = await fetch(answer.link?.url ?? '');
  expect(preview.status).toBe(200);
  expect(preview.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(await preview.text()).not.toContain('tgk_');
  const open = async () => {
    const response = await fetch(`${play.auth.handle.url}/api/v1/secret-links/open`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ link }),
    });
    return { status: response.status, body: (await response.json()) as OpenedSecret };
  };
  const [first, second] = await Promise.all([open(), open()]);
  expect([first?.status, second?.status].sort()).toEqual([200, 404]);
  const opened = first?.status === 200 ? first.body : (second?.body as OpenedSecret);
  expect(opened).toMatchObject({ name: 'app', display: token.display });
  expect([await play.verdict(token.token), await play.verdict(opened.token)]).toEqual(['ok', 'ok']);
  expect((await open()).status).toBe(404);
  expect(await play.dump()).not.toContain(opened.token.slice(22));
  const [row] = await play.auth.dataSource.query('SELECT kept, link_digest FROM auth.rotations WHERE token_id = $1', [token.id]);
  expect(row).toEqual({ kept: null, link_digest: null });
});

test('a link that nobody opens is destroyed with its secret, and the failure is an event', async () => {
  const token = await play.make();
  const answer = await play.rotated(token.id, { delivery: 'one_time_link' });
  await play.auth.dataSource.query("UPDATE auth.rotations SET deadline_at = now() - interval '1 second' WHERE token_id = $1", [
    token.id,
  ]);
  const failed = await play.untilState(token.id, 'failed');
  expect(failed.last_problem).toBe('not_acknowledged');
  const link = answer.link?.url.split('#')[1];
  expect((await play.auth.call('POST', '/api/v1/secret-links/open', { link })).status).toBe(404);
  expect(await play.verdict(token.token)).toBe('ok');
  expect((await play.secretsOf(token.id)).map(({ state }) => state)).toEqual(['revoked', 'active']);
  expect(await play.actionsOf(token.id)).toContain('token.rotation_failed');
  await play.rotated(token.id);
});

test('a forced rotation, a revoked secret and a revoked token each end what is on its way', async () => {
  const [forced, ended, gone] = [await play.make(), await play.make(), await play.make()];
  for (const { id } of [forced, ended, gone]) await play.rotated(id, { delivery: 'one_time_link' });
  await play.rotated(forced.id, { force: true });
  const [pending] = await play.secretsOf(ended.id);
  expect((await play.auth.call('POST', `${TOKENS}/${ended.id}/secrets/${pending?.id}/revoke`)).status).toBe(200);
  await play.auth.call('POST', `${TOKENS}/${gone.id}/revoke`);
  for (const { id } of [forced, ended, gone]) expect((await play.untilState(id, 'cancelled')).finished_at).not.toBeNull();
  const [left] = await play.auth.dataSource.query(
    "SELECT count(*)::int AS kept FROM auth.rotations WHERE state <> 'pending' AND kept IS NOT NULL",
  );
  expect(left).toEqual({ kept: 0 });
});

test('201: a rotation that is asked for twice under one Idempotency-Key is made once, and answered alike', async () => {
  const token = await play.make();
  const headers = { 'idempotency-key': `rotation-of-${token.id}` };
  const ask = (body: object) => play.auth.call<RotatedToken>('POST', `${TOKENS}/${token.id}/rotate`, body, undefined, headers);
  const [first, again] = [await ask({}), await ask({})];
  expect([first.status, again.status, again.body]).toEqual([201, 201, first.body]);
  expect(await play.verdict(again.body.token ?? '')).toBe('ok');
  expect((await play.secretsOf(token.id)).map(({ state }) => state)).toEqual(['active', 'grace']);
  expect((await ask({ force: true })).status).toBe(422);
  // Kept with the change: neither is there without the other.
  const [row] = (await play.auth.dataSource.query(
    'SELECT answer IS NOT NULL AS kept, answer FROM auth.idempotency_keys WHERE key = $1',
    [headers['idempotency-key']],
  )) as [{ kept: boolean; answer: Buffer }];
  expect(row.kept).toBe(true);
  expect(row.answer.toString('latin1')).not.toContain(first.body.token);
});

test('412: what was read before another rotation rotates, finishes and schedules nothing', async () => {
  const token = await play.make();
  const stale = { 'if-match': '"1"' };
  const { secret_id } = await play.rotated(token.id);
  const call = (method: string, path: string, body?: object) =>
    play.auth.call<Problem>(method, `${TOKENS}/${token.id}${path}`, body, undefined, stale);
  const old = (await play.secretsOf(token.id)).find(({ id }) => id !== secret_id)?.id;
  expect((await call('POST', '/rotate', { force: true })).body.code).toBe('precondition_failed');
  expect((await call('POST', `/secrets/${old}/revoke`)).body.code).toBe('precondition_failed');
  expect((await play.secretsOf(token.id)).map(({ state }) => state)).toEqual(['active', 'grace']);
  const schedule = {
    timing: { kind: 'every', days: 30 },
    delivery: { kind: 'webhook', url: 'https://hooks.example.com/rotation' },
  };
  // "0" is that of a schedule that is not there yet.
  expect((await call('PUT', '/rotation', schedule)).body.code).toBe('precondition_failed');
  const made = await play.auth.call('PUT', `${TOKENS}/${token.id}/rotation`, schedule, undefined, { 'if-match': '"0"' });
  expect([made.status, made.headers.get('etag')]).toEqual([200, '"1"']);
  await play.auth.call('PUT', `${TOKENS}/${token.id}/rotation`, schedule);
  expect((await call('DELETE', '/rotation')).body.code).toBe('precondition_failed');
  expect(
    (await play.auth.call('DELETE', `${TOKENS}/${token.id}/rotation`, undefined, undefined, { 'if-match': '"2"' })).status,
  ).toBe(204);
});

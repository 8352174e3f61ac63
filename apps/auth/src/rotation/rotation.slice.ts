import type {
  CreatedToken,
  OpenedSecret,
  Page,
  Problem,
  RotatedToken,
  Rotation,
  RotationSchedule,
  TokenResolveReply,
  TokenSecretView,
} from '@tollgate/contracts';
import { SUBJECTS } from '@tollgate/contracts';
import { type PepperSet, parseToken, readPeppers, verifyToken, verifyWebhook } from '@tollgate/policy';
import { waitFor } from '@tollgate/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { PEPPER, type RunningAuth, startAuth } from '../testing/start-auth.js';
import { startWebhookReceiver, type WebhookReceiver } from './testing/webhook-receiver.js';

const TOKENS = '/api/v1/tokens';
const DAY_MS = 86_400_000;
let auth: RunningAuth;
let receiver: WebhookReceiver;
beforeAll(async () => {
  const { createTestDatabase } = await import('@tollgate/testing');
  const { databaseOfAuth } = await import('../testing/start-auth.js');
  const database = await createTestDatabase(databaseOfAuth());
  const variables = { TOLLGATE_WEBHOOK_PRIVATE_NETWORKS: '127.0.0.0/8' };
  const running = await startAuth({ url: database.url, overrides: { variables } });
  auth = {
    ...running,
    close: async () => {
      await running.close();
      await database.drop();
    },
  };
});
afterAll(() => auth.close());
beforeEach(async () => {
  receiver = await startWebhookReceiver();
});
afterEach(() => receiver.close());

const make = async (body: object = {}): Promise<CreatedToken> => {
  const answer = await auth.call<CreatedToken>('POST', TOKENS, { name: 'app', ...body });
  expect(answer.status, answer.text).toBe(201);
  return answer.body;
};
const rotate = (id: string, body: object = {}) => auth.call<RotatedToken>('POST', `${TOKENS}/${id}/rotate`, body);
const rotated = async (id: string, body: object = {}): Promise<RotatedToken> => {
  const answer = await rotate(id, body);
  expect(answer.status, answer.text).toBe(201);
  return answer.body;
};
const secretsOf = async (id: string) =>
  (await auth.call<{ data: TokenSecretView[] }>('GET', `${TOKENS}/${id}/secrets`)).body.data;
const rotationsOf = async (id: string) => (await auth.call<Page<Rotation>>('GET', `${TOKENS}/${id}/rotations`)).body.data;
const peppers = (): PepperSet => {
  const read = readPeppers(PEPPER);
  if (!read.ok) throw new Error(read.error);
  return read.value;
};
/** What a router would say, at that time. */
const verdict = async (text: string, now = Date.now()): Promise<string> => {
  const parsed = parseToken(text);
  if (!parsed.ok) return parsed.error;
  const reply = await auth.ask<TokenResolveReply>(SUBJECTS.tokenResolve, { publicId: parsed.value.publicId });
  const verified = verifyToken(parsed.value, reply.status === 'found' ? reply.token : null, peppers(), now);
  return verified.ok ? 'ok' : verified.error;
};
const actionsOf = async (id: string): Promise<string[]> => {
  const rows: { action: string }[] = await auth.dataSource.query(
    "SELECT action FROM auth.audit_events WHERE target ->> 'id' = $1 ORDER BY seq",
    [id],
  );
  return rows.map(({ action }) => action);
};
const schedule = (id: string, body: object = {}) =>
  auth.call<RotationSchedule>('PUT', `${TOKENS}/${id}/rotation`, {
    timing: { kind: 'every', days: 30 },
    delivery: { kind: 'webhook', url: receiver.url },
    ...body,
  });
/** As if the time of the run had come. */
const makeDue = (id: string) =>
  auth.dataSource.query('UPDATE auth.rotation_schedules SET next_run_at = now() WHERE token_id = $1', [id]);
const retryNow = (id: string) =>
  auth.dataSource.query('UPDATE auth.rotations SET next_attempt_at = now() WHERE token_id = $1 AND next_attempt_at IS NOT NULL', [
    id,
  ]);
const untilState = (id: string, state: Rotation['state']): Promise<Rotation> =>
  waitFor(async () => (await rotationsOf(id)).find((rotation) => rotation.state === state) ?? null, {
    timeoutMs: 10_000,
    what: `a rotation ${state}`,
  });
const dump = async (): Promise<string> => {
  const rows: { dump: string }[] = await auth.dataSource.query(
    `SELECT (SELECT json_agg(s) FROM auth.token_secrets s)::text || (SELECT json_agg(a) FROM auth.audit_events a)::text
       || coalesce((SELECT json_agg(r) FROM auth.rotations r)::text, '')
       || coalesce((SELECT json_agg(r) FROM auth.rotation_schedules r)::text, '') AS dump`,
  );
  return rows[0]?.dump ?? '';
};

test('201: a rotation keeps id, policy and public id; both secrets work until the overlap is over', async () => {
  const token = await make();
  const before = Date.now();
  const next = await rotated(token.id, { overlap_seconds: 3_600 });
  expect(next).toMatchObject({ id: token.id, public_id: token.public_id, scopes: token.scopes, link: null, revision: 2 });
  expect(next.token).toMatch(/^tgk_live_/);
  expect(next.token?.slice(0, 22)).toBe(token.token.slice(0, 22));
  expect(next.snippets[0]?.code).toContain(next.token);
  expect([await verdict(token.token), await verdict(next.token ?? '')]).toEqual(['ok', 'ok']);
  const [fresh, old] = await secretsOf(token.id);
  expect(fresh).toMatchObject({ id: next.secret_id, state: 'active', expires_at: null });
  const ends = Date.parse(old?.expires_at ?? '');
  expect(ends - before).toBeGreaterThanOrEqual(3_600_000);
  expect(ends - Date.now()).toBeLessThanOrEqual(3_600_000);
  expect([await verdict(token.token, ends - 1), await verdict(token.token, ends)]).toEqual(['ok', 'secret_expired']);
  expect(await actionsOf(token.id)).toEqual(['token.created', 'token.rotated']);
  expect(await dump()).not.toContain(next.token?.slice(22));
});

test('201: the overlap is a day where nothing is said, and none at 0', async () => {
  const token = await make();
  await rotated(token.id);
  const [, old] = await secretsOf(token.id);
  expect(Math.abs(Date.parse(old?.expires_at ?? '') - Date.now() - DAY_MS)).toBeLessThan(10_000);
  const other = await make();
  await rotated(other.id, { overlap_seconds: 0 });
  expect(await verdict(other.token)).toBe('wrong_secret');
});

test('409: a third secret that works is refused, and forced ends the oldest', async () => {
  const token = await make();
  const second = await rotated(token.id);
  const refused = await rotate(token.id);
  expect(refused.status).toBe(409);
  expect((refused.body as unknown as Problem).detail).toContain('Two secrets');
  const third = await rotated(token.id, { force: true });
  expect(await Promise.all([token.token, second.token ?? '', third.token ?? ''].map((text) => verdict(text)))).toEqual([
    'wrong_secret',
    'ok',
    'ok',
  ]);
});

test('of many rotations at once one wins, and never are there three secrets that work', async () => {
  const token = await make();
  const answers = await Promise.all(Array.from({ length: 8 }, () => rotate(token.id)));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array.from({ length: 7 }, () => 409)]);
  expect((await secretsOf(token.id)).map(({ state }) => state)).toEqual(['active', 'grace']);
});

test('200: the old secret is finished early, again without effect; the active one is not ended', async () => {
  const token = await make();
  const next = await rotated(token.id);
  const [active, old] = await secretsOf(token.id);
  const end = (secretId: string) => auth.call<Problem>('POST', `${TOKENS}/${token.id}/secrets/${secretId}/revoke`);
  expect((await end(old?.id ?? '')).status).toBe(200);
  expect([await verdict(token.token), await verdict(next.token ?? '')]).toEqual(['wrong_secret', 'ok']);
  expect((await end(old?.id ?? '')).status).toBe(200);
  expect((await end(active?.id ?? '')).status).toBe(409);
  expect((await end('sec_00000000000000000000000000')).status).toBe(404);
  expect(await actionsOf(token.id)).toEqual(['token.created', 'token.rotated', 'token.secret_revoked']);
});

test('a change is in the feed with its commit, and names the secret that ended', async () => {
  const token = await make();
  await rotated(token.id);
  await rotated(token.id, { force: true });
  const rows: { kind: string; secret_id: string | null }[] = await auth.dataSource.query(
    'SELECT kind, secret_id FROM auth.feed_events WHERE public_id = $1 ORDER BY sequence',
    [token.public_id],
  );
  expect(rows.map(({ kind }) => kind)).toEqual(['changed', 'changed', 'changed']);
  expect(rows.map(({ secret_id }) => secret_id)).toEqual([null, null, token.secrets[0]?.id]);
});

test('400, 404: what is wrong is named, and what belongs to others is not found', async () => {
  const token = await make();
  for (const [body, pointer] of [
    [{ overlap_seconds: -1 }, '/overlap_seconds'],
    [{ overlap_seconds: 30 * 86_400 + 1 }, '/overlap_seconds'],
    [{ overlap: 5 }, '/overlap'],
    [{ delivery: 'pigeon' }, '/delivery'],
  ] as const) {
    const answer = await rotate(token.id, body);
    expect(answer.status).toBe(400);
    expect((answer.body as unknown as Problem).errors?.[0]?.pointer).toBe(pointer);
  }
  const unknown = 'tok_00000000000000000000000000';
  expect((await rotate(unknown)).status).toBe(404);
  expect((await schedule(unknown)).status).toBe(404);
  for (const path of ['secrets', 'rotation', 'rotations']) {
    expect((await auth.call('GET', `${TOKENS}/${unknown}/${path}`)).status).toBe(404);
  }
  await auth.call('POST', `${TOKENS}/${token.id}/revoke`);
  expect((await rotate(token.id)).status).toBe(409);
});

test('403: nobody gets the text of a token that holds more than they do', async () => {
  const strong = await make({ name: 'strong', scopes: ['llm:*'] });
  const weak = await make({ name: 'weak', type: 'management_key', scopes: ['admin:tokens:*', 'llm:chat'] });
  const answer = await auth.call('POST', `${TOKENS}/${strong.id}/rotate`, {}, weak.token);
  expect(answer.status).toBe(403);
});

test('a grace that is over is written down by the leader, without a rotation', async () => {
  const token = await make();
  await rotated(token.id, { overlap_seconds: 1 });
  await waitFor(async () => (await actionsOf(token.id)).includes('token.secret_expired'), { timeoutMs: 10_000 });
  expect((await auth.call<CreatedToken>('GET', `${TOKENS}/${token.id}`)).body.secrets.map(({ state }) => state).sort()).toEqual([
    'active',
    'revoked',
  ]);
});

test('a one-time link: a secret that is refused until the link is opened, once', async () => {
  const token = await make();
  const answer = await rotated(token.id, { delivery: 'one_time_link', overlap_seconds: 60 });
  expect(answer).toMatchObject({ token: null, snippets: [] });
  const [page = '', link = ''] = (answer.link?.url ?? '').split('#');
  expect(page).toBe(`${auth.handle.url}/secret-link`);
  expect(await dump()).not.toContain(link);
  expect((await secretsOf(token.id)).map(({ state }) => state)).toEqual(['pending', 'active']);
  expect((await rotate(token.id)).status).toBe(409);
  // What a preview does.
  const preview = await fetch(answer.link?.url ?? '');
  expect(preview.status).toBe(200);
  expect(preview.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(await preview.text()).not.toContain('tgk_');
  const open = async () => {
    const response = await fetch(`${auth.handle.url}/api/v1/secret-links/open`, {
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
  expect([await verdict(token.token), await verdict(opened.token)]).toEqual(['ok', 'ok']);
  expect((await open()).status).toBe(404);
  expect(await dump()).not.toContain(opened.token.slice(22));
  const [row] = await auth.dataSource.query('SELECT kept, link_digest FROM auth.rotations WHERE token_id = $1', [token.id]);
  expect(row).toEqual({ kept: null, link_digest: null });
});

test('a link that nobody opens is destroyed with its secret, and the failure is an event', async () => {
  const token = await make();
  const answer = await rotated(token.id, { delivery: 'one_time_link' });
  await auth.dataSource.query("UPDATE auth.rotations SET deadline_at = now() - interval '1 second' WHERE token_id = $1", [
    token.id,
  ]);
  const failed = await untilState(token.id, 'failed');
  expect(failed.last_problem).toBe('not_acknowledged');
  const link = answer.link?.url.split('#')[1];
  expect((await auth.call('POST', '/api/v1/secret-links/open', { link })).status).toBe(404);
  expect(await verdict(token.token)).toBe('ok');
  expect((await secretsOf(token.id)).map(({ state }) => state)).toEqual(['revoked', 'active']);
  expect(await actionsOf(token.id)).toContain('token.rotation_failed');
  await rotated(token.id);
});

test('a forced rotation, a revoked secret and a revoked token each end what is on its way', async () => {
  const [forced, ended, gone] = [await make(), await make(), await make()];
  for (const { id } of [forced, ended, gone]) await rotated(id, { delivery: 'one_time_link' });
  await rotated(forced.id, { force: true });
  const [pending] = await secretsOf(ended.id);
  expect((await auth.call('POST', `${TOKENS}/${ended.id}/secrets/${pending?.id}/revoke`)).status).toBe(200);
  await auth.call('POST', `${TOKENS}/${gone.id}/revoke`);
  for (const { id } of [forced, ended, gone]) expect((await untilState(id, 'cancelled')).finished_at).not.toBeNull();
  const [left] = await auth.dataSource.query(
    "SELECT count(*)::int AS kept FROM auth.rotations WHERE state <> 'pending' AND kept IS NOT NULL",
  );
  expect(left).toEqual({ kept: 0 });
});

test('a scheduled rotation commits only after the signed webhook was acknowledged', async () => {
  const token = await make();
  const put = await schedule(token.id, { overlap_seconds: 60 });
  expect(put.status, put.text).toBe(200);
  expect(put.body.signing_secret).toMatch(/^tgw_live_/);
  expect((await schedule(token.id, { overlap_seconds: 60 })).body.signing_secret).toBeNull();
  const states: string[] = [];
  receiver.answer = ({ message }) => {
    if (message.type === 'token.secret.issued') states.push(message.data.token);
    return 200;
  };
  await makeDue(token.id);
  const done = await untilState(token.id, 'completed');
  await waitFor(() => receiver.received.length === 2, { timeoutMs: 5_000, what: 'both messages' });
  const [issued, activated] = receiver.received;
  expect([issued?.message.type, activated?.message.type]).toEqual(['token.secret.issued', 'token.secret.activated']);
  for (const each of receiver.received) {
    const [id, timestamp] = [String(each.headers['webhook-id']), Number(each.headers['webhook-timestamp'])];
    const signature = String(each.headers['webhook-signature']);
    const now = Date.now() / 1_000;
    expect(verifyWebhook(put.body.signing_secret ?? '', { id, timestamp, body: each.body }, signature, now)).toBe(true);
  }
  expect(issued?.headers['webhook-id']).toBe(done.id);
  expect([await verdict(token.token), await verdict(states[0] ?? '')]).toEqual(['ok', 'ok']);
  expect(await dump()).not.toContain(states[0]?.slice(22));
  expect(await dump()).not.toContain(put.body.signing_secret?.slice(22));
  const after = await auth.call<RotationSchedule>('GET', `${TOKENS}/${token.id}/rotation`);
  expect(Date.parse(after.body.next_run_at ?? '') - Date.now()).toBeGreaterThan(29 * DAY_MS);
  expect(after.body.signing_secret).toBeNull();
});

test('while the receiver fails the new secret is refused and the old one alone; the same message comes again', async () => {
  const token = await make();
  await schedule(token.id, { delivery: { kind: 'webhook', url: receiver.url, attempts_max: 5 } });
  const texts = new Set<string>();
  const statuses: (number | null)[] = [500, 302, null];
  receiver.answer = ({ message }) => {
    if (message.type === 'token.secret.issued') texts.add(message.data.token);
    return statuses.length > 0 ? (statuses.shift() as number | null) : 200;
  };
  await makeDue(token.id);
  const text = await waitFor(() => [...texts][0] ?? null, { timeoutMs: 5_000 });
  expect([await verdict(token.token), await verdict(text)]).toEqual(['ok', 'wrong_secret']);
  for (let i = 1; i <= 3; i += 1) {
    await waitFor(
      async () => {
        await retryNow(token.id);
        return receiver.received.length > i;
      },
      { timeoutMs: 10_000, what: 'a further attempt' },
    );
  }
  await untilState(token.id, 'completed');
  expect(texts.size).toBe(1);
  expect(new Set(receiver.received.slice(0, 4).map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  expect([await verdict(token.token), await verdict(text)]).toEqual(['ok', 'ok']);
});

test('a delivery that fails for good leaves the old secret alone and is an event', async () => {
  const token = await make();
  await schedule(token.id, { delivery: { kind: 'webhook', url: receiver.url, attempts_max: 2 } });
  receiver.answer = () => 503;
  await makeDue(token.id);
  await waitFor(() => receiver.received.length === 1, { timeoutMs: 5_000 });
  const failed = await waitFor(
    async () => {
      await retryNow(token.id);
      return (await rotationsOf(token.id)).find(({ state }) => state === 'failed') ?? null;
    },
    { timeoutMs: 10_000 },
  );
  expect(failed).toMatchObject({ attempts: 2, last_problem: 'http_503' });
  expect(await verdict(token.token)).toBe('ok');
  const [issued] = receiver.received;
  expect(await verdict(issued?.message.type === 'token.secret.issued' ? issued.message.data.token : '')).toBe('wrong_secret');
  expect(await actionsOf(token.id)).toEqual([
    'token.created',
    'token.rotation_scheduled',
    'token.rotation_started',
    'token.rotation_failed',
  ]);
  // By hand it goes on.
  await rotated(token.id);
});

test('410 ends a delivery at once', async () => {
  const token = await make();
  await schedule(token.id);
  receiver.answer = () => 410;
  expect((await auth.call<Rotation>('POST', `${TOKENS}/${token.id}/rotation/run`)).status).toBe(202);
  expect((await untilState(token.id, 'failed')).attempts).toBe(1);
});

test('a scheduled one-time link goes out by webhook and works once it was opened', async () => {
  const token = await make();
  await schedule(token.id, { delivery: { kind: 'one_time_link', url: receiver.url } });
  await makeDue(token.id);
  const sent = await waitFor(() => receiver.received[0] ?? null, { timeoutMs: 5_000 });
  if (sent.message.type !== 'token.secret.link') throw new Error(sent.message.type);
  expect(sent.body).not.toContain('tgk_live');
  const link = sent.message.data.url.split('#')[1];
  await waitFor(async () => (await actionsOf(token.id)).includes('token.rotation_link_delivered'), { timeoutMs: 5_000 });
  expect((await secretsOf(token.id))[0]?.state).toBe('pending');
  const opened = await auth.call<OpenedSecret>('POST', '/api/v1/secret-links/open', { link });
  expect(opened.status).toBe(200);
  expect(await verdict(opened.body.token)).toBe('ok');
  await waitFor(() => receiver.received.length === 2, { timeoutMs: 5_000 });
});

test('a run comes once, however often it is due, and waits where another secret is live', async () => {
  const token = await make();
  await schedule(token.id, { overlap_seconds: 600 });
  await auth.dataSource.query(
    "UPDATE auth.rotation_schedules SET next_run_at = now(), period_at = date_trunc('day', now()) WHERE token_id = $1",
    [token.id],
  );
  await untilState(token.id, 'completed');
  // The same period again, as after a restore of a backup, and with a secret in grace.
  await auth.dataSource.query(
    "UPDATE auth.rotation_schedules SET next_run_at = now(), period_at = date_trunc('day', now()) WHERE token_id = $1",
    [token.id],
  );
  await waitFor(
    async () =>
      Date.parse((await auth.call<RotationSchedule>('GET', `${TOKENS}/${token.id}/rotation`)).body.next_run_at ?? '') >
      Date.now() + 30_000,
    { timeoutMs: 5_000, what: 'the run put off' },
  );
  expect(await rotationsOf(token.id)).toHaveLength(1);
  const [, old] = await secretsOf(token.id);
  await auth.call('POST', `${TOKENS}/${token.id}/secrets/${old?.id}/revoke`);
  await makeDue(token.id);
  await waitFor(
    async () =>
      Date.parse((await auth.call<RotationSchedule>('GET', `${TOKENS}/${token.id}/rotation`)).body.next_run_at ?? '') >
      Date.now() + DAY_MS,
    { timeoutMs: 5_000, what: 'the next period' },
  );
  expect(await rotationsOf(token.id)).toHaveLength(1);
});

test('400: a schedule that cannot work is refused with its pointer', async () => {
  const token = await make();
  const hook = { kind: 'webhook', url: receiver.url };
  for (const [body, pointer] of [
    [{ timing: { kind: 'cron', cron: 'x' } }, '/timing/cron'],
    [{ timing: { kind: 'cron', cron: '* * * * *' } }, '/timing/cron'],
    [{ timing: { kind: 'cron', cron: '0 0 30 2 *' } }, '/timing/cron'],
    [{ timing: { kind: 'cron', cron: '0 0 * * *', time_zone: 'Nowhere/Here' } }, '/timing/time_zone'],
    [{ timing: { kind: 'every', days: 0 } }, '/timing/days'],
    [{ timing: { kind: 'every', days: 1 }, overlap_seconds: 86_400 }, '/overlap_seconds'],
    [{ delivery: { ...hook, url: 'http://example.com/' } }, '/delivery/url'],
    [{ delivery: { ...hook, url: 'https://10.0.0.1/' } }, '/delivery/url'],
    [{ delivery: { ...hook, url: 'https://a:b@example.com/' } }, '/delivery/url'],
    [{ delivery: { ...hook, retries: 3 } }, '/delivery/retries'],
    [{ jitter: 5 }, '/jitter'],
  ] as const) {
    const answer = await schedule(token.id, body);
    expect(answer.status, JSON.stringify(body)).toBe(400);
    expect((answer.body as unknown as Problem).errors?.map((error) => error.pointer)).toContain(pointer);
  }
});

test('a schedule that is removed or switched off runs no more', async () => {
  const token = await make();
  await schedule(token.id);
  expect((await schedule(token.id, { enabled: false })).body.next_run_at).toBeNull();
  const path = `${TOKENS}/${token.id}/rotation`;
  const gone = await fetch(auth.handle.url + path, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${auth.secrets.admin}` },
  });
  expect(gone.status).toBe(204);
  expect((await auth.call('GET', path)).status).toBe(404);
  expect((await auth.call('POST', `${path}/run`)).status).toBe(404);
});

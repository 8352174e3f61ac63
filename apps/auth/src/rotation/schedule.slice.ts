import type { Incident, OpenedSecret, Page, Problem, Rotation, RotationSchedule } from '@tollgate/contracts';
import { verifyWebhook } from '@tollgate/policy';
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

test('a scheduled rotation commits only after the signed webhook was acknowledged', async () => {
  const token = await play.make();
  const put = await play.schedule(token.id, { overlap_seconds: 60 });
  expect(put.status, put.text).toBe(200);
  expect(put.body.signing_secret).toMatch(/^tgw_live_/);
  expect((await play.schedule(token.id, { overlap_seconds: 60 })).body.signing_secret).toBeNull();
  const states: string[] = [];
  play.receiver.answer = ({ message }) => {
    if (message.type === 'token.secret.issued') states.push(message.data.token);
    return 200;
  };
  await play.makeDue(token.id);
  const done = await play.untilState(token.id, 'completed');
  await waitFor(() => play.receiver.received.length === 2, { timeoutMs: 5_000, what: 'both messages' });
  const [issued, activated] = play.receiver.received;
  expect([issued?.message.type, activated?.message.type]).toEqual(['token.secret.issued', 'token.secret.activated']);
  for (const each of play.receiver.received) {
    const [id, timestamp] = [String(each.headers['webhook-id']), Number(each.headers['webhook-timestamp'])];
    const signature = String(each.headers['webhook-signature']);
    const now = Date.now() / 1_000;
    expect(verifyWebhook(put.body.signing_secret ?? '', { id, timestamp, body: each.body }, signature, now)).toBe(true);
  }
  expect(issued?.headers['webhook-id']).toBe(done.id);
  expect([await play.verdict(token.token), await play.verdict(states[0] ?? '')]).toEqual(['ok', 'ok']);
  expect(await play.dump()).not.toContain(states[0]?.slice(22));
  expect(await play.dump()).not.toContain(put.body.signing_secret?.slice(22));
  const after = await play.auth.call<RotationSchedule>('GET', `${TOKENS}/${token.id}/rotation`);
  expect(Date.parse(after.body.next_run_at ?? '') - Date.now()).toBeGreaterThan(29 * DAY_MS);
  expect(after.body.signing_secret).toBeNull();
});

test('while the receiver fails the new secret is refused and the old one alone; the same message comes again', async () => {
  const token = await play.make();
  await play.schedule(token.id, { delivery: { kind: 'webhook', url: play.receiver.url, attempts_max: 5 } });
  const texts = new Set<string>();
  const statuses: (number | null)[] = [500, 302, null];
  play.receiver.answer = ({ message }) => {
    if (message.type === 'token.secret.issued') texts.add(message.data.token);
    return statuses.length > 0 ? (statuses.shift() as number | null) : 200;
  };
  await play.makeDue(token.id);
  const text = await waitFor(() => [...texts][0] ?? null, { timeoutMs: 5_000 });
  expect([await play.verdict(token.token), await play.verdict(text)]).toEqual(['ok', 'wrong_secret']);
  for (let i = 1; i <= 3; i += 1) {
    await waitFor(
      async () => {
        await play.retryNow(token.id);
        return play.receiver.received.length > i;
      },
      { timeoutMs: 10_000, what: 'a further attempt' },
    );
  }
  await play.untilState(token.id, 'completed');
  expect(texts.size).toBe(1);
  expect(new Set(play.receiver.received.slice(0, 4).map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  expect([await play.verdict(token.token), await play.verdict(text)]).toEqual(['ok', 'ok']);
});

test('a delivery that fails for good leaves the old secret alone and is an event', async () => {
  const token = await play.make();
  await play.schedule(token.id, { delivery: { kind: 'webhook', url: play.receiver.url, attempts_max: 2 } });
  play.receiver.answer = () => 503;
  await play.makeDue(token.id);
  await waitFor(() => play.receiver.received.length === 1, { timeoutMs: 5_000 });
  const failed = await waitFor(
    async () => {
      await play.retryNow(token.id);
      return (await play.rotationsOf(token.id)).find(({ state }) => state === 'failed') ?? null;
    },
    { timeoutMs: 10_000 },
  );
  expect(failed).toMatchObject({ attempts: 2, last_problem: 'http_503' });
  expect(await play.verdict(token.token)).toBe('ok');
  const [issued] = play.receiver.received;
  expect(await play.verdict(issued?.message.type === 'token.secret.issued' ? issued.message.data.token : '')).toBe(
    'wrong_secret',
  );
  expect(await play.actionsOf(token.id)).toEqual([
    'token.created',
    'token.rotation_scheduled',
    'token.rotation_started',
    'token.rotation_failed',
  ]);
  const { body } = await play.auth.call<Page<Incident>>('GET', `/api/v1/incidents?token_id=${token.id}`);
  const [incident] = body.data;
  expect(incident).toMatchObject({
    rule: 'rotation_failed',
    action: { kind: 'alert', state: 'none' },
    evidence: [{ problem: 'http_503' }],
  });
  // By hand it goes on.
  await play.rotated(token.id);
});

test('410 ends a delivery at once', async () => {
  const token = await play.make();
  await play.schedule(token.id);
  play.receiver.answer = () => 410;
  expect((await play.auth.call<Rotation>('POST', `${TOKENS}/${token.id}/rotation/run`)).status).toBe(202);
  expect((await play.untilState(token.id, 'failed')).attempts).toBe(1);
});

test('a scheduled one-time link goes out by webhook and works once it was opened', async () => {
  const token = await play.make();
  await play.schedule(token.id, { delivery: { kind: 'one_time_link', url: play.receiver.url } });
  await play.makeDue(token.id);
  const sent = await waitFor(() => play.receiver.received[0] ?? null, { timeoutMs: 5_000 });
  if (sent.message.type !== 'token.secret.link') throw new Error(sent.message.type);
  expect(sent.body).not.toContain('tgk_live');
  const link = sent.message.data.url.split('#')[1];
  await waitFor(async () => (await play.actionsOf(token.id)).includes('token.rotation_link_delivered'), { timeoutMs: 5_000 });
  expect((await play.secretsOf(token.id))[0]?.state).toBe('pending');
  const opened = await play.auth.call<OpenedSecret>('POST', '/api/v1/secret-links/open', { link });
  expect(opened.status).toBe(200);
  expect(await play.verdict(opened.body.token)).toBe('ok');
  await waitFor(() => play.receiver.received.length === 2, { timeoutMs: 5_000 });
});

test('a run comes once, however often it is due, and waits where another secret is live', async () => {
  const token = await play.make();
  await play.schedule(token.id, { overlap_seconds: 600 });
  await play.auth.dataSource.query(
    "UPDATE auth.rotation_schedules SET next_run_at = now(), period_at = date_trunc('day', now()) WHERE token_id = $1",
    [token.id],
  );
  await play.untilState(token.id, 'completed');
  // The same period again, as after a restore of a backup, and with a secret in grace.
  await play.auth.dataSource.query(
    "UPDATE auth.rotation_schedules SET next_run_at = now(), period_at = date_trunc('day', now()) WHERE token_id = $1",
    [token.id],
  );
  await waitFor(
    async () =>
      Date.parse((await play.auth.call<RotationSchedule>('GET', `${TOKENS}/${token.id}/rotation`)).body.next_run_at ?? '') >
      Date.now() + 30_000,
    { timeoutMs: 5_000, what: 'the run put off' },
  );
  expect(await play.rotationsOf(token.id)).toHaveLength(1);
  const [, old] = await play.secretsOf(token.id);
  await play.auth.call('POST', `${TOKENS}/${token.id}/secrets/${old?.id}/revoke`);
  await play.makeDue(token.id);
  await waitFor(
    async () =>
      Date.parse((await play.auth.call<RotationSchedule>('GET', `${TOKENS}/${token.id}/rotation`)).body.next_run_at ?? '') >
      Date.now() + DAY_MS,
    { timeoutMs: 5_000, what: 'the next period' },
  );
  expect(await play.rotationsOf(token.id)).toHaveLength(1);
});

test('400: a schedule that cannot work is refused with its pointer', async () => {
  const token = await play.make();
  const hook = { kind: 'webhook', url: play.receiver.url };
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
    const answer = await play.schedule(token.id, body);
    expect(answer.status, JSON.stringify(body)).toBe(400);
    expect((answer.body as unknown as Problem).errors?.map((error) => error.pointer)).toContain(pointer);
  }
});

test('a schedule that is removed or switched off runs no more', async () => {
  const token = await play.make();
  await play.schedule(token.id);
  expect((await play.schedule(token.id, { enabled: false })).body.next_run_at).toBeNull();
  const path = `${TOKENS}/${token.id}/rotation`;
  const gone = await fetch(play.auth.handle.url + path, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${play.auth.secrets.admin}` },
  });
  expect(gone.status).toBe(204);
  expect((await play.auth.call('GET', path)).status).toBe(404);
  expect((await play.auth.call('POST', `${path}/run`)).status).toBe(404);
});

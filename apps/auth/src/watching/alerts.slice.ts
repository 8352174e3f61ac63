import type { AlertWebhook, CreatedToken, IncidentMessage, Problem } from '@tollgate/contracts';
import { verifyWebhook } from '@tollgate/policy';
import { waitFor } from '@tollgate/testing';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startWebhookReceiver, type WebhookReceiver } from '../rotation/testing/webhook-receiver.js';
import { startWatching } from './testing/start-watching.js';

const WEBHOOK = '/api/v1/watching/webhook';
let play: Awaited<ReturnType<typeof startWatching>>;
let receiver: WebhookReceiver;
beforeAll(async () => {
  play = await startWatching();
});
beforeEach(async () => {
  await receiver?.close();
  receiver = await startWebhookReceiver();
});
afterAll(async () => {
  await play.close();
  await receiver.close();
});

const put = async (fields: object = {}): Promise<AlertWebhook> => {
  const answer = await play.call<AlertWebhook>('PUT', WEBHOOK, { url: receiver.url, ...fields });
  expect(answer.status, answer.text).toBe(200);
  return answer.body;
};
const messages = (): readonly IncidentMessage[] => receiver.received.map(({ body }) => JSON.parse(body) as IncidentMessage);
const received = (count: number) =>
  waitFor(() => (receiver.received.length >= count ? messages() : null), { timeoutMs: 10_000, what: `${count} alerts` });
async function misuse(): Promise<CreatedToken> {
  const token = await play.make();
  await play.rotate(token.id);
  await play.report(play.refused(token.public_id, token.token));
  return token;
}
const waiting = async (): Promise<number> =>
  (await play.dataSource.query<{ count: number }[]>('SELECT count(*)::int AS count FROM auth.alerts'))[0]?.count ?? 0;

test('an incident is told where alerts go, signed, once it is opened and once it has led to something', async () => {
  expect((await play.call<Problem>('GET', WEBHOOK)).status).toBe(404);
  const { signing_secret: secret } = await put();
  expect(secret).toMatch(/^tgw_live_/);
  await play.put({ rules: { spent_secret_used: { action: 'suspend' } } });
  const token = await misuse();
  const [message] = await received(1);
  expect(message).toMatchObject({
    type: 'incident.opened',
    data: { rule: 'spent_secret_used', token_id: token.id, action: { kind: 'suspend', state: 'in_force' } },
  });
  const [one] = receiver.received;
  if (one === undefined) throw new Error('nothing was received');
  const { headers, body } = one;
  const signed = { id: String(headers['webhook-id']), timestamp: Number(headers['webhook-timestamp']), body };
  expect(verifyWebhook(secret ?? '', signed, String(headers['webhook-signature']), Date.now() / 1_000)).toBe(true);
  await waitFor(async () => (await waiting()) === 0);
  const seen = await play.call<AlertWebhook>('GET', WEBHOOK);
  expect(seen.body).toMatchObject({ signing_secret: null, last_delivered_at: expect.any(String), last_problem: null });
  // Restored by hand, and stopped again: the same incident, and news all the same.
  await play.call('PATCH', `/api/v1/tokens/${token.id}`, { status: 'active' });
  await play.report(play.refused(token.public_id, token.token));
  const [, second] = await received(2);
  expect(second).toMatchObject({ type: 'incident.action_taken', data: { id: message?.data.id, count: 2 } });
  await play.put();
});

test('one that is not taken is sent again under the same id; 410 ends it', async () => {
  await put();
  receiver.answer = () => 503;
  await misuse();
  await received(2);
  const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
  expect(new Set(ids).size).toBe(1);
  expect((await play.call<AlertWebhook>('GET', WEBHOOK)).body.last_problem).toBe('http_503');
  receiver.answer = () => 410;
  await play.dataSource.query('UPDATE auth.alerts SET next_attempt_at = now()');
  await waitFor(async () => (await waiting()) === 0, { timeoutMs: 10_000 });
});

test('what is less severe than asked for is not sent, nor anything once it is switched off', async () => {
  await put({ min_severity: 'critical' });
  await misuse();
  expect(await waiting()).toBe(0);
  await put({ min_severity: 'high' });
  receiver.answer = () => 503;
  await misuse();
  await received(1);
  expect((await play.call('DELETE', WEBHOOK)).status).toBe(204);
  expect([await waiting(), (await play.call('DELETE', WEBHOOK)).status]).toEqual([0, 404]);
});

test('the secret stays until it is renewed, is stored sealed and stands in no trail; the path neither', async () => {
  const first = await put();
  expect((await put({ min_severity: 'medium' })).signing_secret).toBeNull();
  const renewed = await put({ renew_signing_secret: true });
  expect(renewed.signing_secret).not.toBe(first.signing_secret);
  const rows: unknown[] = await play.dataSource.query("SELECT encode(signing_secret, 'escape'), url FROM auth.alert_webhooks");
  const trail: unknown[] = await play.dataSource.query("SELECT * FROM auth.audit_events WHERE action LIKE 'alert_webhook.%'");
  for (const { signing_secret } of [first, renewed])
    expect(JSON.stringify([rows, trail])).not.toContain(signing_secret?.slice(-49));
  expect(JSON.stringify(trail)).not.toContain('/hook');
});

test.each([
  ['http://hooks.example.com/x', 'https'],
  ['https://10.0.0.1/x', 'public'],
  ['https://user:secret@hooks.example.com/x', 'user name'],
])('400: %s', async (url, words) => {
  const answer = await play.call<Problem>('PUT', WEBHOOK, { url });
  expect([answer.status, answer.text]).toEqual([400, expect.stringContaining(words)]);
});

test('403: who administers incidents alone sends them nowhere', async () => {
  const { token } = await play.make({
    name: 'officer',
    type: 'management_key',
    scopes: ['admin:incidents:*', 'admin:watching:*'],
  });
  expect((await play.call('PUT', WEBHOOK, { url: receiver.url }, token)).status).toBe(403);
  expect((await play.call('GET', WEBHOOK, undefined, token)).status).toBe(403);
});

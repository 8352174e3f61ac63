import { randomBytes } from 'node:crypto';
import type { TokenUse } from '@tollgate/contracts';
import { generateToken } from '@tollgate/policy';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWatching } from './testing/start-watching.js';

let play: Awaited<ReturnType<typeof startWatching>>;
beforeAll(async () => {
  play = await startWatching();
});
afterAll(() => play.close());

const DAY_MS = 86_400_000;
const wrong = (publicId: string): string => generateToken({ type: 'k', environment: 'live', publicId, randomBytes }).text;

test('a secret that a rotation has replaced: the incident names it, and further uses count up', async () => {
  const token = await play.make();
  await play.rotate(token.id);
  await play.report(play.refused(token.public_id, token.token, { count: 2 }));
  await play.report(play.refused(token.public_id, token.token, { network: '203.0.113.0/24', count: 3 }));
  const incident = await play.incidentOf(token.id, 'spent_secret_used');
  expect(incident).toMatchObject({
    severity: 'high',
    secret_id: play.secretOf(token),
    public_id: token.public_id,
    token_name: 'app',
    count: 5,
    state: 'open',
    action: { kind: 'alert', state: 'none', until: null },
    evidence: [{ network: '203.0.113.0/24' }, { network: '198.51.100.0/24', user_agent: 'curl', refused_as: 'wrong_secret' }],
  });
  expect(incident.reason).toContain(play.secretOf(token));
  const rows: unknown[] = await play.dataSource.query('SELECT * FROM auth.incidents');
  const trail: unknown[] = await play.dataSource.query('SELECT * FROM auth.audit_events');
  expect(JSON.stringify([rows, trail])).not.toContain(token.token.slice(-49));
  expect(await play.actionsOn(incident.id)).toEqual(['incident.opened']);
});

test.each([
  ['revoked', (id: string) => play.call('DELETE', `/api/v1/tokens/${id}`), 'high'],
  [
    'expired',
    (id: string) => play.dataSource.query("UPDATE auth.tokens SET expires_at = now() - interval '1 s' WHERE id = $1", [id]),
    'medium',
  ],
])('a secret of a key that is %s', async (ended, end, severity) => {
  const token = await play.make();
  await end(token.id);
  await play.report(play.refused(token.public_id, token.token, { reason: 'token_revoked' }));
  const incident = await play.incidentOf(token.id, 'spent_secret_used');
  expect(incident).toMatchObject({ severity, secret_id: play.secretOf(token), evidence: [{ ended }] });
});

test('whoever knows the public id alone raises nothing about the key, however much junk they send', async () => {
  await play.put({
    refusals: { count: 5, window_seconds: 60 },
    rules: { spent_secret_used: { action: 'suspend' }, refusal_burst: { action: 'suspend' } },
  });
  const token = await play.make();
  await play.rotate(token.id);
  await play.report(
    ...Array.from({ length: 20 }, () => play.refused(token.public_id, wrong(token.public_id), { network: '192.0.2.0/24' })),
    play.exposed(token.public_id, wrong(token.public_id)),
  );
  expect(await play.rulesOf(token.id)).toEqual([]);
  expect((await play.snapshot(token.public_id)).status).toBe('active');
  // It is junk from a network, and that is all that it is.
  const [burst] = await play.incidents({ rule: 'garbage_burst' });
  expect(burst).toMatchObject({
    token_id: null,
    action: { kind: 'alert', state: 'none' },
    evidence: [{ network: '192.0.2.0/24' }],
  });
  await play.put();
});

test('tokens that do not exist, many from one network: one incident of the operating organisation', async () => {
  await play.report(play.garbage('203.0.113.0/24', 19));
  expect((await play.incidents({ rule: 'garbage_burst' })).filter(({ reason }) => reason.includes('203.0.113'))).toEqual([]);
  await play.report(play.garbage('203.0.113.0/24', 1));
  await play.report(play.garbage('203.0.113.0/24', 4));
  const [incident] = (await play.incidents({ rule: 'garbage_burst' })).filter(({ reason }) => reason.includes('203.0.113'));
  expect(incident).toMatchObject({ severity: 'low', count: 5, token_id: null });
});

test('a new network and a new program raise once the key is known, and once each', async () => {
  await play.put({ learning: { uses: 10, hours: 1 } });
  const token = await play.make();
  const secretId = play.secretOf(token);
  const from = (network: string, userAgent: string, count = 1): TokenUse => ({
    secretId,
    usedAt: Date.now(),
    network,
    userAgent,
    count,
  });
  await play.use(from('198.51.100.0/24', 'OpenAI', 4), from('203.0.113.0/24', 'OpenAI', 4), from('203.0.113.0/24', 'curl', 2));
  expect(await play.rulesOf(token.id)).toEqual([]);
  await play.use(from('198.51.100.0/24', 'curl'));
  expect(await play.rulesOf(token.id)).toEqual([]);
  await play.use(from('192.0.2.0/24', 'python-requests', 3));
  await play.use(from('192.0.2.0/24', 'python-requests', 3));
  expect(await play.rulesOf(token.id)).toEqual(['new_network', 'new_user_agent']);
  const incident = await play.incidentOf(token.id, 'new_network');
  expect(incident).toMatchObject({ count: 3, secret_id: secretId, evidence: [{ network: '192.0.2.0/24' }] });
  // Whose secret it is that is still in use, the list of secrets tells from the same reports.
  const { body } = await play.call<{ data: { last_uses: unknown[] }[] }>('GET', `/api/v1/tokens/${token.id}/secrets`);
  expect(body.data[0]?.last_uses).toHaveLength(5);
  await play.put();
});

test('a key that is used after a month of rest has woken', async () => {
  const token = await play.make({ idle_expiry_days: null });
  const use = (usedAt: number): TokenUse => ({
    secretId: play.secretOf(token),
    usedAt,
    network: '198.51.100.0/24',
    userAgent: 'curl',
  });
  await play.dataSource.query("UPDATE auth.tokens SET created_at = now() - interval '90 days' WHERE id = $1", [token.id]);
  await play.use(use(Date.now() - 80 * DAY_MS));
  const [first] = await play.incidents({ token_id: token.id });
  expect(first).toBeUndefined();
  await play.use(use(Date.now() - 52 * DAY_MS), use(Date.now() - 51 * DAY_MS));
  expect(await play.rulesOf(token.id)).toEqual([]);
  await play.use(use(Date.now()));
  expect(await play.incidentOf(token.id, 'sleeping_key_woke')).toMatchObject({
    severity: 'medium',
    evidence: [{ days_asleep: 51 }],
  });
});

test('too many refusals, and too many scopes tried, by whoever has the secret', async () => {
  const token = await play.make();
  const secretId = play.secretOf(token);
  const denied = (permission: string, count = 1) =>
    play.refused(token.public_id, '', { reason: 'permission_denied', permission, secretId, digests: [], count });
  await play.report(denied('llm:chat', 16), denied('llm:embed'), denied('admin:tokens:read'));
  expect(await play.rulesOf(token.id)).toEqual([]);
  await play.report(denied('admin:users:write'));
  expect(await play.rulesOf(token.id)).toEqual(['scope_probing']);
  await play.report(denied('llm:chat', 1));
  expect(await play.rulesOf(token.id)).toEqual(['refusal_burst', 'scope_probing']);
  expect((await play.incidentOf(token.id, 'scope_probing')).evidence[0]).toMatchObject({ secret_id: secretId });
});

test('a decoy: any use of it is critical, served or refused', async () => {
  const [served, out] = [await play.make({ tags: ['honeytoken'] }), await play.make({ tags: ['honeytoken'] })];
  await play.use({ secretId: play.secretOf(served), usedAt: Date.now(), ...play.caller, count: 1 });
  expect(await play.incidentOf(served.id, 'honey_token_used')).toMatchObject({
    severity: 'critical',
    evidence: [{ outcome: 'served' }],
  });
  await play.call('PATCH', `/api/v1/tokens/${out.id}`, { status: 'suspended' });
  await play.report(play.refused(out.public_id, out.token, { reason: 'token_suspended' }));
  expect(await play.rulesOf(out.id)).toEqual(['honey_token_used']);
});

test('a secret in a prompt: its owner is told, and not who of another organisation has sent it', async () => {
  const token = await play.make();
  const { organisationId } = play.secrets;
  await play.report(
    play.exposed(token.public_id, token.token, {
      callerTokenId: 'tok_own',
      callerOrganisationId: organisationId,
      done: 'redacted',
    }),
  );
  await play.report(
    play.exposed(token.public_id, token.token, {
      callerTokenId: 'tok_theirs',
      callerOrganisationId: 'org_other',
      place: 'model',
    }),
  );
  const incident = await play.incidentOf(token.id, 'token_exposed');
  expect(incident).toMatchObject({ severity: 'high', secret_id: play.secretOf(token), count: 2 });
  expect(incident.evidence).toMatchObject([
    { place: 'model', caller_token_id: null },
    { place: 'body', done: 'redacted', caller_token_id: 'tok_own' },
  ]);
});

test('a rule that is off raises nothing', async () => {
  await play.put({ rules: { token_exposed: { enabled: false } } });
  const token = await play.make();
  await play.report(play.exposed(token.public_id, token.token));
  expect(await play.rulesOf(token.id)).toEqual([]);
  await play.put();
});

test('many routers that see the same at once open one incident, and none of it is lost', async () => {
  const token = await play.make();
  await play.rotate(token.id);
  await Promise.all(Array.from({ length: 12 }, () => play.report(play.refused(token.public_id, token.token))));
  expect(await play.incidentOf(token.id, 'spent_secret_used')).toMatchObject({ count: 12 });
});

test('reports of the same keys in any order lose no refusal', async () => {
  const tokens = await Promise.all(Array.from({ length: 6 }, () => play.make()));
  const denied = tokens.map((token) =>
    play.refused(token.public_id, '', { reason: 'address_not_allowed', secretId: play.secretOf(token), digests: [] }),
  );
  const orders = Array.from({ length: 12 }, (_, turn) => [...denied.slice(turn % 6), ...denied.slice(0, turn % 6)]);
  await Promise.all(orders.map((order, turn) => play.report(...(turn % 2 === 0 ? order : order.toReversed()))));
  const rows: { counts: { refusals: [number, number][] } }[] = await play.dataSource.query(
    'SELECT counts FROM auth.watch_counts WHERE subject = ANY ($1::text[])',
    [tokens.map(({ id }) => id)],
  );
  const totals = rows.map(({ counts }) => counts.refusals.reduce((sum, [, count]) => sum + count, 0));
  expect(totals).toEqual(tokens.map(() => 12));
});

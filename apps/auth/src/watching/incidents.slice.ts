import type { CreatedToken, Incident, Page, Problem, WatchSettings } from '@tollgate/contracts';
import { waitFor } from '@tollgate/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SlowDownSweeper } from './slow-down-sweeper.js';
import { INCIDENTS, startWatching, WATCHING } from './testing/start-watching.js';

let play: Awaited<ReturnType<typeof startWatching>>;
beforeAll(async () => {
  play = await startWatching();
});
afterAll(() => play.close());

/** A key whose old secret somebody has used. */
async function misused(body: object = {}): Promise<{ readonly token: CreatedToken; readonly incident: Incident }> {
  const token = await play.make(body);
  await play.rotate(token.id);
  await play.report(play.refused(token.public_id, token.token));
  return { token, incident: await play.incidentOf(token.id, 'spent_secret_used') };
}
const doing = (action: string, more: object = {}) => play.put({ rules: { spent_secret_used: { action } }, ...more });

test('suspend: the key and those below it are out of service, and one call brings them back', async () => {
  await doing('suspend');
  const token = await play.make();
  const child = await play.make({ parent_id: token.id });
  await play.rotate(token.id);
  const before = await feedOf(token.public_id);
  await play.report(play.refused(token.public_id, token.token));
  const incident = await play.incidentOf(token.id, 'spent_secret_used');
  expect(incident.action).toEqual({ kind: 'suspend', state: 'in_force', until: null });
  expect([(await play.snapshot(token.public_id)).status, (await play.snapshot(child.public_id)).status]).toEqual([
    'suspended',
    'suspended',
  ]);
  // As of a revocation: routers drop the key at once, and end what it has under way.
  expect((await feedOf(token.public_id)).slice(before.length)).toEqual(['revoked']);
  expect(await play.actionsOn(token.id)).toContain('token.suspended');
  const restored = await play.act(incident.id, 'restore');
  expect(restored.body).toMatchObject({
    state: 'resolved',
    action: { kind: 'suspend', state: 'undone' },
    resolved_by: expect.any(String),
  });
  expect([(await play.snapshot(token.public_id)).status, (await play.snapshot(child.public_id)).status]).toEqual([
    'active',
    'active',
  ]);
  expect(await play.actionsOn(incident.id)).toEqual(['incident.opened', 'incident.action_taken', 'incident.restored']);
  expect(await play.actionsOn(token.id)).toContain('token.restored');
  expect((await play.act(incident.id, 'restore')).status).toBe(409);
  // The next finding is another incident, and acts again.
  await play.report(play.refused(token.public_id, token.token));
  expect((await play.incidents({ token_id: token.id })).map(({ state }) => state)).toEqual(['open', 'resolved']);
  expect((await play.snapshot(token.public_id)).status).toBe('suspended');
  await play.put();
});

test('slow down: a further limit in the snapshot, until its time is over or somebody ends it', async () => {
  await doing('slow_down', { slow_down: { requests_per_minute: 12, minutes: 30 } });
  const { token, incident } = await misused();
  const slowed = { kind: 'requests', subject: 'token', rate: { limit: 12, periodMs: 60_000, burst: 2 } };
  expect((await play.snapshot(token.public_id)).policy.limits).toMatchObject([slowed]);
  expect(incident.action).toMatchObject({ kind: 'slow_down', state: 'in_force', until: expect.any(String) });
  expect((await play.act(incident.id, 'restore')).status).toBe(200);
  expect((await play.snapshot(token.public_id)).policy.limits).toEqual([]);

  const second = await misused();
  const before = await feedOf(second.token.public_id);
  await play.dataSource.query("UPDATE auth.slow_downs SET until = now() - interval '1 s' WHERE token_id = $1", [second.token.id]);
  await play.handle.context.get(SlowDownSweeper).run();
  await play.handle.context.get(SlowDownSweeper).run();
  expect((await play.snapshot(second.token.public_id)).policy.limits).toEqual([]);
  expect((await feedOf(second.token.public_id)).slice(before.length)).toEqual(['changed']);
  expect((await play.incidentOf(second.token.id, 'spent_secret_used')).action).toMatchObject({ state: 'ended' });
  // Still going on: slowed again.
  await play.report(play.refused(second.token.public_id, second.token.token));
  expect((await play.snapshot(second.token.public_id)).policy.limits).toMatchObject([slowed]);
  await play.put();
});

test('a key that is out of service already is left as it is: what somebody else did is not undone', async () => {
  await doing('suspend');
  const token = await play.make();
  await play.rotate(token.id);
  await play.call('PATCH', `/api/v1/tokens/${token.id}`, { status: 'suspended' });
  await play.report(play.refused(token.public_id, token.token));
  const incident = await play.incidentOf(token.id, 'spent_secret_used');
  expect(incident.action).toMatchObject({ kind: 'alert', state: 'none' });
  expect((await play.act(incident.id, 'restore')).status).toBe(409);
  await play.put();
});

test('acknowledged, resolved: who and when; repeated changes nothing; a stale ETag is 412', async () => {
  const { token, incident } = await misused();
  const seen = await play.act(incident.id, 'acknowledge');
  expect(seen.body).toMatchObject({ state: 'acknowledged', acknowledged_by: expect.stringMatching(/^tok_/), resolved_at: null });
  expect((await play.act(incident.id, 'acknowledge')).body).toEqual(seen.body);
  // Counted on while somebody looks after it.
  await play.report(play.refused(token.public_id, token.token));
  expect(await play.incidentOf(token.id, 'spent_secret_used')).toMatchObject({ state: 'acknowledged', count: 2 });
  const stale = await fetch(`${play.handle.url}${INCIDENTS}/${incident.id}/resolve`, {
    method: 'POST',
    headers: { authorization: `Bearer ${play.secrets.admin}`, 'if-match': '"1"' },
  });
  expect(stale.status).toBe(412);
  expect((await play.act(incident.id, 'resolve')).body.state).toBe('resolved');
  expect((await play.act(incident.id, 'resolve')).status).toBe(200);
  expect((await play.act(incident.id, 'acknowledge')).status).toBe(409);
  expect(await play.actionsOn(incident.id)).toEqual(['incident.opened', 'incident.acknowledged', 'incident.resolved']);
});

test('403: who may read may not act; nobody restores a key that holds more than they do', async () => {
  await doing('suspend');
  const { token, incident } = await misused({ scopes: ['llm:*', 'usage:read'] });
  const key = async (scopes: string[]) => (await play.make({ name: 'officer', type: 'management_key', scopes })).token;
  const [reader, writer] = [await key(['admin:incidents:read']), await key(['admin:incidents:*'])];
  expect((await play.incidents({}, reader)).length).toBeGreaterThan(0);
  for (const verb of ['acknowledge', 'resolve', 'restore'] as const) {
    expect((await play.act(incident.id, verb, reader)).status).toBe(403);
  }
  const beyond = await play.act(incident.id, 'restore', writer);
  expect([beyond.status, (beyond.body as unknown as Problem).detail]).toEqual([403, expect.stringContaining('llm:*')]);
  expect((await play.snapshot(token.public_id)).status).toBe('suspended');
  expect((await play.call('PUT', WATCHING, {}, writer)).status).toBe(403);
  expect((await play.act(incident.id, 'restore')).status).toBe(200);
  await play.put();
});

test('another organisation sees nothing of it, by list or by id', async () => {
  const { incident } = await misused();
  const { id, token } = await play.make({ name: 'theirs', type: 'management_key', scopes: ['admin:*'] });
  await play.dataSource.query(
    "INSERT INTO auth.organisations (id, name, created_at, updated_at) VALUES ('org_theirs', 'theirs', now(), now())",
  );
  await play.dataSource.query("UPDATE auth.tokens SET organisation_id = 'org_theirs' WHERE id = $1", [id]);
  expect(await play.incidents({}, token)).toEqual([]);
  expect((await play.call('GET', `${INCIDENTS}/${incident.id}`, undefined, token)).status).toBe(404);
  for (const verb of ['acknowledge', 'resolve', 'restore'] as const) {
    expect((await play.act(incident.id, verb, token)).status).toBe(404);
  }
  await play.call('PUT', WATCHING, { exposure: 'block' }, token);
  expect((await play.call<WatchSettings>('GET', WATCHING)).body.exposure).toBe('alert');
});

test('settings: the defaults, kept whole, audited by what differs, in every snapshot at once', async () => {
  const token = await play.make();
  const first = await play.put({ exposure: 'redact', sleeping_days: 60 });
  expect(first).toMatchObject({
    exposure: 'redact',
    sleeping_days: 60,
    rules: { garbage_burst: { enabled: true, action: 'alert' } },
  });
  expect((await play.snapshot(token.public_id)).exposure).toBe('redact');
  expect(await play.put({ exposure: 'redact', sleeping_days: 60 })).toEqual(first);
  const events: { after: unknown }[] = await play.dataSource.query(
    "SELECT after FROM auth.audit_events WHERE action = 'watching.changed' ORDER BY seq DESC LIMIT 1",
  );
  expect(events).toEqual([{ after: { exposure: 'redact', sleeping_days: 60 } }]);
  const refused = await play.call<Problem>('PUT', WATCHING, { rules: { garbage_burst: { action: 'suspend' } } });
  expect([refused.status, refused.text]).toEqual([400, expect.stringContaining('/rules/garbage_burst/action')]);
  await play.put();
});

test('pages, newest first, and filters', async () => {
  const all = await play.call<Page<Incident>>('GET', `${INCIDENTS}?limit=2`);
  expect(all.body.data).toHaveLength(2);
  const next = await play.call<Page<Incident>>('GET', `${INCIDENTS}?limit=2&cursor=${all.body.next_cursor}`);
  const ids = [...all.body.data, ...next.body.data].map(({ id }) => id);
  expect(ids).toEqual([...new Set(ids)].sort().reverse());
  expect((await play.incidents({ state: 'resolved' })).every(({ state }) => state === 'resolved')).toBe(true);
  expect(await play.incidents({ since: new Date(Date.now() + 60_000).toISOString() })).toEqual([]);
  expect(await play.incidents({ severity: 'critical' })).toEqual([]);
});

test('a management key that tries a spent secret at the management API is seen as well', async () => {
  const token = await play.make({ type: 'management_key', scopes: ['admin:tokens:read'] });
  await play.rotate(token.id);
  expect((await play.call('GET', '/api/v1/tokens', undefined, token.token)).status).toBe(401);
  const incident = await waitFor(async () => (await play.incidents({ token_id: token.id }))[0], { what: 'an incident' });
  expect(incident).toMatchObject({ rule: 'spent_secret_used', secret_id: play.secretOf(token) });
});

const feedOf = async (publicId: string): Promise<readonly string[]> => {
  const rows: { kind: string }[] = await play.dataSource.query(
    'SELECT kind FROM auth.feed_events WHERE public_id = $1 ORDER BY sequence',
    [publicId],
  );
  return rows.map(({ kind }) => kind);
};

import { randomBytes } from 'node:crypto';
import {
  type Budget,
  type BudgetLeaseReply,
  type CreatedToken,
  type Limit,
  type Page,
  type Problem,
  SUBJECTS,
  type TokenResolveReply,
} from '@tollgate/contracts';
import { newId } from '@tollgate/kernel';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningAuth, startAuth } from '../testing/start-auth.js';

let auth: RunningAuth;
let key: CreatedToken;
beforeAll(async () => {
  auth = await startAuth();
  key = (await auth.call<CreatedToken>('POST', '/api/v1/tokens', { name: 'spender' })).body;
});
afterAll(() => auth.close());

const budget = (fields: object = {}) => ({
  name: 'Monthly',
  subject: { type: 'organisation' },
  amount: '25.50',
  period: 'month',
  time_zone: 'Europe/Vienna',
  ...fields,
});
const create = <T = Budget>(fields: object = {}) => auth.call<T>('POST', '/api/v1/budgets', budget(fields));
async function resolve(token = key) {
  const reply = await auth.ask<TokenResolveReply>(SUBJECTS.tokenResolve, { publicId: token.public_id });
  if (reply.status !== 'found') throw new Error(reply.status);
  return reply.token;
}
const teamOf = async (name: string): Promise<string> => {
  const id = newId('team', Date.now(), randomBytes);
  await auth.dataSource.query(
    `INSERT INTO auth.teams (id, organisation_id, name, created_at, updated_at)
     SELECT $1, id, $2, now(), now() FROM auth.organisations LIMIT 1`,
    [id, name],
  );
  return id;
};

test('201: a budget shows its window, its money as decimals, and is in the next snapshot of every key', async () => {
  const { status, body } = await create();
  expect(status).toBe(201);
  expect(body).toMatchObject({
    amount: '25.5',
    currency: 'USD',
    hard: true,
    models: null,
    alert_at_percent: [80, 100],
    current: { spent: '0', reserved: '0', remaining: '25.5', alerts_raised_percent: [] },
    revision: 1,
  });
  expect(body.current.starts_at).toMatch(/T2[23]:00:00.000Z$/);
  expect((await resolve()).policy.budgets).toContainEqual({ id: body.id, models: null, subject: 'organisation', hard: true });
  expect((await auth.call<Budget>('GET', `/api/v1/budgets/${body.id}`)).body).toEqual(body);
});

test('what is leased shows as reserved, what is charged as spent', async () => {
  const { body } = await create({ amount: '1' });
  const reply = await auth.ask<BudgetLeaseReply>(SUBJECTS.budgetLease, {
    v: 1,
    holder: 'router_1',
    budgets: [{ budget: body.id, turn: 1, currency: 'USD', want: 200_000_000, need: 1, least: 1, leases: [] }],
  });
  const lease = reply.status === 'ok' && reply.budgets[0]?.status === 'ok' ? reply.budgets[0].lease : '';
  const id = newId('req', Date.now(), randomBytes);
  const charge = { v: 1, charges: [{ id, budget: body.id, lease, nano: 50_000_000, currency: 'USD' }] };
  expect(await auth.ask(SUBJECTS.budgetCharge, charge)).toEqual({ status: 'ok' });
  expect(await auth.ask(SUBJECTS.budgetCharge, charge)).toEqual({ status: 'ok' });
  const now = (await auth.call<Budget>('GET', `/api/v1/budgets/${body.id}`)).body.current;
  expect(now).toMatchObject({ spent: '0.05', reserved: '0.15', remaining: '0.8' });
  expect(await auth.ask(SUBJECTS.budgetHolderGone, { v: 1, holder: 'router_1' })).toEqual({ status: 'ok' });
  expect((await auth.call<Budget>('GET', `/api/v1/budgets/${body.id}`)).body.current).toMatchObject({
    spent: '0.05',
    reserved: '0',
    remaining: '0.95',
  });
});

test('a changed budget is in force and audited; an ended one is gone for keys and readers', async () => {
  const { body } = await create({ name: 'Changing' });
  const changed = await auth.call<Budget>('PATCH', `/api/v1/budgets/${body.id}`, { amount: '7', hard: false });
  expect(changed.body).toMatchObject({ amount: '7', hard: false, name: 'Changing', revision: 2 });
  expect((await auth.call('DELETE', `/api/v1/budgets/${body.id}`)).status).toBe(204);
  expect((await auth.call('GET', `/api/v1/budgets/${body.id}`)).status).toBe(404);
  expect((await resolve()).policy.budgets.map(({ id }) => id)).not.toContain(body.id);
  const rows: { action: string }[] = await auth.dataSource.query(
    "SELECT action FROM auth.audit_events WHERE target ->> 'id' = $1 ORDER BY seq",
    [body.id],
  );
  expect(rows.map(({ action }) => action)).toEqual(['budget.created', 'budget.changed', 'budget.ended']);
});

test('budgets of a token and of a team apply to their keys alone, those of a parent to its children', async () => {
  const team = await teamOf('Spending');
  const member = (await auth.call<CreatedToken>('POST', '/api/v1/tokens', { name: 'member', team_id: team })).body;
  const child = (await auth.call<CreatedToken>('POST', '/api/v1/tokens', { name: 'child', parent_id: key.id })).body;
  const ofTeam = (await create({ subject: { type: 'team', id: team } })).body;
  const ofKey = (await create({ subject: { type: 'token', id: key.id }, models: 'gpt-*' })).body;
  const idsOf = async (token: CreatedToken) => (await resolve(token)).policy.budgets.map(({ id }) => id);
  expect(await idsOf(member)).toContain(ofTeam.id);
  expect(await idsOf(member)).not.toContain(ofKey.id);
  expect(await idsOf(child)).toContain(ofKey.id);
  expect(await idsOf(child)).not.toContain(ofTeam.id);
  const page = await auth.call<Page<Budget>>('GET', `/api/v1/budgets?subject_type=token&subject_id=${key.id}`);
  expect(page.body.data.map(({ id }) => id)).toEqual([ofKey.id]);
});

test.each([
  ['an unknown field', { amuont: '3' }, '/amuont'],
  ['no amount', { amount: undefined }, '/amount'],
  ['an amount of nothing', { amount: '0.000' }, '/amount'],
  ['an amount as a number', { amount: 3 }, '/amount'],
  ['too exact an amount', { amount: '0.0000000001' }, '/amount'],
  ['an unknown period', { period: 'fortnight' }, '/period'],
  ['an unknown time zone', { time_zone: 'Europe/Atlantis' }, '/time_zone'],
  ['a team of nobody', { subject: { type: 'team', id: 'team_00000000000000000000000000' } }, '/subject/id'],
  ['a token without its id', { subject: { type: 'token' } }, '/subject/id'],
  ['another organisation', { subject: { type: 'organisation', id: 'org_00000000000000000000000000' } }, '/subject/id'],
  ['a field of the subject that does not exist', { subject: { type: 'organisation', name: 'x' } }, '/subject/name'],
])('400: %s is refused with its pointer', async (_, fields, pointer) => {
  const { status, body } = await create<Problem>(fields);
  expect([status, body.errors?.map((error) => error.pointer)]).toEqual([400, [pointer]]);
});

test('limits of a team and of the organisation are in the snapshots of their keys, once each, and feed the routers', async () => {
  const team = await teamOf('Limited');
  const member = (await auth.call<CreatedToken>('POST', '/api/v1/tokens', { name: 'limited', team_id: team })).body;
  const ofTeam = (
    await auth.call<Limit>('POST', '/api/v1/limits', {
      subject: { type: 'team', id: team },
      kind: 'tokens',
      models: 'gpt-*',
      limit: 1_000,
    })
  ).body;
  expect(ofTeam).toMatchObject({ period_seconds: 60, burst: 1_000, subject: { type: 'team', id: team } });
  const organisation = member.organisation_id;
  const slots = (
    await auth.call<Limit>('POST', '/api/v1/limits', { subject: { type: 'organisation' }, kind: 'concurrency', limit: 9 })
  ).body;
  expect(slots).toMatchObject({ period_seconds: null, burst: null });
  expect((await resolve(member)).policy.limits).toEqual([
    {
      bucket: `tokens:${team}:gpt-*`,
      kind: 'tokens',
      models: 'gpt-*',
      subject: 'team',
      rate: { limit: 1_000, periodMs: 60_000, burst: 1_000 },
    },
    { bucket: `concurrency:${organisation}`, kind: 'concurrency', models: null, subject: 'organisation', rate: { limit: 9 } },
  ]);
  expect(
    (await auth.call('POST', '/api/v1/limits', { subject: { type: 'organisation' }, kind: 'concurrency', limit: 3 })).status,
  ).toBe(409);
  const changed = await auth.call<Limit>('PATCH', `/api/v1/limits/${ofTeam.id}`, { limit: 50 });
  expect(changed.body).toMatchObject({ limit: 50, burst: 50, period_seconds: 60, revision: 2 });
  expect((await auth.call('PATCH', `/api/v1/limits/${slots.id}`, { burst: 3 })).status).toBe(400);
  const [last]: { kind: string; team_id: string }[] = await auth.dataSource.query(
    'SELECT kind, team_id FROM auth.feed_events ORDER BY sequence DESC LIMIT 1',
  );
  expect(last).toEqual({ kind: 'scope_changed', team_id: team });
  for (const { id } of [ofTeam, slots]) expect((await auth.call('DELETE', `/api/v1/limits/${id}`)).status).toBe(204);
  expect((await resolve(member)).policy.limits).toEqual([]);
});

test('a token has limits of its own beside its requests, and its children spend from them', async () => {
  const parent = (await auth.call<CreatedToken>('POST', '/api/v1/tokens', { name: 'bounded' })).body;
  const child = (await auth.call<CreatedToken>('POST', '/api/v1/tokens', { name: 'below it', parent_id: parent.id })).body;
  const subject = { type: 'token', id: parent.id };
  const plain = await auth.call<Problem>('POST', '/api/v1/limits', { subject, kind: 'requests', limit: 5 });
  expect([plain.status, plain.body.errors?.[0]?.pointer]).toEqual([400, '/kind']);
  const limit = (await auth.call<Limit>('POST', '/api/v1/limits', { subject, kind: 'concurrency', limit: 2 })).body;
  expect(limit.subject).toEqual(subject);
  const expected = {
    bucket: `concurrency:${parent.id}`,
    kind: 'concurrency',
    models: null,
    subject: 'token',
    rate: { limit: 2 },
  };
  for (const each of [parent, child]) expect((await resolve(each)).policy.limits).toContainEqual(expected);
  expect((await resolve()).policy.limits).not.toContainEqual(expected);
});

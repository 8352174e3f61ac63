import { type RoutingSnapshot, SUBJECTS, UsageReportViewSchema } from '@tollgate/contracts';
import { encodeJson } from '@tollgate/kernel';
import { createTestDatabase, type TestDatabase } from '@tollgate/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { analyticsService } from '../index.js';
import { FIXED_CLOCK } from '../ledger/ledger.fixture.js';
import { NOON, newAttempt, newRecord, newRequestId, PRICE, tokens } from '../ledger/usage.fixture.js';
import { OPERATOR, startTestService, type TestService } from '../service.fixture.js';

let database: TestDatabase;
let service: TestService;
let prices: RoutingSnapshot['deployments'] = [];

beforeAll(async () => {
  if (analyticsService.database === null) throw new Error('analytics stores something');
  database = await createTestDatabase(analyticsService.database);
  service = await startTestService(database.url, FIXED_CLOCK);
  service.transport.serveStream(SUBJECTS.catalogSnapshot, 'catalog', (stream) => {
    const snapshot: RoutingSnapshot = { v: 1, view: 'routing', epoch: 'e', revision: 1, deployments: prices, routes: [] };
    stream.sendHead(new Uint8Array(0));
    stream.send(encodeJson(snapshot));
    stream.end(new Uint8Array(0));
  });
});
afterAll(async () => {
  await service?.close();
  await database?.drop();
});

const organisationId = 'org_reprice';
const from = new Date(NOON - 3_600_000).toISOString();
const to = new Date(NOON + 1).toISOString();
const ask = async (body: object, scopes = ['admin:models:write'], organisation = OPERATOR) =>
  service.send('POST', '/api/v1/usage/reprice', body, organisation, scopes) as Promise<{
    status: number;
    body: Record<string, never>;
  }>;
const totals = async () => {
  const { body } = await service.get(`/api/v1/usage?from=${new Date(NOON - 86_400_000).toISOString()}`, organisationId);
  return UsageReportViewSchema.parse(body).totals;
};
const unpriced = (overrides: Parameters<typeof newAttempt>[0] = {}) => newAttempt({ price: null, cost: null, ...overrides });
const deployment = (id: string, upstreamModel: string): RoutingSnapshot['deployments'][number] => ({
  ...{ id, provider: 'openai', upstreamModel, serves: [], contextTokens: null, maxOutputTokens: null, price: PRICE },
});

test('calls without a price are null and counted, and get their cost once there is one; sums move by exactly that', async () => {
  const priced = newRecord({ id: newRequestId(), organisationId });
  const known = newRecord({ id: newRequestId(), organisationId, attempts: [unpriced({ deploymentId: 'dep_new' })] });
  const throughWildcard = newRecord({
    id: newRequestId(),
    organisationId,
    attempts: [unpriced({ deploymentId: 'dep_star', upstreamModel: 'found-later' })],
  });
  const retried = newRecord({
    id: newRequestId(),
    organisationId,
    attempts: [unpriced({ deploymentId: 'dep_new', usage: tokens(10, 0) }), newAttempt({ number: 2 })],
    cost: null,
  });
  const never = newRecord({
    id: newRequestId(),
    organisationId,
    attempts: [unpriced({ deploymentId: 'dep_x', upstreamModel: 'x' })],
  });
  const others = newRecord({
    id: newRequestId(),
    organisationId: 'org_other',
    attempts: [unpriced({ deploymentId: 'dep_new' })],
  });
  await service.settle([priced, known, throughWildcard, retried, never, others]);
  const before = await totals();
  expect(before).toMatchObject({ requests: 5, unpriced_requests: 4, cost: { amount: priced.cost?.amount, currency: 'USD' } });

  expect(await ask({ from, to })).toMatchObject({
    status: 200,
    body: { looked_at: 5, repriced: 0, still_unpriced: 5, cost: [] },
  });
  prices = [deployment('dep_new', 'gpt-new'), deployment('dep_found', 'found-later')];
  const dry = await ask({ from, to, dry_run: true });
  expect(dry.body).toMatchObject({ looked_at: 5, repriced: 4, still_unpriced: 1, complete: true });
  expect(await totals()).toEqual(before);

  const done = await ask({ from, to });
  expect(done.body).toEqual(dry.body);
  const after = await totals();
  expect(after).toMatchObject({ requests: 5, unpriced_requests: 1 });
  // 100 in and 20 out cost 0.00045; the retried call read 10 tokens more: 0.000025. One is another organisation's.
  expect(done.body['cost']).toEqual([{ amount: '0.001825', currency: 'USD' }]);
  expect(after.cost).toEqual({ amount: '0.001825', currency: 'USD' });
  const { body } = await service.get(`/api/v1/usage/records/${known.id}`, organisationId);
  expect(body).toMatchObject({ cost: { amount: '0.00045' }, attempts: [{ price_source: 'test:model' }] });
  expect((await ask({ from, to })).body).toMatchObject({ looked_at: 1, repriced: 0 });

  // A settlement that comes twice does not bring the old state back.
  await service.settle([known]);
  expect(await totals()).toEqual(after);
  const foreign = UsageReportViewSchema.parse((await service.get(`/api/v1/usage?from=${from}`, 'org_other')).body);
  expect(foreign.totals).toMatchObject({ unpriced_requests: 0, cost: { amount: '0.00045' } });
});

test('403 without the permission, and for whoever does not run the installation; 400 without a time', async () => {
  expect((await ask({ from }, ['admin:models:write'], organisationId)).status).toBe(403);
  expect((await ask({ from }, ['usage:read'])).status).toBe(403);
  expect((await ask({})).status).toBe(400);
});

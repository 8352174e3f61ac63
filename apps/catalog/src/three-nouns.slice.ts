import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelDefinitionViewSchema, ModelViewSchema } from '@tollgate/contracts';
import { indexSnapshot, routeOfModel } from '@tollgate/policy';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { vendorTableUrl } from './prices/vendor-table.js';
import { type Bed, fetchView, openBed, sayHello } from './testing/open-bed.js';
import { attemptsOf, planOf } from './testing/plan-of.js';
import { playAuth, type Send } from './testing/play-auth.js';

let bed: Bed;
let admin: Send;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prices-'));
  bed = await openBed({ variables: { TOLLGATE_PRICES_DIR: folder } });
  admin = playAuth(bed.transport, bed.handle.url)(['admin:*']);
  await sayHello(bed, [
    { provider: 'openai', variable: 'OPENAI_API_KEY', baseUrl: null },
    { provider: 'anthropic', variable: 'ANTHROPIC_API_KEY', baseUrl: null },
    { provider: 'openrouter', variable: 'OPENROUTER_API_KEY', baseUrl: null },
    { provider: 'groq', variable: 'GROQ_API_KEY', baseUrl: null },
  ]);
});
afterAll(async () => {
  await bed.close();
  await rm(folder, { recursive: true });
});

const all = async (path: string): Promise<Record<string, never>[]> => {
  const rows: Record<string, never>[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { status, body } = await admin(
      'GET',
      `${path}${path.includes('?') ? '&' : '?'}limit=100${cursor === '' ? '' : `&cursor=${cursor}`}`,
    );
    expect(status).toBe(200);
    rows.push(...body.data);
    cursor = body.has_more ? body.next_cursor : null;
  }
  return rows;
};
const post = async (path: string, body: object, status = 201) => {
  const answer = await admin('POST', path, body);
  expect({ status: answer.status, body: answer.body }).toMatchObject({ status });
  return answer.body;
};

test('more than a hundred models can be called once a key is there, each priced or said not to be', async () => {
  const models = (await all('/api/v1/models'))
    .map((row) => ModelViewSchema.parse(row))
    .filter(({ provider }) => provider !== 'demo');
  expect(models.length).toBeGreaterThanOrEqual(100);
  const index = indexSnapshot(await fetchView(bed.transport, 'routing'));
  for (const { name } of models)
    expect(routeOfModel(index, 'org_x', name)?.groups[0]?.targets[0]?.deployment.credentialId).toMatch(/^cred_/);
  const unpriced = await all('/api/v1/models?unpriced=true&unlisted=true');
  expect(unpriced.every(({ price }) => price === null)).toBe(true);
  expect(unpriced.map(({ name }) => name)).toEqual(expect.arrayContaining(['openai/*', 'groq/*']));
  expect((await all('/api/v1/models?unpriced=false')).every(({ price }) => price !== null)).toBe(true);
});

test('a definition says what a model is wherever it is deployed; a deployment of it is priced as it is', async () => {
  const definitions = (await all('/api/v1/models/definitions')).map((row) => ModelDefinitionViewSchema.parse(row));
  const known = definitions.find(({ name }) => name === 'openai/gpt-4o');
  expect(known).toMatchObject({ deployments: 1, prices: 1, context_tokens: expect.any(Number), price: { currency: 'USD' } });
  const provider = { name: 'own-azure', base_url: 'https://own.example/v1', secret: 'sk-canary-1', test: 'skip' };
  await post('/api/v1/providers', provider);
  const made = await post('/api/v1/models', {
    provider: 'own-azure',
    upstream_model: 'my-deployment',
    definition: 'openai/gpt-4o',
    region: 'swedencentral',
  });
  expect(made).toMatchObject({
    name: 'own-azure/my-deployment',
    definition: 'openai/gpt-4o',
    context_tokens: known?.context_tokens,
    region: 'swedencentral',
  });
  expect(made.price).toEqual(known?.price);
  const wrong = await admin('PATCH', `/api/v1/models/${made.id}`, { context_tokens: 5 });
  expect(wrong).toMatchObject({ status: 400, body: { errors: [{ pointer: '/context_tokens' }] } });
  const nowhere = { provider: 'own-azure', upstream_model: 'x', definition: 'openai/nothing' };
  expect((await admin('POST', '/api/v1/models', nowhere)).body.errors[0].pointer).toBe('/definition');
});

test('a deployment has limits, a weight and timeouts, which reach the routers; a route that says a timeout goes before', async () => {
  const [groq] = (await all('/api/v1/providers')).filter(({ name }) => name === 'groq');
  expect(groq).toMatchObject({ timeouts: {} });
  const provider = { name: 'slow', base_url: 'https://slow.example/v1', timeouts: { first_byte_ms: 600_000, idle_ms: 9_000 } };
  await post('/api/v1/providers', provider);
  const made = await post('/api/v1/models', {
    provider: 'slow',
    upstream_model: 'm',
    limits: { concurrent_calls: 4, requests_per_minute: 60 },
    weight: 3,
    timeouts: { idle_ms: 1_000, total_ms: 2_000_000 },
  });
  await post('/api/v1/routes', {
    model: 'patient',
    targets: [{ model: 'slow/m', weight: 5 }, { model: 'groq/llama-3.1-8b-instant' }],
    timeouts: { connect_ms: 700 },
  });
  const planned = await planOf(bed.transport, 'patient', 'org_one');
  if (!planned.ok) throw new Error(planned.reason);
  expect(planned.route).toMatchObject({ ownTimeouts: ['connectMs'], timeouts: { connectMs: 700 } });
  expect(planned.route.targets.map(({ weight }) => weight)).toEqual([15, 1]);
  const deployment = planned.attempts.find(({ id }) => id === made.id);
  expect(deployment).toMatchObject({
    limits: { concurrentCalls: 4, requestsPerMinute: 60 },
    timeouts: { firstByteMs: 600_000, idleMs: 1_000, totalMs: 2_000_000 },
  });
  const own = await planOf(bed.transport, 'slow/m');
  expect(own.ok && own.route.timeouts.totalMs).toBe(2_000_000);
});

test('several keys of one provider share its calls by weight; one that takes over ends that', async () => {
  const provider = await post('/api/v1/providers', { name: 'xai', secret: 'sk-canary-1', test: 'skip' });
  const key = (name: string, more: object) =>
    post('/api/v1/credentials', { provider_id: provider.id, name, secret: 'sk-canary-2', test: 'skip', ...more });
  const planned = async () => {
    const plan = await planOf(bed.transport, 'xai/anything');
    if (!plan.ok) throw new Error(plan.reason);
    return plan;
  };
  const alone = await planned();
  await key('second', { pool: true, weight: 3 });
  const third = await key('third', { pool: true, weight: 2 });
  expect(third).toMatchObject({ in_use: true, weight: 2 });
  const shared = await planned();
  expect(shared.route.targets.map(({ weight }) => weight)).toEqual([1, 3, 2]);
  expect(shared.route.targets[0]?.deploymentId).toBe(alone.route.targets[0]?.deploymentId);
  const { upstreams } = { upstreams: await fetchView(bed.transport, 'upstreams') };
  const behind = shared.route.targets.map(
    ({ deploymentId }) => upstreams.deployments.find(({ id }) => id === deploymentId)?.credentialId,
  );
  expect(new Set(behind).size).toBe(3);
  // The one that the provider began with goes: the others go on.
  expect((await admin('DELETE', `/api/v1/credentials/${provider.credential_id}`)).status).toBe(204);
  expect((await planned()).route.targets).toHaveLength(2);
  await key('alone again', {});
  expect((await planned()).route.targets).toHaveLength(1);
  expect(
    (await all('/api/v1/credentials')).filter(({ provider_id, in_use }) => provider_id === provider.id && in_use),
  ).toHaveLength(1);
});

test('prices are read anew while it runs: a model becomes priced, another dearer, nothing is restarted', async () => {
  expect(await attemptsOf(bed.transport, 'groq/brand-new')).toEqual(['groq/*', 'groq/*']);
  const before = await admin('POST', '/api/v1/models/refresh-prices');
  expect(before).toMatchObject({ status: 200, body: { changed: 0, priced: expect.any(Number) } });
  const table = JSON.parse(await readFile(vendorTableUrl('groq'), 'utf8'));
  const known = table.models.find((model: { id: string }) => model.id === 'llama-3.1-8b-instant');
  const dearer = { ...known, prices: { ...known.prices, input_mtok: 123 } };
  const others = table.models.filter((model: { id: string }) => model.id !== known.id);
  const fresh = { ...known, id: 'brand-new', name: 'Brand new', match: { equals: 'brand-new' } };
  await writeFile(join(folder, 'groq.json'), JSON.stringify({ source: 'own@2', models: [dearer, fresh, ...others] }));
  const after = await post('/api/v1/models/refresh-prices', {}, 200);
  expect(after.changed).toBeGreaterThanOrEqual(1);
  expect(after.priced).toBe(before.body.priced + 1);
  expect(await attemptsOf(bed.transport, 'groq/brand-new')).toEqual(['groq/brand-new', 'groq/brand-new']);
  const [one] = await all('/api/v1/models?search=llama-3.1-8b-instant&provider=groq');
  expect(one).toMatchObject({ price: { input: '123', source: expect.stringContaining('own@2') } });
});

test('a model that somebody made, and what somebody has said of one, outlive a look at the tables', async () => {
  const provider = await post('/api/v1/providers', { name: 'deepseek', secret: 'sk-canary-1', test: 'skip' });
  const own = await post('/api/v1/models', {
    provider: 'deepseek',
    upstream_model: 'fine-tuned',
    limits: { concurrent_calls: 2 },
  });
  const [known] = await all('/api/v1/models?provider=deepseek');
  const changed = await admin('PATCH', `/api/v1/models/${known?.['id']}`, { listed: false, weight: 7 });
  expect([changed.status, changed.body]).toMatchObject([200, { listed: false, weight: 7 }]);
  await post('/api/v1/models/refresh-prices', {}, 200);
  expect((await admin('GET', `/api/v1/models/${own.id}`)).body).toMatchObject({ limits: { concurrent_calls: 2 } });
  expect((await admin('GET', `/api/v1/models/${known?.['id']}`)).body).toMatchObject({ listed: false, weight: 7 });
  expect(await attemptsOf(bed.transport, 'deepseek/fine-tuned')).toEqual(['deepseek/fine-tuned', 'deepseek/fine-tuned']);
  expect(provider.models).toBeGreaterThan(0);
});

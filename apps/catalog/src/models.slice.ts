import { DatedPriceSchema, ModelViewSchema } from '@tollgate/contracts';
import { waitFor } from '@tollgate/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bed, fetchView, openBed, sayHello } from './testing/open-bed.js';
import { attemptsOf, planOf } from './testing/plan-of.js';
import { playAuth, type Send } from './testing/play-auth.js';

let bed: Bed;
let admin: Send;
let providerId = '';
beforeAll(async () => {
  bed = await openBed();
  admin = playAuth(bed.transport, bed.handle.url)(['admin:*']);
  await sayHello(bed, [{ provider: 'groq', variable: 'GROQ_API_KEY', baseUrl: null }]);
  const providers = await admin('GET', '/api/v1/providers');
  providerId = providers.body.data.find(({ name }: { name: string }) => name === 'groq').id;
});
afterAll(() => bed.close());

const MODELS = '/api/v1/models';
const wish = { provider: 'groq', upstream_model: 'house/own-7b', name: 'own', context_tokens: 8_192 };
const made = async (fields: object = {}) => {
  const answer = await admin('POST', MODELS, { ...wish, ...fields });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return ModelViewSchema.parse(answer.body);
};
const priceAt = async (model: string): Promise<string | null> => {
  const planned = await planOf(bed.transport, model);
  return planned.ok ? (planned.attempts[0]?.price?.input ?? null) : planned.reason;
};
const pointersOf = (answer: { body: { errors: { pointer: string }[] } }) => answer.body.errors.map(({ pointer }) => pointer);

test('201: a model of one`s own is called under its name, with its own key and price', async () => {
  const credential = await admin('POST', '/api/v1/credentials', {
    provider_id: providerId,
    name: 'second',
    secret: 'gsk-canary-2',
  });
  const price = { input: '0.5', output: '1', cache_read: '0.05' };
  const model = await made({ credential_id: credential.body.id, region: 'eu-west-1', price });
  expect(model).toMatchObject({
    name: 'groq/own',
    upstream_model: 'house/own-7b',
    context_tokens: 8_192,
    region: 'eu-west-1',
    origin: 'api',
    price: { ...price, source: 'api', currency: 'USD', output_audio: null },
  });
  expect(await attemptsOf(bed.transport, 'groq/own')).toEqual(['groq/house/own-7b', 'groq/house/own-7b']);
  const { deployments } = await fetchView(bed.transport, 'upstreams');
  expect(deployments.find(({ id }) => id === model.id)?.credentialId).toBe(credential.body.id);
  const read = await admin('GET', `${MODELS}/${model.id}`);
  expect([read.status, read.headers.get('etag')]).toEqual([200, '"1"']);
  expect(read.body).toEqual(model);
  expect((await admin('POST', MODELS, wish)).status).toBe(409);
});

test('a model without a price is null, not 0', async () => {
  expect((await made({ name: 'unpriced' })).price).toBeNull();
  expect(await priceAt('groq/unpriced')).toBeNull();
});

test('one that a route has named before keeps its place in the route', async () => {
  const targets = [{ model: 'groq/named-first' }];
  expect((await admin('POST', '/api/v1/routes', { model: 'first', targets })).status).toBe(201);
  await made({ name: 'named-first', upstream_model: 'other-name' });
  expect((await attemptsOf(bed.transport, 'first', 'org_one'))[0]).toBe('groq/other-name');
});

test('200, 412, 409: changed by whoever has read it, and not where somebody else owns it', async () => {
  const model = await made({ name: 'changing' });
  const path = `${MODELS}/${model.id}`;
  const changed = await admin('PATCH', path, { title: 'New', context_tokens: null, listed: false }, { 'if-match': '"1"' });
  expect(changed.status).toBe(200);
  expect(changed.body).toMatchObject({ title: 'New', context_tokens: null, listed: false, revision: 2 });
  expect((await admin('PATCH', path, { title: 'Newer' }, { 'if-match': '"1"' })).status).toBe(412);
  expect((await admin('PATCH', path, { title: 'Newer' })).body).toMatchObject({ title: 'Newer', listed: false });
  const [builtin] = (await admin('GET', `${MODELS}?provider=demo`)).body.data;
  expect((await admin('PATCH', `${MODELS}/${builtin.id}`, { title: 'x' })).status).toBe(409);
  expect((await admin('DELETE', `${MODELS}/${builtin.id}`)).status).toBe(409);
});

test('204: a model that is deleted is not called any more', async () => {
  const model = await made({ name: 'going' });
  expect((await admin('DELETE', `${MODELS}/${model.id}`, undefined, { 'if-match': '"7"' })).status).toBe(412);
  expect((await admin('DELETE', `${MODELS}/${model.id}`)).status).toBe(204);
  expect((await admin('GET', `${MODELS}/${model.id}`)).status).toBe(404);
  // What is left of the name is the provider's wildcard, which knows no price.
  expect(await attemptsOf(bed.transport, 'groq/going')).toEqual(['groq/*', 'groq/*']);
});

test('400: what is wrong is named', async () => {
  const wrong = async (fields: object) => pointersOf(await admin('POST', MODELS, { ...wish, name: 'wrong', ...fields }));
  expect(await wrong({ provider: 'nobody' })).toEqual(['/provider']);
  expect(await wrong({ upstream_model: '*' })).toEqual(['/upstream_model']);
  expect(await wrong({ price: { input: '-1', output: '1' } })).toEqual(['/price/input']);
  expect(await wrong({ price: { input: 1, output: '1' } })).toEqual(['/price/input']);
  expect(await wrong({ price: { input: '1', output: '1', cached: '1' } })).toEqual(['/price/cached']);
  expect(await wrong({ credential_id: `cred_${'0'.repeat(26)}` })).toEqual(['/credential_id']);
});

test('a price that is set is in force at once, is never overwritten, and null brings back the table`s', async () => {
  const [known] = (await admin('GET', `${MODELS}?provider=groq&search=llama-3.3-70b`)).body.data;
  const table = known.price.input;
  const path = `${MODELS}/${known.id}/prices`;
  for (const input of ['3.5', '4.25']) {
    const set = await admin('POST', path, { price: { input, output: '9' } });
    expect(set.status, JSON.stringify(set.body)).toBe(201);
    expect(DatedPriceSchema.parse(set.body).price).toMatchObject({ input, source: 'api' });
    expect(await priceAt(known.name)).toBe(input);
  }
  expect((await admin('POST', path, { price: null })).status).toBe(201);
  expect(await priceAt(known.name)).toBe(table);
  const first = (await admin('GET', `${path}?limit=2`)).body;
  const rest = (await admin('GET', `${path}?limit=2&cursor=${first.next_cursor}`)).body;
  const prices = [...first.data, ...rest.data].map(({ price }) => price?.input ?? null);
  expect(prices).toEqual([null, '4.25', '3.5']);
  expect(rest.has_more).toBe(false);
});

test('a price for later is in force from its time on, without anybody doing anything', async () => {
  const model = await made({ name: 'later', price: { input: '1', output: '1' } });
  const at = Date.now() + 1_500;
  const path = `${MODELS}/${model.id}/prices`;
  const later = { effective_from: new Date(at).toISOString(), price: { input: '2', output: '2' } };
  expect((await admin('POST', path, later)).status).toBe(201);
  expect(await priceAt('groq/later')).toBe('1');
  const { revision } = await fetchView(bed.transport, 'routing');
  await waitFor(async () => (await priceAt('groq/later')) === '2', { timeoutMs: 5_000, what: 'the later price' });
  expect(Date.now()).toBeGreaterThanOrEqual(at);
  expect((await fetchView(bed.transport, 'routing')).revision).toBeGreaterThan(revision);
  const past = { effective_from: '2020-01-01T00:00:00Z', price: null };
  expect(pointersOf(await admin('POST', path, past))).toEqual(['/effective_from']);
});

import {
  type CredentialTestReply,
  type CredentialTestRequest,
  CredentialTestRequestSchema,
  type CredentialView,
  SUBJECTS,
} from '@tollgate/contracts';
import { decodeJson, encodeJson } from '@tollgate/kernel';
import { openSecret } from '@tollgate/policy';
import { waitFor } from '@tollgate/testing';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Bed, openBed, sayHello } from './testing/open-bed.js';
import { playAuth, type Send } from './testing/play-auth.js';

let bed: Bed;
let admin: Send;
const asked: CredentialTestRequest[] = [];
let reply: CredentialTestReply;

const refused: CredentialTestReply = { outcome: 'refused', detail: 'It answered with HTTP 401.' };
const accepted: CredentialTestReply = { outcome: 'accepted', detail: 'It answered with HTTP 200.' };
const SECRET = 'sk-canary-0123456789';

beforeAll(async () => {
  bed = await openBed();
  admin = playAuth(bed.transport, bed.handle.url)(['admin:*']);
  bed.transport.respond(SUBJECTS.credentialTest, 'provider-adapters', async ({ body }) => {
    asked.push(CredentialTestRequestSchema.parse(decodeJson(body)));
    return encodeJson(reply);
  });
  reply = { ...accepted, reached: true };
  await sayHello(bed, [{ provider: 'mistral', variable: 'MISTRAL_API_KEY', baseUrl: null }]);
  // So that nothing is asked in the background while it is counted who is.
  await bed.catalog.keyWatch.look();
});
afterAll(() => bed.close());
beforeEach(() => {
  asked.length = 0;
  reply = accepted;
});

const names = async (path: string): Promise<string[]> =>
  (await admin('GET', path)).body.data.map((row: { name: string }) => row.name);

test('201: a good key is stored, and the answer says that it was tried, and how', async () => {
  const made = await admin('POST', '/api/v1/providers', { name: 'groq', secret: SECRET });
  expect(made).toMatchObject({ status: 201, body: { credential_test: { ...accepted, tested_at: expect.any(String) } } });
  expect(asked).toHaveLength(1);
  const [{ provider, credential, check } = {} as CredentialTestRequest] = asked;
  expect(check).toEqual({ method: 'GET', path: '/models', expect: 200 });
  expect(provider).toMatchObject({ baseUrl: 'https://api.groq.com/openai/v1', auth: { type: 'bearer' } });
  if (credential.source !== 'sealed') throw new Error('not sealed');
  expect(openSecret(bed.privateKey, credential.sealed, credential.id)).toBe(SECRET);
  expect(JSON.stringify(asked)).not.toContain(SECRET);
  const stored = (await admin('GET', '/api/v1/credentials')).body.data.find((row: { id: string }) => row.id === credential.id);
  expect(stored).toMatchObject({ test: accepted, in_use: true });
});

test('400: a key that the provider refuses is not stored, nor the provider; what to send is said', async () => {
  reply = refused;
  const answer = await admin('POST', '/api/v1/providers', { name: 'deepseek', secret: SECRET });
  expect(answer.status).toBe(400);
  expect(answer.body.errors).toEqual([{ pointer: '/secret', detail: expect.stringContaining('HTTP 401') }]);
  expect(answer.body.errors[0].detail).toContain('"test": "report"');
  expect(await names('/api/v1/providers')).not.toContain('deepseek');
});

test('201 with test: report: the refused key is stored, and says so', async () => {
  reply = refused;
  const made = await admin('POST', '/api/v1/providers', { name: 'deepseek', secret: SECRET, test: 'report' });
  expect(made).toMatchObject({ status: 201, body: { credential_test: refused } });
});

test('201 with test: skip: nobody is asked', async () => {
  const made = await admin('POST', '/api/v1/providers', { name: 'xai', secret: SECRET, test: 'skip' });
  expect(made).toMatchObject({ status: 201, body: { credential_test: null } });
  expect(asked).toEqual([]);
});

test('a further key is tried before it takes over; a refused one leaves the first in use', async () => {
  const xai = (await admin('GET', '/api/v1/providers')).body.data.find((row: { name: string }) => row.name === 'xai');
  const wish = { provider_id: xai.id, name: 'second', secret: SECRET };
  reply = refused;
  expect((await admin('POST', '/api/v1/credentials', wish)).status).toBe(400);
  expect((await admin('GET', `/api/v1/providers/${xai.id}`)).body.credential_id).toBe(xai.credential_id);
  reply = { outcome: 'unknown', detail: 'The provider could not be reached.' };
  const made = await admin('POST', '/api/v1/credentials', wish);
  expect(made).toMatchObject({ status: 201, body: { in_use: true, test: reply } });
  reply = accepted;
  const again = await admin('POST', `/api/v1/credentials/${made.body.id}/test`);
  expect(again).toMatchObject({ status: 200, body: { id: made.body.id, test: accepted } });
});

test('a key of the environment is tried by its name; a provider without a free call is not asked', async () => {
  const rows = (await admin('GET', '/api/v1/credentials')).body.data as { id: string; source: string }[];
  const variable = rows.find(({ source }) => source === 'environment')?.id ?? '';
  expect(await admin('POST', `/api/v1/credentials/${variable}/test`)).toMatchObject({ status: 200, body: { test: accepted } });
  expect(asked[0]?.credential).toMatchObject({ source: 'environment', variable: 'MISTRAL_API_KEY' });
  asked.length = 0;
  const made = await admin('POST', '/api/v1/providers', { name: 'perplexity', secret: SECRET });
  expect(made.body.credential_test).toMatchObject({
    outcome: 'unknown',
    detail: expect.stringContaining('documents no free call'),
  });
  expect(asked).toEqual([]);
});

test('a server that nobody has looked up is asked for its models, which it may show to everybody', async () => {
  const own = { name: 'own', base_url: 'https://own.example/v1', secret: SECRET };
  expect((await admin('POST', '/api/v1/providers', own)).status).toBe(201);
  expect(asked[0]?.check).toEqual({ method: 'GET', path: '/models', expect: 200, asksForKey: false });
});

test('404, 409 and 503 come before anybody is asked', async () => {
  expect((await admin('POST', '/api/v1/providers', { name: 'groq', secret: SECRET })).status).toBe(409);
  const nowhere = { provider_id: 'prov_01kb0000000000000000000000', name: 'x', secret: SECRET };
  expect((await admin('POST', '/api/v1/credentials', nowhere)).status).toBe(404);
  expect((await admin('POST', '/api/v1/credentials/cred_01kb0000000000000000000000/test')).status).toBe(404);
  expect(asked).toEqual([]);
});

test('a key that nobody saved by hand is tried in the background, once, and again after a day; a refusal is shown and switches nothing off', async () => {
  await sayHello(bed, [
    { provider: 'mistral', variable: 'MISTRAL_API_KEY', baseUrl: null },
    { provider: 'cohere', variable: 'COHERE_API_KEY', baseUrl: null },
  ]);
  const keyOf = async () => {
    const rows: CredentialView[] = (await admin('GET', '/api/v1/credentials?limit=100')).body.data;
    return rows.find(({ variable }) => variable === 'COHERE_API_KEY');
  };
  reply = { ...refused, reached: true };
  await waitFor(async () => {
    await bed.catalog.keyWatch.look();
    return (await keyOf())?.test;
  });
  const variables = () => asked.flatMap(({ credential }) => (credential.source === 'environment' ? [credential.variable] : []));
  expect(variables()).toContain('COHERE_API_KEY');
  expect(await keyOf()).toMatchObject({ test: { outcome: 'refused' }, in_use: true });
  asked.length = 0;
  await bed.catalog.keyWatch.look();
  expect(asked).toEqual([]);
  await bed.catalog.store.query(
    "UPDATE catalog.credentials SET tested_at = tested_at - interval '25 hours' WHERE variable = 'COHERE_API_KEY'",
  );
  reply = { ...accepted, reached: true };
  await waitFor(async () => {
    await bed.catalog.keyWatch.look();
    const key = await keyOf();
    return key?.test?.outcome === 'accepted';
  });
  expect(variables()).toEqual(['COHERE_API_KEY']);
});

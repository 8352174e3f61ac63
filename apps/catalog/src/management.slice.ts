import { createPrivateKey } from 'node:crypto';
import { MANAGEMENT_OPERATIONS, ModelViewSchema, ProviderViewSchema, RouteViewSchema } from '@tollgate/contracts';
import { assertRoutesDeclared } from '@tollgate/nest';
import { openSecret } from '@tollgate/policy';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Bed, fetchView, openBed, PEPPER, sayHello } from './testing/open-bed.js';
import { attemptsOf } from './testing/plan-of.js';
import { playAuth, type Send } from './testing/play-auth.js';

let bed: Bed;
let admin: Send;
let other: Send;
let as: ReturnType<typeof playAuth>;
beforeAll(async () => {
  bed = await openBed();
  as = playAuth(bed.transport, bed.handle.url);
  admin = as(['admin:*']);
  other = as(['admin:*'], 'org_two');
});
afterAll(() => bed.close());

const SECRET = 'sk-canary-0123456789';
const planned = (model: string, organisationId = 'org_one') => attemptsOf(bed.transport, model, organisationId);

describe('before any adapter has said hello', () => {
  test('503 with a clear text where a secret would have to be stored, and nothing is kept', async () => {
    const answer = await admin('POST', '/api/v1/providers', { name: 'groq', secret: SECRET });
    expect(answer.status).toBe(503);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body).toMatchObject({ status: 503, code: 'no_adapter' });
    expect(answer.body.detail).toContain('Start one');
    const names = (await admin('GET', '/api/v1/providers')).body.data.map((row: { name: string }) => row.name);
    expect(names).toEqual(['demo']);
  });
});

describe('providers and credentials', () => {
  beforeAll(() => sayHello(bed, [{ provider: 'mistral', variable: 'MISTRAL_API_KEY', baseUrl: null }]));

  test('201: a known provider with a key can be called at once, its models and prices with it', async () => {
    const made = await admin('POST', '/api/v1/providers', { name: 'groq', secret: SECRET });
    expect(made.status).toBe(201);
    const provider = ProviderViewSchema.parse(made.body);
    expect(provider).toMatchObject({ name: 'groq', base_url: 'https://api.groq.com/openai/v1', origin: 'api', active: true });
    expect(provider.models).toBeGreaterThan(5);
    expect(await planned('groq/anything')).toEqual(['groq/*', 'groq/*']);
    expect((await admin('GET', `/api/v1/providers/${provider.id}`)).body).toEqual(made.body);
    expect((await admin('POST', '/api/v1/providers', { name: 'groq' })).status).toBe(409);
  });

  test('the secret comes back in no answer, stands in no table, and opens with the adapters private key alone', async () => {
    const list = await admin('GET', '/api/v1/credentials');
    expect(JSON.stringify(list.body)).not.toContain('canary');
    expect(list.body.data[0]).not.toHaveProperty('sealed');
    const client = new pg.Client({ connectionString: bed.database.url });
    await client.connect();
    const dump: string[] = [];
    try {
      const tables = await client.query(
        `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'catalog'`,
      );
      for (const { name } of tables.rows) {
        dump.push(
          ...(await client.query(`SELECT row_to_json(t)::text AS line FROM catalog.${name} t`)).rows.map((row) => row.line),
        );
      }
    } finally {
      await client.end();
    }
    expect(dump.length).toBeGreaterThan(10);
    expect(dump.join('\n')).not.toContain('canary');

    const credential = (await fetchView(bed.transport, 'upstreams')).credentials.find(({ source }) => source === 'sealed');
    if (credential?.source !== 'sealed') throw new Error('no sealed credential');
    expect(openSecret(bed.privateKey, credential.sealed, credential.id)).toBe(SECRET);
    // Everything that the catalogue has, tried as a key: its environment, its tables, its public key.
    const words = [PEPPER, bed.database.url, ...Object.values(process.env), ...dump.flatMap((line) => line.split(/["\s:,]+/))];
    const keys = words.flatMap((word) =>
      ['hex', 'base64url', 'utf8'].map((form) => Buffer.from(word ?? '', form as BufferEncoding)),
    );
    const tried = keys.filter((key) => key.length >= 32).map((key) => key.subarray(0, 32));
    expect(tried.length).toBeGreaterThan(5);
    for (const key of tried) expect(openSecret(key, credential.sealed, credential.id)).toBeNull();
    expect(() => createPrivateKey(credential.sealed)).toThrow();
  });

  test('a key of ones own takes a provider over from the environment, and stays when its variable goes', async () => {
    const { body } = await admin('GET', '/api/v1/providers');
    const mistral = body.data.find((row: { name: string }) => row.name === 'mistral');
    expect(mistral).toMatchObject({ origin: 'environment', active: true });
    expect((await admin('DELETE', `/api/v1/providers/${mistral.id}`)).status).toBe(409);
    const made = await admin('POST', '/api/v1/credentials', { provider_id: mistral.id, name: 'mine', secret: SECRET });
    expect(made).toMatchObject({ status: 201, body: { source: 'sealed', in_use: true, name: 'mine' } });
    await sayHello(bed, []);
    expect(await planned('mistral/mistral-large-latest')).toHaveLength(2);
    expect((await admin('DELETE', `/api/v1/credentials/${made.body.id}`)).status).toBe(204);
  });

  test('201: a provider that wants settings is placed by them', async () => {
    const made = await admin('POST', '/api/v1/providers', {
      name: 'azure-openai',
      settings: { resource: 'my-company' },
      secret: SECRET,
    });
    expect(made).toMatchObject({ status: 201, body: { base_url: 'https://my-company.openai.azure.com', api: 'openai-chat' } });
    expect((await admin('DELETE', `/api/v1/providers/${made.body.id}`)).status).toBe(204);
  });

  test('204: a deleted provider is gone with its models and credentials', async () => {
    const made = await admin('POST', '/api/v1/providers', { name: 'gone', base_url: 'https://gone.example/v1', secret: SECRET });
    expect(await planned('gone/x')).toEqual(['gone/*', 'gone/*']);
    expect((await admin('DELETE', `/api/v1/providers/${made.body.id}`)).status).toBe(204);
    expect(await planned('gone/x')).toEqual(['model_not_found']);
    expect((await admin('GET', `/api/v1/providers/${made.body.id}`)).status).toBe(404);
    expect((await admin('DELETE', `/api/v1/providers/${made.body.id}`)).status).toBe(404);
  });

  test('400 for what is wrong, with its pointer and without its value', async () => {
    const bad: [unknown, string][] = [
      [{ name: 'nowhere' }, '/base_url'],
      [{ name: 'azure-openai' }, '/settings/resource'],
      [{ name: 'cloudflare', settings: { account_id: '../canary' } }, '/settings/account_id'],
      [{ name: 'groq', settings: { region: 'eu' } }, '/settings/region'],
      [{ name: 'nowhere', base_url: 'https://x.example', settings: {} }, '/settings'],
      [{ name: 'x', base_url: 'file:///etc/passwd' }, '/base_url'],
      [{ name: 'x', base_url: 'http://user:canary@x.example' }, '/base_url'],
      [{ name: 'x', base_url: 'http://2130706433/v1' }, '/base_url'],
      [{ name: 'vllm-2', base_url: 'http://localhost:8000/v1' }, '/base_url'],
      [{ name: 'Bad Name', base_url: 'http://x' }, '/name'],
      [{ name: 'x', base_url: 'http://x', secret: 'canary\nsk' }, '/secret'],
      [{ name: 'x', base_url: 'http://x', colour: 'red' }, '/colour'],
      [[], ''],
    ];
    for (const [body, pointer] of bad) {
      const answer = await admin('POST', '/api/v1/providers', body);
      expect([answer.status, answer.body.errors[0].pointer]).toEqual([400, pointer]);
      expect(JSON.stringify(answer.body)).not.toContain('canary');
    }
    expect((await admin('GET', '/api/v1/providers/nonsense')).status).toBe(400);
    expect((await admin('GET', '/api/v1/providers?cursor=!')).status).toBe(400);
  });
});

describe('models', () => {
  test('every page is valid, in order, and together they are all', async () => {
    const names: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${cursor}`;
      const { status, body } = await admin('GET', `/api/v1/models?limit=7${query}`);
      expect(status).toBe(200);
      for (const row of body.data) names.push(ModelViewSchema.parse(row).name);
      expect(body.has_more).toBe(body.next_cursor !== null);
      cursor = body.next_cursor;
    } while (cursor !== null);
    expect(new Set(names).size).toBe(names.length);
    const routing = await fetchView(bed.transport, 'routing');
    expect([...names].sort()).toEqual(
      routing.routes
        .filter((route) => route.listed)
        .map((route) => route.model)
        .sort(),
    );
  });

  test('search looks at names and titles, and its signs are no pattern', async () => {
    const found = async (search: string): Promise<string[]> =>
      (await admin('GET', `/api/v1/models?search=${encodeURIComponent(search)}`)).body.data.map(
        (row: { name: string }) => row.name,
      );
    expect(await found('DEMO/')).toEqual(['demo/chat', 'demo/echo']);
    for (const sign of ['%', '_%_', "' OR 1=1 --", '\\']) expect(await found(sign)).toEqual([]);
  });

  test('a wildcard is shown where it is asked for, and has no price', async () => {
    const { body } = await admin('GET', '/api/v1/models?provider=groq&unlisted=true&limit=200');
    expect(body.data.find((row: { name: string }) => row.name === 'groq/*')).toMatchObject({ price: null, listed: false });
  });
});

describe('routes', () => {
  const wish = {
    model: 'fast',
    targets: [{ model: 'demo/echo' }, { model: 'groq/any-model', priority: 1 }],
    strategy: 'latency',
    fallbacks: [{ on: ['context_window', 'timeout'], model: 'demo/lorem' }],
    timeouts: { idle_ms: 5_000 },
  };

  test('201, called by its own organisation and by no other', async () => {
    const made = await admin('POST', '/api/v1/routes', wish);
    expect(made.status).toBe(201);
    expect(RouteViewSchema.parse(made.body)).toMatchObject({
      organisation_id: 'org_one',
      strategy: 'latency',
      fallbacks: wish.fallbacks,
      retries: 1,
      timeouts: { idle_ms: 5_000 },
    });
    expect(await planned('fast')).toEqual(['demo/echo', 'groq/any-model']);
    const { routes } = await fetchView(bed.transport, 'routing');
    expect(routes.find(({ model }) => model === 'fast')).toMatchObject({ strategy: 'latency', fallbacks: wish.fallbacks });
    expect(await planned('fast', 'org_two')).toEqual(['model_not_found']);
    await sayHello(bed, [{ provider: 'cerebras', variable: 'CEREBRAS_API_KEY', baseUrl: null }]);
    expect(await planned('fast')).toEqual(['demo/echo', 'groq/any-model']);
    expect((await admin('POST', '/api/v1/routes', wish)).status).toBe(409);
    expect((await other('GET', `/api/v1/routes/${made.body.id}`)).status).toBe(404);
    expect((await other('DELETE', `/api/v1/routes/${made.body.id}`)).status).toBe(404);
    expect((await other('GET', '/api/v1/routes')).body.data).toEqual([]);
    expect((await admin('DELETE', `/api/v1/routes/${made.body.id}`)).status).toBe(204);
    expect(await planned('fast')).toEqual(['model_not_found']);
  });

  test('400 where a target names a provider that is not there', async () => {
    const answer = await admin('POST', '/api/v1/routes', { ...wish, targets: [{ model: 'demo/echo' }, { model: 'nobody/x' }] });
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([400, '/targets/1/model']);
    expect((await admin('POST', '/api/v1/routes', { ...wish, model: 'all/*' })).status).toBe(400);
    expect((await admin('POST', '/api/v1/routes', { ...wish, strategy: 'fastest' })).body.errors[0].pointer).toBe('/strategy');
    const fallbacks = [{ on: ['weather'], model: 'demo/echo' }];
    expect((await admin('POST', '/api/v1/routes', { ...wish, fallbacks })).body.errors[0].pointer).toBe('/fallbacks/0/on/0');
  });
});

describe('the description', () => {
  test('every route of the service is a row with the same permission, and every row is served', () => {
    const served = assertRoutesDeclared(bed.handle.context).filter(({ path }) => path.startsWith('/api/v1/'));
    const rows = Object.values(MANAGEMENT_OPERATIONS).filter((operation) => operation.service === 'catalog');
    const line = (verb: string, path: string, permission: string | null) =>
      `${verb} ${path.replace(/:(\w+)/g, '{$1}')} ${permission}`;
    expect(served.map((fact) => line(fact.verb, fact.path, fact.permission)).sort()).toEqual(
      rows.map((row) => line(row.method, row.path, row.permission)).sort(),
    );
  });

  test('a token without the scope is refused everywhere, and so is no token', async () => {
    const poor = as(['admin:tokens:read', 'llm:*']);
    for (const operation of Object.values(MANAGEMENT_OPERATIONS).filter(({ service }) => service === 'catalog')) {
      const path = operation.path.replace('{id}', 'x');
      expect((await poor(operation.method, path, 'body' in operation ? {} : undefined)).status, path).toBe(403);
      expect((await fetch(`${bed.handle.url}${path}`, { method: operation.method })).status, path).toBe(401);
    }
  });

  test('the OpenAPI document has the operations of all services and needs no token', async () => {
    const response = await fetch(`${bed.handle.url}/api/openapi.json`);
    expect(response.status).toBe(200);
    const document = (await response.json()) as { openapi: string; paths: Record<string, Record<string, unknown>> };
    expect(document.openapi).toBe('3.1.0');
    for (const { path, method } of Object.values(MANAGEMENT_OPERATIONS)) {
      expect(document.paths[path]?.[method.toLowerCase()], `${method} ${path}`).toBeDefined();
    }
  });

  test('the page lists every operation and takes nothing from elsewhere', async () => {
    const response = await fetch(`${bed.handle.url}/api/docs`);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const page = await response.text();
    for (const id of Object.keys(MANAGEMENT_OPERATIONS)) expect(page).toContain(`id="${id}"`);
    expect(page).not.toMatch(/<script|https?:\/\//);
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ProviderAuthSchema, UpstreamProviderSchema } from '@tollgate/contracts';
import { describe, expect, test } from 'vitest';
import { renderCompose } from './generate-compose.js';
import { renderDocs } from './generate-docs.js';
import { renderRegistry } from './generate-registry.js';
import {
  findProvider,
  judgeCheck,
  PROVIDER_NAMES,
  PROVIDERS,
  type ProviderRow,
  placeProvider,
  providersInEnvironment,
  QUIRKS,
} from './index.js';
import { ollamaBaseUrl } from './ollama-base-url.js';
import { renderNewProvider } from './render-new-provider.js';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Vendors whose documentation stands under another domain than their API. */
const DOCS_ELSEWHERE: Readonly<Record<string, string>> = {
  'azure-openai': 'learn.microsoft.com',
  gemini: 'ai.google.dev',
  vertex: 'cloud.google.com',
  'vertex-anthropic': 'cloud.google.com',
  bedrock: 'docs.aws.amazon.com',
  moonshot: 'platform.kimi.ai',
  zhipu: 'github.com',
  dashscope: 'www.alibabacloud.com',
  hyperbolic: 'docs.hyperbolic.ai',
  'github-models': 'docs.github.com',
  digitalocean: 'docs.digitalocean.com',
  scaleway: 'www.scaleway.com',
  ovhcloud: 'ovh.github.io',
  databricks: 'docs.databricks.com',
  // The vendor's own repository says it best.
  zai: 'github.com',
  ai21: 'github.com',
  friendli: 'github.com',
  voyage: 'github.com',
  jina: 'github.com',
};

/** Something that fits each setting, so that every row can be placed. */
const SETTINGS: Readonly<Record<string, string>> = {
  resource: 'my-company',
  project: 'my-project',
  location: 'europe-west4',
  region: 'eu-central-1',
  account_id: '0123456789abcdef0123456789abcdef',
  workspace_host: 'my-company.cloud.databricks.com',
  api_version: '2024-10-21',
};
const place = (row: ProviderRow) =>
  placeProvider(row, { settings: Object.fromEntries(row.settings.map(({ name }) => [name, SETTINGS[name] ?? ''])) });
const domainOf = (host: string): string => host.split('.').slice(-2).join('.');

describe.each(PROVIDERS.map((row) => [row.name, row] as const))('%s', (_, row) => {
  const placed = place(row);
  if (!placed.ok) throw new Error(JSON.stringify(placed.error));
  const { baseUrl, auth, serves, check } = placed.value;

  test('is a usable upstream once placed', () => {
    // As the catalogue tells it to the adapters: nobody knows a call = there is none.
    const check = placed.value.check ?? undefined;
    const upstream = { ...row, ...placed.value, check, id: 'prov_x', allowPrivateNetwork: row.localByDefault };
    expect(UpstreamProviderSchema.safeParse(upstream).error).toBeUndefined();
    expect(ProviderAuthSchema.safeParse(auth).success).toBe(true);
    expect(JSON.stringify(placed.value).replaceAll('{model}', '')).not.toMatch(/\{[a-z_]+\}/);
  });

  test('is reached by TLS unless it is local, at an address without anything odd in it', () => {
    if (row.kind === 'demo') return expect(baseUrl).toBe('demo:');
    const url = new URL(baseUrl);
    expect(url.protocol).toBe(row.localByDefault ? 'http:' : 'https:');
    expect([url.username, url.password, url.search, url.hash]).toEqual(['', '', '', '']);
    expect(baseUrl).not.toMatch(/\/$/);
    expect(row.localByDefault).toBe(['127.0.0.1', 'localhost'].includes(url.hostname));
    expect(url.hostname).not.toMatch(/\.(invalid|example|test)$/);
    for (const { path, streamPath } of [...serves, ...(check === null ? [] : [{ path: check.path, streamPath: undefined }])]) {
      for (const text of [path, streamPath ?? path]) expect(text).toMatch(/^\/[A-Za-z0-9{}/._:@-]+(\?[a-z-]+=[A-Za-z0-9-]+)?$/);
    }
  });

  test('is named, documented and keyed as rows are', () => {
    expect(row.name).toMatch(/^[a-z][a-z0-9-]*$/);
    expect(row.title).toBe(row.title.trim());
    for (const name of row.keyVariables) expect(name).toMatch(/^[A-Z][A-Z0-9_]*_(KEY|TOKEN)$/);
    if (row.auth.type === 'none') expect(row.keyVariables).toEqual([]);
    // What one variable cannot hold, or a header cannot carry, is given as a secret.
    else if (!['sigv4', 'google'].includes(row.auth.type)) expect(row.keyVariables.length).toBeGreaterThan(0);
    const docs = new URL(row.docs);
    expect(docs.protocol).toBe('https:');
    if (row.kind === 'demo' || row.localByDefault) return;
    expect(docs.hostname).toMatch(
      DOCS_ELSEWHERE[row.name] === undefined
        ? new RegExp(`(^|\\.)${domainOf(new URL(baseUrl).hostname)}$`)
        : (DOCS_ELSEWHERE[row.name] ?? ''),
    );
  });

  test('serves each endpoint once in a dialect, and has quirks that exist, once', () => {
    const served = serves.map(({ endpoint, dialect }) => `${endpoint} ${dialect}`);
    expect(new Set(served).size).toBe(served.length);
    expect(served.length).toBeGreaterThan(0);
    expect(new Set(row.quirks).size).toBe(row.quirks.length);
    for (const quirk of row.quirks) expect(QUIRKS).toContain(quirk);
    if (serves.some(({ path, dialect }) => path.includes('{model}') && dialect !== 'openai-chat')) {
      expect(row.quirks.includes('model_in_path') || row.auth.type === 'azure').toBe(true);
    }
  });

  test('has settings that are used and hold no more than their place', () => {
    const text = JSON.stringify([row.baseUrl, row.auth, row.serves, row.check]);
    for (const { name, pattern, variables } of row.settings) {
      expect(text).toContain(`{${name}}`);
      const whole = new RegExp(`^(?:${pattern})$`);
      for (const bad of ['', 'a/b', 'a?b', 'a#b', '..', 'x@evil.example', 'a b', 'a%2f', 'evil.example', `${SETTINGS[name]}\n`]) {
        expect(whole.test(bad), `${name} ${bad}`).toBe(false);
      }
      for (const variable of variables) expect(variable).toMatch(/^[A-Z][A-Z0-9_]+$/);
    }
  });
});

test('names and key variables are unique, every quirk is somebody`s', () => {
  expect(new Set(PROVIDER_NAMES).size).toBe(PROVIDERS.length);
  expect(PROVIDERS.map((row) => row.name)).toEqual([...PROVIDER_NAMES]);
  const variables = PROVIDERS.flatMap((row) => [
    ...row.keyVariables,
    ...(row.baseUrlVariable === null ? [] : [row.baseUrlVariable.name]),
  ]);
  expect(new Set(variables).size).toBe(variables.length);
  for (const quirk of QUIRKS)
    expect(
      PROVIDERS.some((row) => row.quirks.includes(quirk)),
      quirk,
    ).toBe(true);
});

test('at least thirty-five vendors speak OpenAI`s dialects by a row, and nine have a folder', () => {
  expect(
    PROVIDERS.filter((row) => ['lab', 'cloud', 'platform', 'retrieval', 'local'].includes(row.kind) && row.name !== 'ollama')
      .length,
  ).toBeGreaterThanOrEqual(35);
  for (const name of ['openai', 'azure-openai', 'anthropic', 'gemini', 'vertex', 'bedrock', 'cohere', 'mistral', 'ollama']) {
    expect(readFileSync(here(`./${name}/README.md`), 'utf8')).toContain('## Provenance');
  }
});

test('found by name, and only by its own', () => {
  expect(findProvider('groq')?.baseUrl).toBe('https://api.groq.com/openai/v1');
  for (const name of ['', 'Groq', '__proto__', 'constructor']) expect(findProvider(name)).toBeUndefined();
});

describe('generated', () => {
  const folders = readdirSync(here('.'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && readdirSync(here(`./${entry.name}`)).includes('provider.ts'))
    .map((entry) => entry.name);
  const tables = readdirSync(here('./compatible')).flatMap((name) => /^(.+)\.rows\.ts$/.exec(name)?.[1] ?? []);

  test('the committed files are what the rows say', () => {
    expect(readFileSync(here('./registry.gen.ts'), 'utf8')).toBe(renderRegistry({ tables, folders, names: PROVIDER_NAMES }));
    expect(readFileSync(here('../../../docs/providers.md'), 'utf8')).toBe(renderDocs(PROVIDERS));
    const compose = readFileSync(here('../../../docker/compose.yaml'), 'utf8');
    expect(renderCompose(compose, PROVIDERS)).toBe(compose);
  });

  test('compose without its marks is refused', () => {
    expect(() => renderCompose('services: {}', PROVIDERS)).toThrow('marks');
  });

  test('a new folder names itself, its variable, and a host that conformance refuses', () => {
    const files = renderNewProvider('my-vendor');
    expect(files['provider.ts']).toContain("name: 'my-vendor'");
    expect(files['provider.ts']).toContain("keyVariables: ['MY_VENDOR_API_KEY']");
    expect(files['provider.ts']).toContain('.invalid');
    expect(files['README.md']).toMatch(/^# My Vendor\n[\s\S]*## Provenance/);
  });
});

describe('placeProvider', () => {
  const row = (name: string): ProviderRow => findProvider(name) as ProviderRow;
  test('puts settings into the host, the paths and the signature', () => {
    const azure = placeProvider(row('azure-openai'), { settings: { resource: 'my-company' } });
    expect(azure.ok && azure.value.baseUrl).toBe('https://my-company.openai.azure.com');
    expect(azure.ok && azure.value.serves[0]?.path).toBe('/openai/deployments/{model}/chat/completions?api-version=2024-10-21');
    const bedrock = placeProvider(row('bedrock'), { settings: { region: 'us-gov-west-1' } });
    expect(bedrock.ok && [bedrock.value.baseUrl, bedrock.value.auth]).toEqual([
      'https://bedrock-runtime.us-gov-west-1.amazonaws.com',
      { type: 'sigv4', service: 'bedrock', region: 'us-gov-west-1' },
    ]);
  });

  test.each([
    ['europe-west4', 'https://europe-west4-aiplatform.googleapis.com'],
    ['global', 'https://aiplatform.googleapis.com'],
    ['eu', 'https://aiplatform.eu.rep.googleapis.com'],
  ])('Vertex at %s is %s', (location, expected) => {
    const vertex = placeProvider(row('vertex'), { settings: { project: 'my-project', location } });
    expect(vertex.ok && vertex.value.baseUrl).toBe(expected);
    expect(vertex.ok && vertex.value.serves[0]?.path).toContain(`/locations/${location}/publishers/google/models/{model}:`);
  });

  test('what is missing, wrong or unknown is named with what was expected, all at once', () => {
    const placed = placeProvider(row('vertex'), { settings: { location: 'x/../y', zone: 'a' } });
    expect(placed).toEqual({
      ok: false,
      error: [
        { setting: 'zone', message: 'is not a setting of vertex, which has project and location' },
        { setting: 'location', message: 'is not usable: expected a location, for instance global or europe-west4' },
        { setting: 'project', message: 'is missing: expected the id of the project, for instance my-project' },
      ],
    });
    expect(placeProvider(row('openai'), { settings: { region: 'eu' } })).toMatchObject({
      ok: false,
      error: [{ setting: 'region' }],
    });
  });

  test('another base URL makes the settings of the host needless and no others', () => {
    const azure = placeProvider(row('azure-openai'), { baseUrl: 'https://gateway.internal/azure/' });
    expect(azure.ok && azure.value.baseUrl).toBe('https://gateway.internal/azure');
    expect(placeProvider(row('cloudflare'), { baseUrl: 'https://x.example' }).ok).toBe(false);
    const ollama = placeProvider(row('ollama'), { baseUrl: 'http://box:11434/v1' });
    expect(ollama.ok && ollama.value.baseUrl).toBe('http://box:11434');
    expect(placeProvider(row('ollama'), { baseUrl: 'ftp://box' })).toMatchObject({ ok: false, error: [{ setting: null }] });
  });
});

test('a free check is accepted, refused or says nothing', () => {
  const check = { method: 'GET', path: '/models', expect: 200 } as const;
  expect([200, 401, 403, 400, 404, 429, 500].map((status) => judgeCheck(check, status))).toEqual([
    'accepted',
    'refused',
    'refused',
    'unknown',
    'unknown',
    'unknown',
    'unknown',
  ]);
  expect(judgeCheck({ ...check, refuses: [400] }, 400)).toBe('refused');
});

describe('providersInEnvironment', () => {
  test('a set key opens its provider, an empty one does not, a file counts', () => {
    expect(
      providersInEnvironment({ OPENAI_API_KEY: 'k', GROQ_API_KEY: '', XAI_API_KEY: ' ', MISTRAL_API_KEY_FILE: '/run/key' }),
    ).toEqual([
      { provider: 'mistral', variable: 'MISTRAL_API_KEY', baseUrl: null },
      { provider: 'openai', variable: 'OPENAI_API_KEY', baseUrl: null },
    ]);
  });

  test('a base URL of the environment is taken where it is one', () => {
    const baseUrl = (text: string) => providersInEnvironment({ OPENAI_API_KEY: 'k', OPENAI_BASE_URL: text })[0]?.baseUrl;
    expect(baseUrl('http://127.0.0.1:1/v1/')).toBe('http://127.0.0.1:1/v1');
    for (const bad of ['', 'nonsense', 'file:///etc/passwd']) expect(baseUrl(bad)).toBeNull();
  });

  test('a base URL without a key opens nothing but a provider that needs none', () => {
    expect(providersInEnvironment({ OPENAI_BASE_URL: 'http://x/v1', OLLAMA_HOST: 'box' })).toEqual([
      { provider: 'ollama', variable: null, baseUrl: 'http://box:11434' },
    ]);
  });

  test('a provider with settings is opened when all that it needs are there', () => {
    const account = '0123456789abcdef0123456789abcdef';
    expect(providersInEnvironment({ CLOUDFLARE_API_TOKEN: 'k' })).toEqual([]);
    expect(providersInEnvironment({ CLOUDFLARE_API_TOKEN: 'k', CLOUDFLARE_ACCOUNT_ID: 'no account' })).toEqual([]);
    expect(providersInEnvironment({ CLOUDFLARE_API_TOKEN: 'k', CLOUDFLARE_ACCOUNT_ID: ` ${account} ` })).toEqual([
      { provider: 'cloudflare', variable: 'CLOUDFLARE_API_TOKEN', baseUrl: null, settings: { account_id: account } },
    ]);
    expect(providersInEnvironment({ AZURE_OPENAI_API_KEY: 'k' })).toEqual([]);
    expect(providersInEnvironment({ AZURE_OPENAI_API_KEY: 'k', AZURE_OPENAI_ENDPOINT: 'https://x.openai.azure.com/' })).toEqual([
      { provider: 'azure-openai', variable: 'AZURE_OPENAI_API_KEY', baseUrl: 'https://x.openai.azure.com' },
    ]);
  });

  test('an empty environment opens nothing, and no value of a key comes out', () => {
    expect(providersInEnvironment({})).toEqual([]);
    const keys = Object.fromEntries(PROVIDERS.flatMap((row) => row.keyVariables.map((name) => [name, 'sk-canary'])));
    expect(JSON.stringify(providersInEnvironment(keys))).not.toContain('canary');
  });
});

test('every form of OLLAMA_HOST', () => {
  const forms: Record<string, string | null> = {
    box: 'http://box:11434',
    'box:80': 'http://box',
    'box:9000': 'http://box:9000',
    ':9000': 'http://127.0.0.1:9000',
    '0.0.0.0': 'http://127.0.0.1:11434',
    '0.0.0.0:9000': 'http://127.0.0.1:9000',
    '[::]:9000': 'http://[::1]:9000',
    'https://ollama.example': 'https://ollama.example',
    'http://box:11434/': 'http://box:11434',
    'http://box:11434/v1': 'http://box:11434',
    'https://box/ollama': 'https://box/ollama',
    'https://box/ollama/v1/': 'https://box/ollama',
    '': null,
    'ftp://box': null,
    'http://user:password@box': null,
    'a b': null,
  };
  for (const [text, expected] of Object.entries(forms)) expect(ollamaBaseUrl(text), text).toBe(expected);
});

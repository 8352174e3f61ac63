import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ProviderAuthSchema, UpstreamProviderSchema } from '@tollgate/contracts';
import { describe, expect, test } from 'vitest';
import { COMPATIBLE_PROVIDERS } from './compatible.js';
import { renderDocs, renderRegistry } from './generate-registry.js';
import { findProvider, PROVIDER_NAMES, PROVIDERS, providersInEnvironment } from './index.js';
import { ollamaBaseUrl } from './ollama-base-url.js';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

describe('rows', () => {
  test('every row is a usable upstream', () => {
    for (const row of PROVIDERS) {
      const upstream = { ...row, id: 'prov_x', headers: {}, allowPrivateNetwork: row.localByDefault };
      expect(UpstreamProviderSchema.safeParse(upstream).error).toBeUndefined();
      expect(ProviderAuthSchema.safeParse(row.auth).success).toBe(true);
      expect(row.name).toMatch(/^[a-z][a-z0-9-]*$/);
      expect(row.baseUrl).not.toMatch(/\/$/);
      expect(row.docs).toMatch(/^https:\/\//);
      if (!row.localByDefault && row.name !== 'demo') expect(row.baseUrl).toMatch(/^https:\/\//);
      if (row.auth.type !== 'none') expect(row.keyVariables.length).toBeGreaterThan(0);
    }
  });

  test('names and variables are unique', () => {
    expect(new Set(PROVIDER_NAMES).size).toBe(PROVIDERS.length);
    expect(PROVIDERS.map((row) => row.name)).toEqual([...PROVIDER_NAMES]);
    const variables = PROVIDERS.flatMap((row) => row.keyVariables);
    expect(new Set(variables).size).toBe(variables.length);
  });

  test('found by name, and only by its own', () => {
    expect(findProvider('groq')?.baseUrl).toBe('https://api.groq.com/openai/v1');
    for (const name of ['', 'Groq', '__proto__', 'constructor']) expect(findProvider(name)).toBeUndefined();
  });
});

test('the generated files are what the rows say', () => {
  const folders = readdirSync(here('.'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && readdirSync(here(`./${entry.name}`)).includes('provider.ts'))
    .map((entry) => entry.name);
  expect(readFileSync(here('./registry.gen.ts'), 'utf8')).toBe(renderRegistry(COMPATIBLE_PROVIDERS, folders));
  expect(readFileSync(here('../../../docs/providers.md'), 'utf8')).toBe(renderDocs(PROVIDERS));
});

describe('providersInEnvironment', () => {
  test('a set key opens its provider, an empty one does not, a file counts', () => {
    expect(
      providersInEnvironment({ OPENAI_API_KEY: 'k', GROQ_API_KEY: '', XAI_API_KEY: ' ', MISTRAL_API_KEY_FILE: '/run/key' }),
    ).toEqual([
      { provider: 'openai', variable: 'OPENAI_API_KEY', baseUrl: null },
      { provider: 'mistral', variable: 'MISTRAL_API_KEY', baseUrl: null },
    ]);
  });

  test('a base URL of the environment is taken where it is one', () => {
    const baseUrl = (text: string) => providersInEnvironment({ OPENAI_API_KEY: 'k', OPENAI_BASE_URL: text })[0]?.baseUrl;
    expect(baseUrl('http://127.0.0.1:1/v1/')).toBe('http://127.0.0.1:1/v1');
    for (const bad of ['', 'nonsense', 'file:///etc/passwd']) expect(baseUrl(bad)).toBeNull();
  });

  test('a base URL without a key opens nothing but a provider that needs none', () => {
    expect(providersInEnvironment({ OPENAI_BASE_URL: 'http://x/v1', OLLAMA_HOST: 'box' })).toEqual([
      { provider: 'ollama', variable: null, baseUrl: 'http://box:11434/v1' },
    ]);
  });

  test('an empty environment opens nothing, and no value comes out', () => {
    expect(providersInEnvironment({})).toEqual([]);
    expect(JSON.stringify(providersInEnvironment({ OPENAI_API_KEY: 'sk-canary' }))).not.toContain('canary');
  });
});

test('every form of OLLAMA_HOST', () => {
  const forms: Record<string, string | null> = {
    box: 'http://box:11434/v1',
    'box:80': 'http://box/v1',
    'box:9000': 'http://box:9000/v1',
    ':9000': 'http://127.0.0.1:9000/v1',
    '0.0.0.0': 'http://127.0.0.1:11434/v1',
    '0.0.0.0:9000': 'http://127.0.0.1:9000/v1',
    '[::]:9000': 'http://[::1]:9000/v1',
    'https://ollama.example': 'https://ollama.example/v1',
    'http://box:11434/': 'http://box:11434/v1',
    'https://box/ollama': 'https://box/ollama/v1',
    '': null,
    'ftp://box': null,
    'http://user:password@box': null,
    'a b': null,
  };
  for (const [text, expected] of Object.entries(forms)) expect(ollamaBaseUrl(text), text).toBe(expected);
});

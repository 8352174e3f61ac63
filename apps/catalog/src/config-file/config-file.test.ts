import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { configJsonSchema } from './config-json-schema.js';
import { readConfig } from './read-config.js';
import { resolveConfig } from './resolve-config.js';

const NOW = new Date('2026-11-23T12:00:00Z');
const problems = async (text: string, variables: Record<string, string> = {}): Promise<string[]> => {
  const reading = readConfig(text);
  const list = reading.ok ? await resolveConfig(reading, variables, NOW) : reading;
  return list.ok ? [] : list.problems.map(({ line, message }) => `${line} ${message}`);
};
const resolved = async (text: string, variables: Record<string, string> = {}) => {
  const reading = readConfig(text);
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  const resolution = await resolveConfig(reading, variables, NOW);
  if (!resolution.ok) throw new Error(JSON.stringify(resolution.problems));
  return resolution.config;
};

test('the published schema is what the reader accepts', async () => {
  const path = new URL('../../../../docs/tollgate.schema.json', import.meta.url);
  expect(readFileSync(path, 'utf8')).toBe(configJsonSchema());
});

test('every mistake comes with its line', async () => {
  const text = `version: 1
providers:
  Bad Name:
    base_url: http://x/v1
  own:
    base_ur: http://x/v1
routes:
  fast:
    targets: []
    retries: 99
models:
  nothing: {}
`;
  const found = await problems(text);
  expect(found.map((line) => Number(line.split(' ')[0])).sort((a, b) => a - b)).toEqual([3, 6, 9, 10, 12]);
  expect(found.join('\n')).toContain('providers.own.base_ur: is not a known field');
});

test('what is no YAML is told with its line, and so are doubled keys', async () => {
  expect((await problems('version: 1\nproviders: ['))[0]).toMatch(/^[23] /);
  expect((await problems('version: 1\nproviders:\n  own:\n    base_url: http://a\n  own:\n    base_url: http://b'))[0]).toMatch(
    /^5 /,
  );
});

test('an empty file, another version and a file that is no map are refused', async () => {
  for (const text of ['', '[]', 'version: 2', 'text', '- version: 1'])
    expect((await problems(text)).length, text).toBeGreaterThan(0);
});

test('what a person trips over is told with line and column, and how to mend it', () => {
  const told = (text: string): string => {
    const reading = readConfig(text);
    return reading.ok ? 'good' : reading.problems.map(({ line, column, message }) => `${line}:${column} ${message}`).join(' | ');
  };
  expect(told('')).toBe('1:1 the file is empty: write "version: 1", or take the file away');
  expect(told('# nothing\n')).toBe(told(''));
  expect(told('\nproviders: {}\n')).toBe('2:1 version is missing: write "version: 1" at the top');
  expect(told('providers: {}\nversion: 2\nnew_field: 1\n')).toBe(
    '2:1 version: this build reads version 1 only: write "version: 1"',
  );
  expect(told('- version: 1\n')).toMatch(/^1:1 must be a map/);
  expect(told('version: 1\nproviders:\n\town: {}\n')).toBe('3:1 a tab indents this line: YAML takes spaces only');
  expect(told('version: 1\nroutes: {}\nroutes: {}\n')).toBe('3:1 this field is there already: keep one');
  expect(told('version: 1\n---\nversion: 1\n')).toBe('2:1 a second document begins here: keep one per file');
  expect(told('version: 1\nproviders: *base\n')).toBe('2:12 this alias (*name) has no anchor (&name) before it');
  expect(told(`version: 1\n#${'x'.repeat(1_100_000)}`)).toBe('1:1 the file is larger than 1 MiB');
});

test('nesting without end is refused with its place, in every form and soon', () => {
  const since = performance.now();
  for (const text of [
    `version: 1\nproviders: ${'['.repeat(100_000)}`,
    `version: 1\nproviders: ${'{a: '.repeat(100_000)}`,
    `version: 1\nproviders:\n  ${'- '.repeat(50_000)}x\n`,
    `version: 1\n${Array.from({ length: 1_000 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join('')}`,
  ]) {
    const reading = readConfig(text);
    expect(reading.ok ? [] : reading.problems).toMatchObject([{ message: 'nested more than 50 levels deep' }]);
    expect(reading.ok ? 0 : (reading.problems[0]?.line ?? 0)).toBeGreaterThan(1);
  }
  expect(performance.now() - since).toBeLessThan(10_000);
});

test('a file of aliases that grows without end is refused', async () => {
  const lines = Array.from(
    { length: 9 },
    (_, i) => `a${i + 1}: &a${i + 1} [${Array.from({ length: 9 }, () => `*a${i}`).join(', ')}]`,
  );
  expect((await problems(['a0: &a0 [x, x]', ...lines].join('\n')))[0]).toBe(
    '2 aliases (*name) stand for more than 100 copies: write them out',
  );
});

test('a value is never repeated in a problem', async () => {
  const text = 'version: 1\nproviders:\n  own:\n    base_url: ftp://sk-canary\n    credential: [sk-canary]\n';
  expect((await problems(text)).join()).not.toContain('canary');
});

test('a vendor that Tollgate knows needs no address, another one does', async () => {
  expect((await resolved('version: 1\nproviders:\n  groq: {}\n')).providers[0]).toMatchObject({
    spec: { baseUrl: 'https://api.groq.com/openai/v1', allowPrivateNetwork: false, origin: 'file' },
    keys: [{ credential: { source: 'environment', variable: 'GROQ_API_KEY' }, weight: 1 }],
  });
  expect((await problems('version: 1\nproviders:\n  own: {}\n'))[0]).toBe(
    '3 providers.own: is not a provider that Tollgate knows: it needs a base_url',
  );
});

test('settings of a known vendor are put in, and what is wrong with them has its line', async () => {
  const region = '$' + '{REGION}';
  const text = `version: 1\nproviders:\n  bedrock:\n    settings:\n      region: "${region}"\n    credential: os.environ/AWS_KEY\n`;
  expect((await resolved(text, { REGION: 'eu-central-1' })).providers[0]?.spec).toMatchObject({
    baseUrl: 'https://bedrock-runtime.eu-central-1.amazonaws.com',
    auth: { type: 'sigv4', region: 'eu-central-1' },
  });
  expect(await problems(text, { REGION: 'canary/..' })).toEqual([
    '5 providers.bedrock.settings.region: is not usable: expected a region, for instance eu-central-1',
  ]);
  expect((await problems(text))[0]).toContain('providers.bedrock.settings.region: is missing');
  expect((await problems('version: 1\nproviders:\n  bedrock: {}\n'))[0]).toMatch(
    /^3 providers.bedrock.settings.region: is missing/,
  );
});

test('a server of one`s own takes a key where one is given', async () => {
  const auth = async (more: string) => (await resolved(`version: 1\nproviders:\n  vllm: {${more}}\n`)).providers[0]?.spec.auth;
  expect(await auth('')).toEqual({ type: 'none' });
  expect(await auth('credential: os.environ/VLLM_KEY')).toEqual({ type: 'bearer' });
});

test('both forms of a variable are references and anything else is a key', async () => {
  const credential = (text: string) =>
    resolved(`version: 1\nproviders:\n  own:\n    base_url: http://x/v1\n    credential: ${text}\n`);
  const ownKey = '$' + '{OWN_KEY}';
  expect((await credential(`"${ownKey}"`)).providers[0]?.keys[0]?.credential).toEqual({
    source: 'environment',
    variable: 'OWN_KEY',
  });
  expect((await credential('os.environ/OWN_KEY')).providers[0]?.keys[0]?.credential).toEqual({
    source: 'environment',
    variable: 'OWN_KEY',
  });
  const literal = await credential('sk-canary');
  expect(literal.providers[0]?.keys[0]?.credential).toEqual({ source: 'literal', secret: 'sk-canary' });
  expect(literal.warnings.map(({ line }) => line)).toEqual([5]);
  expect(JSON.stringify(literal.warnings)).not.toContain('canary');
});

test('a base URL takes variables; one that is not set is a mistake', async () => {
  const text = `version: 1\nproviders:\n  own:\n    base_url: http://127.0.0.1:${'$'}{OWN_PORT}/v1/\n    allow_private_network: true\n`;
  expect((await resolved(text, { OWN_PORT: '9' })).providers[0]?.spec).toMatchObject({
    baseUrl: 'http://127.0.0.1:9/v1',
    allowPrivateNetwork: true,
  });
  expect(await problems(text)).toEqual(['4 providers.own.base_url: names a variable that is not set']);
});

test('an address that is not public is a mistake unless it is said to be meant', async () => {
  const text = (more: string) => `version: 1\nproviders:\n  own: { base_url: "http://0x7f.1:9/v1"${more} }\n`;
  expect(await problems(text(''))).toEqual([
    '3 providers.own.base_url: is not on the public internet: set allow_private_network: true if it is meant',
  ]);
  expect(await problems(text(', allow_private_network: true'))).toEqual([]);
});

test('prices of the file are taken as they are written', async () => {
  const text =
    'version: 1\nproviders:\n  own: {base_url: "http://x/v1"}\nmodels:\n  own/m:\n    price: {input: 0.1, output: "0.40", cache_read: 1e-7}\n';
  expect((await resolved(text)).providers[0]?.models.find((model) => model.name === 'm')?.priceOverride).toMatchObject({
    source: 'file',
    input: '0.1',
    output: '0.40',
    cacheRead: '0.0000001',
  });
});

test('a model of a provider that the file does not declare is a mistake', async () => {
  expect(await problems('version: 1\nmodels:\n  openai/gpt: {}\n')).toEqual([
    '3 models.openai/gpt: the file declares no provider openai',
  ]);
});

test('the example of the README is a good file', async () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const example = /```yaml\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  expect((await resolved(example)).routes.map((route) => route.model)).toEqual(['fast']);
});

test('one key or several, not both', async () => {
  const text = `version: 1\nproviders:\n  own: { base_url: "https://x.example", credential: a, credentials: [{ credential: b }] }\n`;
  expect(await problems(text)).toEqual([expect.stringContaining('credentials: stands beside credential')]);
});

import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EnvironmentError } from '@tollgate/kernel';
import { openSecret, sealingKeyPair } from '@tollgate/policy';
import { waitFor } from '@tollgate/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { vendorTableUrl } from './prices/vendor-table.js';
import { type Bed, fetchView, newDatabase, openBed, sayHello } from './testing/open-bed.js';
import { attemptsOf } from './testing/plan-of.js';

let folder = '';
let path = '';
const open: Bed[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-'));
  path = join(folder, 'tollgate.yaml');
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((bed) => bed.close()));
  await rm(folder, { recursive: true, force: true });
});

const opened = async (text: string): Promise<Bed> => {
  await writeFile(path, text);
  const bed = await openBed({ configPath: path });
  open.push(bed);
  return bed;
};
const attempts = (bed: Bed, model: string) => attemptsOf(bed.transport, model);

const TWO = `version: 1
providers:
  near: { base_url: "http://127.0.0.1:9/v1", allow_private_network: true, credential: os.environ/NEAR_KEY }
  far: { base_url: "https://far.example/v1" }
models:
  near/small: { price: { input: "0.5", output: 1 }, context_tokens: 1000 }
routes:
  fast:
    retries: 2
    timeouts: { first_byte_ms: 1234 }
    targets:
      - { model: near/small }
      - { model: far/large, priority: 1 }
`;

test('providers, models, prices and aliases of the file can be called', async () => {
  const bed = await opened(TWO);
  expect(await attempts(bed, 'fast')).toEqual(['near/small', 'far/large', 'near/small']);
  expect(await attempts(bed, 'near/anything')).toEqual(['near/*', 'near/*']);
  const routing = await fetchView(bed.transport, 'routing');
  expect(routing.routes.find((route) => route.model === 'fast')).toMatchObject({
    maxAttempts: 3,
    timeouts: { firstByteMs: 1_234 },
  });
  expect(routing.deployments.find((deployment) => deployment.upstreamModel === 'small')).toMatchObject({
    contextTokens: 1_000,
    price: { source: 'file', currency: 'USD', input: '0.5', output: '1' },
  });
  const upstreams = await fetchView(bed.transport, 'upstreams');
  expect(upstreams.providers.find(({ name }) => name === 'near')).toMatchObject({ allowPrivateNetwork: true });
  expect(upstreams.providers.find(({ name }) => name === 'far')).toMatchObject({
    allowPrivateNetwork: false,
    auth: { type: 'none' },
  });
  expect(upstreams.credentials).toContainEqual(expect.objectContaining({ source: 'environment', variable: 'NEAR_KEY' }));
});

test('a change is taken, whether written in place or put in its place; a broken one is not, and the last good one stays', async () => {
  const bed = await opened(TWO);
  await writeFile(path, TWO.replace('  fast:', '  quick:'));
  await waitFor(async () => (await attempts(bed, 'quick'))[0] === 'near/small');
  expect(await attempts(bed, 'fast')).toEqual(['model_not_found']);

  await writeFile(path, `${TWO}nonsense: true\n`);
  await waitFor(() => bed.catalog.configFile?.state().ready === false);
  expect(bed.catalog.configFile?.state().detail).toBe(`${path}:14:1: nonsense: is not a known field`);
  expect(await attempts(bed, 'quick')).toContain('near/small');

  await writeFile(`${path}.new`, TWO.replace('  fast:', '  third:'));
  await rename(`${path}.new`, path);
  await waitFor(async () => (await attempts(bed, 'third'))[0] === 'near/small');
  expect(bed.catalog.configFile?.state()).toEqual({ ready: true, detail: 'applied' });
});

test('a file without a provider takes its models and routes away; the demo stays', async () => {
  const bed = await opened(TWO);
  await writeFile(path, 'version: 1\n');
  await waitFor(async () => (await attempts(bed, 'near/small'))[0] === 'model_not_found');
  expect(await attempts(bed, 'fast')).toEqual(['model_not_found']);
  expect(await attempts(bed, 'demo/echo')).toEqual(['demo/echo', 'demo/echo']);
});

test('a broken or missing file ends the start with one line that names file and line', async () => {
  const database = await newDatabase();
  try {
    const start = async (): Promise<unknown> => openBed({ configPath: path, database }).catch((error: unknown) => error);
    const missing = await start();
    expect(missing).toBeInstanceOf(EnvironmentError);
    expect((missing as EnvironmentError).problems).toEqual([
      `${path} cannot be read (ENOENT): mend TOLLGATE_CONFIG or the file.`,
    ]);
    await writeFile(path, 'version: 1\nproviders:\n  own: {}\n');
    const broken = await start();
    expect(broken).toBeInstanceOf(EnvironmentError);
    expect((broken as EnvironmentError).problems).toEqual([
      `${path}:3:3: providers.own: is not a provider that Tollgate knows: it needs a base_url`,
    ]);
  } finally {
    await database.drop();
  }
});

test('a route may name a provider that the adapters bring later', async () => {
  const bed = await opened(
    'version: 1\nroutes:\n  cheap:\n    targets: [{ model: openai/gpt-4o-mini }, { model: "openai/ft:own", priority: 1 }]\n',
  );
  expect(await attempts(bed, 'cheap')).toEqual(['model_not_found']);
  await sayHello(bed, [{ provider: 'openai', variable: 'OPENAI_API_KEY', baseUrl: null }]);
  await waitFor(async () => (await attempts(bed, 'cheap'))[0] !== 'model_not_found');
  expect(await attempts(bed, 'cheap')).toEqual(['openai/gpt-4o-mini', 'openai/ft:own']);
});

test('the file wins over the environment and gives the provider back when it lets go', async () => {
  const hello = [{ provider: 'openai', variable: 'OPENAI_API_KEY', baseUrl: null }];
  const bed = await opened(
    'version: 1\nproviders:\n  openai: { base_url: "http://127.0.0.1:9/v1", allow_private_network: true }\n',
  );
  await sayHello(bed, hello);
  const baseUrl = async (): Promise<string | undefined> =>
    (await fetchView(bed.transport, 'upstreams')).providers.find(({ name }) => name === 'openai')?.baseUrl;
  expect(await baseUrl()).toBe('http://127.0.0.1:9/v1');
  await writeFile(path, 'version: 1\n');
  await waitFor(async () => (await baseUrl()) === 'https://api.openai.com/v1');
  expect(await attempts(bed, 'openai/gpt-4o-mini')).toContain('openai/gpt-4o-mini');
});

test('a key in the file is sealed once an adapter is there, opens with its private key alone, and reading again changes nothing', async () => {
  const secret = 'sk-canary-in-the-file';
  const text = `version: 1\nproviders:\n  own: { base_url: "http://x.example/v1", credential: "${secret}" }\n`;
  const bed = await opened(text);
  expect(await attempts(bed, 'own/m')).toEqual(['model_not_found']);
  await sayHello(bed, []);
  await waitFor(async () => (await attempts(bed, 'own/m'))[0] === 'own/*');
  const find = async () => (await fetchView(bed.transport, 'upstreams')).credentials.find(({ source }) => source === 'sealed');
  const credential = await find();
  if (credential?.source !== 'sealed') throw new Error('no sealed credential');
  expect(openSecret(bed.privateKey, credential.sealed, credential.id)).toBe(secret);
  const { revision } = await bed.catalog.store.state();
  await writeFile(path, `${text}# a remark\n`);
  await bed.catalog.configFile?.check();
  expect((await bed.catalog.store.state()).revision).toBe(revision);

  const nextKey = randomBytes(32);
  await sayHello(bed, [], sealingKeyPair(nextKey));
  await waitFor(async () => {
    const next = await find();
    return next?.source === 'sealed' && openSecret(nextKey, next.sealed, next.id) === secret;
  });
});

test('a table that changes reprices the models of a vendor in the file, without a word of the file changed', async () => {
  await writeFile(path, 'version: 1\nproviders:\n  groq: {}\n');
  const bed = await openBed({ configPath: path, variables: { TOLLGATE_PRICES_DIR: folder } });
  open.push(bed);
  const priceNow = async () => {
    const { deployments } = await fetchView(bed.transport, 'routing');
    return deployments.find(({ upstreamModel }) => upstreamModel === 'llama-3.1-8b-instant')?.price?.input;
  };
  expect(await priceNow()).not.toBe('123');
  const table = JSON.parse(await readFile(vendorTableUrl('groq'), 'utf8'));
  for (const model of table.models) model.prices = { input_mtok: 123, output_mtok: 456 };
  await writeFile(join(folder, 'groq.json'), JSON.stringify(table));
  await bed.catalog.configFile?.pricesChanged();
  expect(await priceNow()).toBe('123');
});

test('several keys of a provider share its calls by weight; limits, weight and timeouts of the file reach the routers', async () => {
  const text = (keys: string): string => `version: 1
providers:
  near:
    base_url: "http://127.0.0.1:9/v1"
    allow_private_network: true
    timeouts: { idle_ms: 4000 }
    ${keys}
models:
  near/small: { limits: { concurrent_calls: 3 }, weight: 2, timeouts: { first_byte_ms: 7000 } }
`;
  const bed = await opened(text('credentials: [{ credential: os.environ/ONE }, { credential: os.environ/TWO, weight: 4 }]'));
  const targets = async () =>
    (await fetchView(bed.transport, 'routing')).routes.find(({ model }) => model === 'near/small')?.targets;
  const before = await targets();
  expect(before?.map(({ weight }) => weight)).toEqual([2, 8]);
  const { deployments } = await fetchView(bed.transport, 'routing');
  const small = deployments.filter(({ upstreamModel }) => upstreamModel === 'small');
  expect(small.map(({ pool }) => pool)).toEqual([small[0]?.id, small[0]?.id]);
  for (const one of small) {
    expect(one).toMatchObject({ limits: { concurrentCalls: 3 }, timeouts: { firstByteMs: 7_000, idleMs: 4_000 } });
  }
  await writeFile(path, text('credential: os.environ/ONE'));
  await bed.catalog.configFile?.check();
  const after = await targets();
  expect(after?.map(({ deploymentId }) => deploymentId)).toEqual([before?.[0]?.deploymentId]);
});

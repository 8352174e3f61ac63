import {
  type CatalogChanged,
  CatalogChangedSchema,
  RoutingSnapshotSchema,
  SUBJECTS,
  UpstreamsSnapshotSchema,
} from '@tollgate/contracts';
import { decodeJson } from '@tollgate/kernel';
import { applyDelta, indexSnapshot, priceUsage } from '@tollgate/policy';
import { waitFor } from '@tollgate/testing';
import { afterEach, expect, test } from 'vitest';
import { ensureDeployment } from './store/ensure-deployment.js';
import { putRoute } from './store/put-route.js';
import { type Bed, fetchView, newDatabase, openBed, sayHello } from './testing/open-bed.js';
import { planOf } from './testing/plan-of.js';
import { DEFAULT_TIMEOUTS } from './views/route-defaults.js';

const open: Bed[] = [];
const openOne = async (...options: Parameters<typeof openBed>): Promise<Bed> => {
  const bed = await openBed(...options);
  open.push(bed);
  return bed;
};
afterEach(async () => {
  await Promise.all(open.splice(0).map((bed) => bed.close()));
});

const OPENAI = { provider: 'openai', variable: 'OPENAI_API_KEY', baseUrl: null };
const GROQ = { provider: 'groq', variable: 'GROQ_API_KEY', baseUrl: null };

test('the demo models are there from the start, priced, and need no credential', async () => {
  const bed = await openOne();
  const made = await planOf(bed.transport, 'demo/echo');
  if (!made.ok) throw new Error(made.reason);
  const [deployment] = made.attempts;
  expect(deployment).toMatchObject({ provider: 'demo', upstreamModel: 'echo', price: { source: 'demo', input: '0.10' } });
  const upstreams = await fetchView(bed.transport, 'upstreams');
  const { providerId, credentialId } = upstreams.deployments.find(({ id }) => id === deployment?.id) ?? {};
  expect(upstreams.providers.find(({ id }) => id === providerId)).toMatchObject({ name: 'demo', baseUrl: 'demo:' });
  expect(upstreams.credentials).toContainEqual({ id: credentialId, source: 'none' });
});

test('providers of the adapters environment are registered with their models, prices and a wildcard', async () => {
  const bed = await openOne();
  await sayHello(bed, [OPENAI, GROQ]);
  const known = await planOf(bed.transport, 'openai/gpt-4o-mini');
  if (!known.ok) throw new Error(known.reason);
  const [deployment] = known.attempts;
  expect(deployment?.contextTokens).toBe(128_000);
  const usage = { input: 1_000, cacheRead: 0, cacheWrite: 0, inputAudio: 0, output: 1_000, reasoning: 0, outputAudio: 0 };
  expect(priceUsage(deployment?.price ?? null, usage)).toEqual({ amount: '0.00075', currency: 'USD' });
  const unknown = await planOf(bed.transport, 'openai/some-model-of-tomorrow');
  expect(unknown.ok && unknown.attempts[0]).toMatchObject({ upstreamModel: '*', price: null });
  const upstreams = await fetchView(bed.transport, 'upstreams');
  expect(upstreams.credentials).toContainEqual(expect.objectContaining({ source: 'environment', variable: 'OPENAI_API_KEY' }));
  const routing = await fetchView(bed.transport, 'routing');
  expect(routing.routes.filter((route) => route.listed && route.model.startsWith('openai/')).length).toBeGreaterThan(30);
});

test('a process that holds the adapters too is not ready before what they offer can be called', async () => {
  const bed = await openOne();
  const adapters = () => bed.handle.readiness.report().checks['adapters'];
  expect(adapters()).toEqual({ ready: false, detail: 'what they offer is not known yet' });
  expect(bed.handle.readiness.report().ready).toBe(false);
  await sayHello(bed, [OPENAI]);
  expect(adapters()).toEqual({ ready: true, detail: 'registered' });
  expect(await planOf(bed.transport, 'openai/gpt-4.1')).toMatchObject({ ok: true });
});

test('both views are valid and of one revision', async () => {
  const bed = await openOne();
  await sayHello(bed, [OPENAI]);
  const routing = RoutingSnapshotSchema.parse(await fetchView(bed.transport, 'routing'));
  const upstreams = UpstreamsSnapshotSchema.parse(await fetchView(bed.transport, 'upstreams'));
  expect([upstreams.epoch, upstreams.revision]).toEqual([routing.epoch, routing.revision]);
  expect(new Set(upstreams.deployments.map(({ id }) => id))).toEqual(new Set(routing.deployments.map(({ id }) => id)));
});

test('hearing the same again changes nothing; a provider that vanishes is off, and comes back under its own id', async () => {
  const bed = await openOne();
  await sayHello(bed, [OPENAI]);
  const before = await fetchView(bed.transport, 'routing');
  await sayHello(bed, [OPENAI]);
  expect((await fetchView(bed.transport, 'routing')).revision).toBe(before.revision);
  await sayHello(bed, []);
  expect(await planOf(bed.transport, 'openai/gpt-4o-mini')).toMatchObject({ ok: false });
  expect(await planOf(bed.transport, 'demo/chat')).toMatchObject({ ok: true });
  await sayHello(bed, [OPENAI]);
  const after = await fetchView(bed.transport, 'routing');
  expect(after.deployments).toEqual(before.deployments);
});

test('a second start on the same data keeps ids and revision', async () => {
  const database = await newDatabase();
  try {
    const first = await openBed({ database });
    await sayHello(first, [OPENAI]);
    const before = await fetchView(first.transport, 'routing');
    await first.close();
    const second = await openOne({ database });
    await sayHello(second, [OPENAI]);
    expect(await fetchView(second.transport, 'routing')).toEqual(before);
    await second.close();
    open.splice(0);
  } finally {
    await database.drop();
  }
});

test('an adapter that is there before the catalogue is asked to describe itself', async () => {
  const bed = await openOne();
  const hello = { v: 1, instance: 'early', sealingKey: { id: 'x', publicKey: 'y' }, environmentProviders: [GROQ] };
  bed.transport.respond('upstream.v1.describe', 'provider-adapters', async () => new TextEncoder().encode(JSON.stringify(hello)));
  await waitFor(async () => (await planOf(bed.transport, 'groq/anything')).ok);
});

test('what cannot be read as a hello changes nothing', async () => {
  const bed = await openOne();
  const before = await fetchView(bed.transport, 'routing');
  for (const text of ['', '{}', 'nonsense', '{"v":2}', 'null'])
    bed.transport.publish(SUBJECTS.adapterHello, new TextEncoder().encode(text));
  await sayHello(bed, [{ provider: 'a-vendor-of-tomorrow', variable: 'X', baseUrl: null }]);
  expect(await fetchView(bed.transport, 'routing')).toEqual(before);
});

test('concurrent writes from two replicas give gapless revisions, and the deltas lead to what a fresh snapshot says', async () => {
  const database = await newDatabase();
  const one = await openBed({ database });
  const two = await openBed({ database });
  try {
    await sayHello(one, [GROQ]);
    const start = await fetchView(one.transport, 'routing');
    const heard: CatalogChanged[] = [];
    for (const { transport } of [one, two]) {
      transport.subscribe(SUBJECTS.catalogChanged, (message) => {
        const change = CatalogChangedSchema.parse(decodeJson(message.body));
        if (change.to > change.from) heard.push(change);
      });
    }
    const models = Array.from({ length: 30 }, (_, i) => `alias-${i % 12}`);
    await Promise.all(
      models.map((model, i) =>
        [one, two][i % 2]?.catalog.store.write(async (session) => {
          const target = await ensureDeployment(session, `groq/model-${i % 5}`, 'api');
          if (target === null) throw new Error('groq is gone');
          if (i % 4 === 3) await session.query('DELETE FROM catalog.routes WHERE model = $1', [model]);
          else {
            const targets = [{ deploymentId: target, priority: 0, weight: 1 + i }];
            await putRoute(session, {
              model,
              organisationId: null,
              targets,
              strategy: 'weighted',
              fallbacks: [],
              maxAttempts: 2,
              timeouts: DEFAULT_TIMEOUTS,
              listed: true,
              origin: 'api',
            });
          }
        }),
      ),
    );
    await waitFor(() => heard.length > 0);
    const end = await fetchView(two.transport, 'routing');
    heard.sort((a, b) => a.to - b.to);
    expect(heard.map((change) => [change.from, change.to])).toEqual(
      Array.from({ length: end.revision - start.revision }, (_, i) => [start.revision + i, start.revision + i + 1]),
    );
    let index = indexSnapshot(start);
    for (const change of heard) {
      const next = applyDelta(index, change);
      if (next === 'refetch') throw new Error('a gap');
      index = next;
    }
    const fresh = indexSnapshot(end);
    expect(index.revision).toBe(fresh.revision);
    expect(new Map([...index.routes].sort())).toEqual(new Map([...fresh.routes].sort()));
    expect(new Map([...index.deployments].sort())).toEqual(new Map([...fresh.deployments].sort()));
    expect(await fetchView(one.transport, 'routing')).toEqual(end);
  } finally {
    await one.close();
    await two.close();
    await database.drop();
  }
});

test('a failed write leaves neither a revision nor a trace', async () => {
  const bed = await openOne();
  const before = await fetchView(bed.transport, 'upstreams');
  const failing = bed.catalog.store.write(async (session) => {
    await session.query('UPDATE catalog.providers SET title = $1, base_url = $1', ['http://elsewhere']);
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(await fetchView(bed.transport, 'upstreams')).toEqual(before);
});

test('a heartbeat tells the revision, and what another replica committed is told by this one too', async () => {
  const database = await newDatabase();
  const quiet = await openBed({ database });
  const bed = await openBed({ database });
  try {
    const heard: CatalogChanged[] = [];
    bed.transport.subscribe(SUBJECTS.catalogChanged, (message) =>
      heard.push(CatalogChangedSchema.parse(decodeJson(message.body))),
    );
    await waitFor(() => heard.some((change) => change.from === change.to));
    // Another process, whose own transport reaches nobody here.
    await sayHello(quiet, [GROQ]);
    const { revision } = await quiet.catalog.store.state();
    await waitFor(() => heard.some((change) => change.to === revision && change.from === revision - 1));
  } finally {
    await bed.close();
    await quiet.close();
    await database.drop();
  }
});

test('a request for a view that does not exist is refused', async () => {
  const bed = await openOne();
  await expect(fetchView(bed.transport, 'secrets' as 'routing')).rejects.toThrow('application');
});

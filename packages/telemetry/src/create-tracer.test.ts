import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createTracer } from './create-tracer.js';
import type { TraceContext, Tracer } from './trace-context.js';
import { parseTraceparent } from './traceparent.js';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** Takes what an OTLP exporter sends: paths and raw protobuf bodies. */
async function receiver(): Promise<{ url: string; bodies: Buffer[] }> {
  const bodies: Buffer[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      bodies.push(Buffer.concat(chunks));
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => new Promise((resolve) => server.close(resolve)));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`, bodies };
}

const tracerOf = (exporterUrl: string | null, sampleRatio: number): Promise<Tracer> =>
  createTracer({ serviceName: 'test-service', exporterUrl, sampleRatio, randomBytes });

const record = (tracer: Tracer, context: TraceContext, name: string, errorCode?: string): void => {
  const failed = errorCode !== undefined;
  if (!tracer.wants(context, failed)) return;
  const times = { startMs: 1_700_000_000_000.25, endMs: 1_700_000_000_010.5 };
  tracer.record({
    context,
    name,
    kind: 'server',
    ...times,
    attributes: { 'tollgate.attempt': 1 },
    ...(failed ? { errorCode } : {}),
  });
};

test('a root is sampled at about the ratio, and what is below it follows', async () => {
  const tracer = await tracerOf(null, 0.1);
  let sampled = 0;
  for (let i = 0; i < 20_000; i += 1) {
    const root = tracer.start(null);
    if (root.sampled) sampled += 1;
    expect(tracer.child(root).sampled).toBe(root.sampled);
    expect(tracer.start(tracer.traceparent(root)).sampled).toBe(root.sampled);
  }
  expect(sampled).toBeGreaterThan(1_700);
  expect(sampled).toBeLessThan(2_300);
});

test('ratios 0 and 1 mean none and all', async () => {
  const [none, all] = await Promise.all([tracerOf(null, 0), tracerOf(null, 1)]);
  for (let i = 0; i < 1_000; i += 1) {
    expect(none.start(null).sampled).toBe(false);
    expect(all.start(null).sampled).toBe(true);
  }
});

test('ids are fresh, well-formed, and point at the caller', async () => {
  const tracer = await tracerOf(null, 0.5);
  const seen = new Set<string>();
  for (let i = 0; i < 5_000; i += 1) {
    const root = tracer.start(null);
    seen.add(root.traceId).add(root.spanId);
    expect(parseTraceparent(tracer.traceparent(root))).toEqual({
      traceId: root.traceId,
      spanId: root.spanId,
      sampled: root.sampled,
    });
    const next = tracer.start(tracer.traceparent(root));
    expect([next.traceId, next.parentSpanId]).toEqual([root.traceId, root.spanId]);
  }
  expect(seen.size).toBe(10_000);
});

test('without an exporter no span is wanted, failed or not', async () => {
  const tracer = await tracerOf(null, 1);
  expect(tracer.wants(tracer.start(null), true)).toBe(false);
  await tracer.shutdown();
});

test('sampled spans and failures of unsampled traces arrive; unsampled successes do not', async () => {
  const { url, bodies } = await receiver();
  const all = await tracerOf(url, 1);
  const sampled = all.start(null);
  record(all, sampled, 'sampled-call');
  record(all, all.child(sampled), 'sampled-child');
  await all.shutdown();
  const none = await tracerOf(url, 0);
  const unsampled = none.start(null);
  record(none, unsampled, 'quiet-call');
  record(none, none.child(unsampled), 'failed-call', 'upstream_timeout');
  await none.shutdown();

  const sent = Buffer.concat(bodies).toString('latin1');
  for (const word of ['sampled-call', 'sampled-child', 'failed-call', 'upstream_timeout', 'test-service'])
    expect(sent).toContain(word);
  expect(sent).not.toContain('quiet-call');
  const idOf = (context: TraceContext): string => Buffer.from(context.traceId, 'hex').toString('latin1');
  expect(sent).toContain(idOf(sampled));
  expect(sent).toContain(idOf(unsampled));
});

test('a receiver that is away holds nobody up', async () => {
  const tracer = await tracerOf('http://127.0.0.1:1/v1/traces', 1);
  record(tracer, tracer.start(null), 'lost');
  const since = performance.now();
  await tracer.shutdown();
  expect(performance.now() - since).toBeLessThan(5_000);
});

test('a receiver that refuses is reported', async () => {
  const server = createServer((_, response) => response.writeHead(400).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => new Promise((resolve) => server.close(resolve)));
  const problems: unknown[] = [];
  const exporterUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`;
  const settings = { serviceName: 'test', exporterUrl, sampleRatio: 1, randomBytes };
  const tracer = await createTracer({ ...settings, onExportError: (error) => problems.push(error) });
  record(tracer, tracer.start(null), 'lost');
  await tracer.shutdown();
  expect(problems).toHaveLength(1);
});

import { expect, test } from 'vitest';
import { createMetrics } from './create-metrics.js';
import { METRIC_NAMES } from './metric-names.js';
import { registerProcessMetrics } from './process-metrics.js';

test('counters, histograms and gauges are rendered in the text format', async () => {
  const metrics = createMetrics();
  metrics.counter('a_total', 'A', ['kind']).add({ kind: 'x' }, 2);
  metrics.counter('a_total', 'A', ['kind']).add({ kind: 'x' });
  metrics.histogram('b_seconds', 'B', ['route'], [0.1, 1]).observe({ route: '/' }, 0.5);
  let value = 1;
  metrics.gauge('c', 'C', () => value);
  value = 7;
  const text = await metrics.render();
  expect(text).toContain('a_total{kind="x"} 3');
  expect(text).toContain('b_seconds_bucket{le="1",route="/"} 1');
  expect(text).toMatch(/^c 7$/m);
});

test('two registries do not share counters', async () => {
  createMetrics().counter('a_total', 'A', []).add({});
  expect(await createMetrics().render()).not.toContain('a_total');
});

test('a name cannot be taken twice by different kinds', () => {
  const metrics = createMetrics();
  metrics.counter('a_total', 'A', []);
  expect(() => metrics.histogram('a_total', 'A', [], [1])).toThrow(/another kind/);
});

test('the process tells its CPU time, memory and event loop delay', async () => {
  const metrics = createMetrics();
  const { stop } = registerProcessMetrics(metrics);
  const text = await metrics.render();
  stop();
  expect(Number(/^process_cpu_user_seconds_total (\S+)$/m.exec(text)?.[1])).toBeGreaterThan(0);
  expect(Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1])).toBeGreaterThan(10_000_000);
  expect(text).toContain('nodejs_eventloop_lag_p99_seconds');
});

test('metric names follow the convention', () => {
  const names = Object.values(METRIC_NAMES);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^tollgate_[a-z_]+$/);
});

test('a histogram counts into cumulative buckets, with sum and count, and escapes what its labels say', async () => {
  const metrics = createMetrics();
  const histogram = metrics.histogram('d_seconds', 'D', ['route', 'kind'], [0.1, 1]);
  for (const value of [0.1, 0.5, 7]) histogram.observe({ kind: 'a "b"\\', route: '/' }, value);
  const labels = 'route="/",kind="a \\"b\\"\\\\"';
  expect(await metrics.render()).toBe(
    [
      '# HELP d_seconds D',
      '# TYPE d_seconds histogram',
      `d_seconds_bucket{le="0.1",${labels}} 1`,
      `d_seconds_bucket{le="1",${labels}} 2`,
      `d_seconds_bucket{le="+Inf",${labels}} 3`,
      `d_seconds_sum{${labels}} 7.6`,
      `d_seconds_count{${labels}} 3`,
      '',
    ].join('\n'),
  );
});

test('a label that the metric does not have is refused', () => {
  const counter = createMetrics().counter('a_total', 'A', ['kind']);
  expect(() => counter.add({ kind: 'x', other: 'y' } as never)).toThrow(/no label other/);
});

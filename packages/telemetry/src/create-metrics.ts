import { Gauge, Registry } from 'prom-client';
import { MetricCells } from './metric-cells.js';
import type { Labels, Metrics } from './metrics.js';

type AnyLabels = Labels<string>;

/** A registry of its own, so that two services in one test do not share counters. */
export function createMetrics(): Metrics {
  // Gauges are read at scrape time only; what is counted on the path of calls has cells of its own.
  const registry = new Registry();
  const cells = new Map<string, MetricCells>();
  const cellsOf = (name: string, help: string, labels: readonly string[], bounds: readonly number[] | null): MetricCells => {
    const known = cells.get(name);
    const kind = bounds === null ? 'counter' : 'histogram';
    if ((known !== undefined && known.kind !== kind) || registry.getSingleMetric(name) !== undefined)
      throw new Error(`Metric ${name} is already there as another kind`);
    if (known !== undefined) return known;
    const made = new MetricCells(name, help, [...labels], bounds === null ? null : [...bounds]);
    cells.set(name, made);
    return made;
  };
  return {
    counter: (name, help, labels) => {
      const counter = cellsOf(name, help, labels, null);
      return { add: (values, value = 1) => counter.add(values as AnyLabels, value) };
    },
    histogram: (name, help, labels, buckets) => {
      const histogram = cellsOf(name, help, labels, buckets);
      return { observe: (values, value) => histogram.observe(values as AnyLabels, value) };
    },
    gauge: (name, help, read) => {
      if (cells.has(name)) throw new Error(`Metric ${name} is already there as another kind`);
      if (registry.getSingleMetric(name) !== undefined) registry.removeSingleMetric(name);
      new Gauge({
        name,
        help,
        registers: [registry],
        async collect() {
          this.set(await read());
        },
      });
    },
    render: async () => {
      const gauges = await registry.metrics();
      return [gauges.trimEnd(), ...[...cells.values()].map((each) => each.render())].filter((text) => text !== '').join('\n');
    },
  };
}

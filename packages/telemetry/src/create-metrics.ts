import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Labels, Metrics } from './metrics.js';

type Instrument = Counter | Histogram | Gauge;

/** A registry of its own, so that two services in one test do not share counters. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const known = <T extends Instrument>(name: string, kind: abstract new (...args: never[]) => T): T | null => {
    const found = registry.getSingleMetric(name);
    if (found === undefined) return null;
    if (!(found instanceof kind)) throw new Error(`Metric ${name} is already there as another kind`);
    return found;
  };
  return {
    counter: (name, help, labels) => {
      const counter = known(name, Counter) ?? new Counter({ name, help, labelNames: [...labels], registers: [registry] });
      return { add: (values, value = 1) => counter.inc(values as Labels<string>, value) };
    },
    histogram: (name, help, labels, buckets) => {
      const histogram =
        known(name, Histogram) ??
        new Histogram({ name, help, labelNames: [...labels], buckets: [...buckets], registers: [registry] });
      return { observe: (values, value) => histogram.observe(values as Labels<string>, value) };
    },
    gauge: (name, help, read) => {
      if (known(name, Gauge) !== null) registry.removeSingleMetric(name);
      new Gauge({
        name,
        help,
        registers: [registry],
        async collect() {
          this.set(await read());
        },
      });
    },
    render: () => registry.metrics(),
  };
}

import { type Counter, type Histogram, LATENCY_BUCKETS, type Labels, METRIC_NAMES, type Metrics } from '@tollgate/telemetry';

interface Row {
  readonly call: Labels<'provider' | 'status'>;
  readonly provider: Labels<'provider'>;
}

/** What the adapters count. `status` is the upstream's, `none` where it never answered. */
export class CallMetrics {
  private readonly calls: Counter<'provider' | 'status'>;
  private readonly firstByte: Histogram<'provider'>;
  private readonly rows = new Map<string, Row>();

  constructor(metrics: Metrics, inFlight: () => number) {
    this.calls = metrics.counter(METRIC_NAMES.upstreamCalls, 'Requests to upstreams, by their status', ['provider', 'status']);
    this.firstByte = metrics.histogram(
      METRIC_NAMES.upstreamFirstByte,
      'Time to the first byte of an upstream',
      ['provider'],
      LATENCY_BUCKETS,
    );
    metrics.gauge(METRIC_NAMES.upstreamsOpen, 'Calls under way at the adapters', inFlight);
  }

  record(provider: string, status: number | null, firstByteMs: number | null): void {
    const key = `${provider} ${status}`;
    let row = this.rows.get(key);
    if (row === undefined) {
      row = { call: { provider, status: status === null ? 'none' : String(status) }, provider: { provider } };
      this.rows.set(key, row);
    }
    this.calls.add(row.call);
    if (firstByteMs !== null) this.firstByte.observe(row.provider, firstByteMs / 1000);
  }
}

import type { Clock } from '@tollgate/kernel';
import { type Counter, type Histogram, LATENCY_BUCKETS, METRIC_NAMES, type Metrics } from '@tollgate/telemetry';
import { isUnpriced } from '../ledger/rollup.js';
import { providerOf } from '../ledger/stored-usage.js';
import { type BatchResult, sizeOf, type UsageBatch } from '../ledger/usage-batch.js';

const SIZE_BUCKETS = [1, 5, 20, 50, 100, 250, 500, 1_000, 2_000, 5_000];

export class IngestMetrics {
  private readonly records: Counter<'result'>;
  private readonly unpriced: Counter<'provider'>;
  private readonly batchSize: Histogram<never>;
  private readonly commit: Histogram<never>;
  private readonly lag: Histogram<never>;

  constructor(
    metrics: Metrics,
    private readonly clock: Clock,
    waiting: () => number,
  ) {
    this.records = metrics.counter(METRIC_NAMES.usageRecords, 'Usage records taken in', ['result']);
    this.unpriced = metrics.counter(METRIC_NAMES.unpricedCalls, 'Calls of models without a price', ['provider']);
    this.batchSize = metrics.histogram(METRIC_NAMES.usageBatchSize, 'Usage records per transaction', [], SIZE_BUCKETS);
    this.commit = metrics.histogram(METRIC_NAMES.usageCommit, 'Time of a transaction of usage records', [], LATENCY_BUCKETS);
    this.lag = metrics.histogram(
      METRIC_NAMES.usageLag,
      'From the end of a call to the commit of its record',
      [],
      LATENCY_BUCKETS,
    );
    metrics.gauge(METRIC_NAMES.usageWaiting, 'Usage records waiting for a transaction', waiting);
  }

  async timed<T>(work: () => Promise<T>): Promise<T> {
    const start = this.clock.monotonic();
    const result = await work();
    this.commit.observe({}, (this.clock.monotonic() - start) / 1_000);
    return result;
  }

  committed(result: BatchResult, batch: UsageBatch): void {
    this.records.add({ result: 'stored' }, result.stored);
    this.records.add({ result: 'duplicate' }, result.duplicates);
    this.records.add({ result: 'replaced' }, result.replaced);
    this.batchSize.observe({}, sizeOf(batch));
    const now = this.clock.now();
    let latest = 0;
    for (const record of batch.records) {
      latest = Math.max(latest, now - record.startedAt - record.durationMs);
      if (isUnpriced(record)) this.unpriced.add({ provider: providerOf(record) });
    }
    if (batch.records.length > 0) this.lag.observe({}, Math.max(0, latest) / 1_000);
  }

  rejected(count: number): void {
    if (count > 0) this.records.add({ result: 'rejected' }, count);
  }

  refused(): void {
    this.records.add({ result: 'refused' });
  }
}

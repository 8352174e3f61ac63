import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { SUBJECTS, type UsageCommitted } from '@tollgate/contracts';
import { classifyDatabaseError } from '@tollgate/database';
import { type Clock, encodeJson } from '@tollgate/kernel';
import { CLOCK, dataSourceToken, LOGGER, METRICS, TRANSPORT } from '@tollgate/nest';
import type { Logger, Metrics } from '@tollgate/telemetry';
import type { Incoming, Subscription, Transport } from '@tollgate/transport';
import type { DataSource } from 'typeorm';
import { Partitions } from '../ledger/partitions.js';
import type { Rejection } from '../ledger/usage-batch.js';
import { BatchWriter } from './batch-writer.js';
import { commitSafely } from './commit-safely.js';
import { IngestMetrics } from './ingest-metrics.js';
import { readLines } from './read-lines.js';
import { readReport } from './read-report.js';

const BATCH_RECORDS_MAX = 1_000;
const QUEUE_RECORDS_MAX = 40_000;
/** Further transactions keep Postgres busy while we read what comes next; measured best of 1 to 3 on two cores. */
const CONCURRENCY = 3;

/** Takes usage from routers and adapters; answers after the commit, or not at all, and then they keep it. */
@Injectable()
export class UsageIngest implements OnModuleInit, OnApplicationShutdown {
  private readonly subscriptions: Subscription[] = [];
  private readonly writer: BatchWriter;
  private readonly metrics: IngestMetrics;

  constructor(
    @Inject(dataSourceToken('analytics')) dataSource: DataSource,
    @Inject(TRANSPORT) private readonly transport: Transport,
    @Inject(Partitions) private readonly partitions: Partitions,
    @Inject(METRICS) metrics: Metrics,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.metrics = new IngestMetrics(metrics, clock, () => this.writer.waiting);
    this.writer = new BatchWriter({
      commit: (batch) => this.metrics.timed(() => commitSafely({ dataSource, partitions, logger }, batch)),
      batchRecordsMax: BATCH_RECORDS_MAX,
      queueRecordsMax: QUEUE_RECORDS_MAX,
      concurrency: CONCURRENCY,
      onCommitted: (result, batch) => this.metrics.committed(result, batch),
    });
  }

  onModuleInit(): void {
    this.subscriptions.push(
      this.transport.respond(SUBJECTS.usageSettled, 'analytics', (message) => this.onSettled(message)),
      this.transport.respond(SUBJECTS.usageReported, 'analytics', (message) => this.onReported(message)),
    );
  }

  /** Last of all: in a shared process the router hands over what its spool holds in `onModuleDestroy`, and waits for our word. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.subscriptions.map((subscription) => subscription.drain()));
    await this.writer.whenIdle();
  }

  private async onSettled(message: Incoming): Promise<Uint8Array> {
    const { records, rejected } = readLines(message.body, this.partitions);
    const refused = await this.submit({ records, reports: [] });
    return this.answer(records.length - refused.length, [...rejected, ...refused]);
  }

  private async onReported(message: Incoming): Promise<Uint8Array> {
    const report = readReport(message.body, this.partitions);
    if (!report.ok) return this.answer(0, [report.error]);
    const refused = await this.submit({ records: [], reports: [report.value] });
    return this.answer(1 - refused.length, refused);
  }

  private async submit(batch: Parameters<BatchWriter['submit']>[0]): Promise<readonly Rejection[]> {
    try {
      return await this.writer.submit(batch);
    } catch (error) {
      const { kind, code, message } = classifyDatabaseError(error);
      this.logger.warn({ kind, code, message }, 'usage not stored: its sender keeps it');
      this.metrics.refused();
      throw error;
    }
  }

  private answer(committed: number, rejected: readonly Rejection[]): Uint8Array {
    for (const { id, reason } of rejected) this.logger.error({ requestId: id, reason }, 'usage record rejected');
    this.metrics.rejected(rejected.length);
    return encodeJson({ committed, rejected: [...rejected] } satisfies UsageCommitted);
  }
}

import { isConnectionError } from '@tollgate/database';
import { TollgateError } from '@tollgate/kernel';
import { type BatchResult, type Rejection, sizeOf, type UsageBatch } from '../ledger/usage-batch.js';

export interface BatchWriterSettings {
  /** Writes one batch; rejects where nothing of it is certain to be stored. */
  commit(batch: UsageBatch): Promise<BatchResult>;
  /** Records of one transaction at most (a single larger submission goes alone). */
  readonly batchRecordsMax: number;
  /** Records that may wait; beyond, submissions are refused at once, and routers keep them. */
  readonly queueRecordsMax: number;
  /** Transactions at the same time. */
  readonly concurrency: number;
  /** What a transaction of several submissions has done. */
  onCommitted?(result: BatchResult, batch: UsageBatch): void;
}

interface Job {
  readonly batch: UsageBatch;
  resolve(rejected: readonly Rejection[]): void;
  reject(error: unknown): void;
}

/** What comes while a transaction is under way goes together into the next: many small batches become few large ones. */
export class BatchWriter {
  private queue: Job[] = [];
  private queued = 0;
  private active = 0;
  private idleWaiters: (() => void)[] = [];

  constructor(private readonly settings: BatchWriterSettings) {}

  get waiting(): number {
    return this.queued;
  }

  /** Resolves after the commit, with what was rejected of this submission. */
  submit(batch: UsageBatch): Promise<readonly Rejection[]> {
    const size = sizeOf(batch);
    if (size === 0) return Promise.resolve([]);
    if (this.queued > 0 && this.queued + size > this.settings.queueRecordsMax) {
      return Promise.reject(new TollgateError('overloaded', 'Too many usage records are waiting.'));
    }
    return new Promise((resolve, reject) => {
      this.queue.push({ batch, resolve, reject });
      this.queued += size;
      this.pump();
    });
  }

  /** Resolves when nothing is under way. */
  whenIdle(): Promise<void> {
    if (this.active === 0 && this.queue.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.idleWaiters.push(resolve));
  }

  private pump(): void {
    while (this.active < this.settings.concurrency && this.queue.length > 0) {
      this.active += 1;
      void this.run(this.take());
    }
    if (this.active > 0) return;
    for (const resolve of this.idleWaiters.splice(0)) resolve();
  }

  private take(): Job[] {
    let size = 0;
    let count = 0;
    for (const job of this.queue) {
      const next = size + sizeOf(job.batch);
      if (count > 0 && next > this.settings.batchRecordsMax) break;
      size = next;
      count += 1;
    }
    this.queued -= size;
    return this.queue.splice(0, count);
  }

  private async run(jobs: readonly Job[]): Promise<void> {
    try {
      const batch = {
        records: jobs.flatMap((job) => job.batch.records),
        reports: jobs.flatMap((job) => job.batch.reports),
      };
      const result = await this.settings.commit(batch);
      this.settings.onCommitted?.(result, batch);
      for (const job of jobs) job.resolve(rejectedOf(job, result.rejected));
    } catch (error) {
      for (const job of jobs) job.reject(error);
      // Those behind would each wait for the same time-out: their senders keep them and come again.
      if (isConnectionError(error)) this.refuseWaiting(error);
    } finally {
      this.active -= 1;
      this.pump();
    }
  }

  private refuseWaiting(error: unknown): void {
    this.queued = 0;
    for (const job of this.queue.splice(0)) job.reject(error);
  }
}

function rejectedOf(job: Job, rejected: readonly Rejection[]): readonly Rejection[] {
  if (rejected.length === 0) return rejected;
  const ids = new Set([...job.batch.records, ...job.batch.reports].map(({ id }) => id));
  return rejected.filter(({ id }) => ids.has(id));
}

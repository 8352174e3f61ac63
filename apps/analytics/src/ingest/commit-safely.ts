import { classifyDatabaseError } from '@tollgate/database';
import { dayOfId } from '@tollgate/kernel';
import type { Logger } from '@tollgate/telemetry';
import type { DataSource } from 'typeorm';
import { commitBatch } from '../ledger/commit-batch.js';
import type { Partitions } from '../ledger/partitions.js';
import { type BatchResult, sizeOf, type UsageBatch } from '../ledger/usage-batch.js';

export interface CommitSettings {
  readonly dataSource: DataSource;
  readonly partitions: Partitions;
  readonly logger: Logger;
}

const ATTEMPTS = 4;

/** Where another transaction was in the way; the same batch goes through the next time. */
const PASSING: ReadonlySet<string | null> = new Set(['40001', '40P01', '55P03']);
/** A row without a partition. */
const NO_PARTITION = '23514';

/**
 * Commits the batch, whatever stands in it: a record that Postgres itself refuses is found by halving, and rejected by
 * name. Throws where Postgres cannot take anything now (out of reach, disk full ...): then nothing is to blame on a record.
 */
export async function commitSafely(settings: CommitSettings, batch: UsageBatch): Promise<BatchResult> {
  try {
    return await commitWithRetries(settings, batch);
  } catch (error) {
    if (!isFaultOfData(error)) throw error;
    if (sizeOf(batch) > 1) return commitHalves(settings, batch);
    const { code, message } = classifyDatabaseError(error);
    const id = batch.records[0]?.id ?? batch.reports[0]?.id ?? '';
    settings.logger.error({ requestId: id, code, message }, 'a usage record cannot be stored');
    return { stored: 0, duplicates: 0, replaced: 0, rejected: [{ id, reason: `Postgres refuses it (${code ?? 'unknown'})` }] };
  }
}

async function commitWithRetries(settings: CommitSettings, batch: UsageBatch): Promise<BatchResult> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await settings.partitions.ensure(new Set([...batch.records].map(({ id }) => dayOfId(id) ?? '')));
      return await commitBatch(settings.dataSource, batch);
    } catch (error) {
      const { code, message } = classifyDatabaseError(error);
      const noPartition = code === NO_PARTITION && message.startsWith('no partition');
      if (attempt >= ATTEMPTS || !(noPartition || PASSING.has(code))) throw error;
      if (noPartition) settings.partitions.forget();
      settings.logger.debug({ code, attempt }, 'usage batch tried again');
    }
  }
}

async function commitHalves(settings: CommitSettings, batch: UsageBatch): Promise<BatchResult> {
  const middleRecord = Math.ceil(batch.records.length / 2);
  const middleReport = batch.records.length === 0 ? Math.ceil(batch.reports.length / 2) : 0;
  const left = await commitSafely(settings, {
    records: batch.records.slice(0, middleRecord),
    reports: batch.reports.slice(0, middleReport),
  });
  const right = await commitSafely(settings, {
    records: batch.records.slice(middleRecord),
    reports: batch.reports.slice(middleReport),
  });
  return {
    stored: left.stored + right.stored,
    duplicates: left.duplicates + right.duplicates,
    replaced: left.replaced + right.replaced,
    rejected: [...left.rejected, ...right.rejected],
  };
}

/** Classes 22 (data), 23 (constraint) and 54 (limit of a row or index entry): https://www.postgresql.org/docs/18/errcodes-appendix.html */
const isFaultOfData = (error: unknown): boolean => {
  const { kind, code } = classifyDatabaseError(error);
  return kind === 'query' && code !== null && /^(22|23|54)...$/.test(code);
};

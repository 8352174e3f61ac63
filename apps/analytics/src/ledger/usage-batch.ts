import type { UsageCommitted, UsageRecord, UsageReport } from '@tollgate/contracts';

export type Rejection = UsageCommitted['rejected'][number];

/** What is written in one transaction. */
export interface UsageBatch {
  readonly records: readonly UsageRecord[];
  readonly reports: readonly UsageReport[];
}

export const sizeOf = (batch: UsageBatch): number => batch.records.length + batch.reports.length;

/** What became of a batch. */
export interface BatchResult {
  readonly stored: number;
  readonly duplicates: number;
  /** Rows that a better settlement or a report has changed. */
  readonly replaced: number;
  readonly rejected: readonly Rejection[];
}

import type { UsageReport } from '@tollgate/contracts';
import { dayOfId } from '@tollgate/kernel';
import type { Column } from './column.js';
import { rankOfReport } from './rank.js';

/** Columns of `usage_reports`; the rank stands beside the report, so that the statement itself can compare. */
export const REPORT_COLUMNS: readonly Column<UsageReport>[] = [
  { name: 'day', type: 'date', value: (report) => dayOfId(report.id) },
  { name: 'id', type: 'text', value: (report) => report.id },
  { name: 'attempt', type: 'integer', value: (report) => report.attempt },
  { name: 'basis_rank', type: 'smallint', value: (report) => rankOfReport(report)[0] },
  { name: 'total_tokens', type: 'bigint', value: (report) => rankOfReport(report)[1] },
  { name: 'duration_ms', type: 'double precision', value: (report) => rankOfReport(report)[2] },
  { name: 'report', type: 'jsonb', value: (report) => JSON.stringify(report) },
];

import { type Page, UsageRecordIdSchema, type UsageRecordsQuery, type UsageRecordView } from '@tollgate/contracts';
import { dayOfId, newId, TollgateError } from '@tollgate/kernel';
import { InvalidFieldsError } from '@tollgate/nest';
import type { DataSource } from 'typeorm';
import { RECORD_SELECT, type RecordRow, recordOfRow } from '../ledger/record-columns.js';
import { withQueryLimit } from './query-limit.js';
import type { UsageReach } from './read-usage.js';
import { recordView } from './record-view.js';

/** One page of the organisation's records, newest first; the cursor is the place of the last row, so rows that come later move nothing. */
export async function listRecords(
  dataSource: DataSource,
  { organisationId, teams }: UsageReach,
  query: UsageRecordsQuery,
): Promise<Page<UsageRecordView>> {
  const conditions = ['r.organisation_id = $1'];
  const parameters: unknown[] = [organisationId];
  const where = (column: string, operator: string, type: string, value: unknown): void => {
    conditions.push(`${column} ${operator} $${parameters.push(value)}::${type}`);
  };
  if (teams !== null) conditions.push(`r.team_id = ANY ($${parameters.push(teams)}::text[])`);
  // The day is what picks the partitions, the id what stands in them.
  const before = (id: string): void => {
    where('r.day', '<=', 'date', dayOfId(id));
    where('r.id', '<', 'text', id);
  };
  if (query.from !== undefined) {
    const first = idAt(query.from);
    where('r.day', '>=', 'date', dayOfId(first));
    where('r.id', '>=', 'text', first);
  }
  if (query.to !== undefined) before(idAt(query.to));
  if (query.cursor !== undefined) before(readCursor(query.cursor));
  for (const id of [query.id, query.request_id]) {
    if (id === undefined) continue;
    where('r.day', '=', 'date', dayOfId(id));
    where('r.id', '=', 'text', id);
  }
  if (query.token_id !== undefined) where('r.token_id', '=', 'text', query.token_id);
  if (query.model !== undefined) where('r.model', '=', 'text', query.model);
  if (query.outcome !== undefined) where('r.outcome', '=', 'text', query.outcome);
  if (query.client_request_id !== undefined) where('r.client_request_id', '=', 'text', query.client_request_id);
  parameters.push(query.limit + 1);
  const rows = await withQueryLimit(dataSource, (manager) =>
    manager.query<RecordRow[]>(
      `SELECT ${RECORD_SELECT} FROM analytics.usage_records r WHERE ${conditions.join(' AND ')}
       ORDER BY r.day DESC, r.id DESC LIMIT $${parameters.length}`,
      parameters,
    ),
  );
  const page = rows.slice(0, query.limit);
  const last = page.at(-1);
  const hasMore = rows.length > query.limit;
  return {
    data: page.map((row) => recordView(recordOfRow(row))),
    next_cursor: hasMore && last !== undefined ? Buffer.from(last.id).toString('base64url') : null,
    has_more: hasMore,
  };
}

/** The record of that id, where the caller reaches it; of another's there is none. */
export async function readRecord(dataSource: DataSource, reach: UsageReach, id: string): Promise<UsageRecordView> {
  const { data } = await listRecords(dataSource, reach, { id, limit: 1 });
  const [record] = data;
  if (record === undefined) throw new TollgateError('not_found', 'There is no such usage record.', { param: 'id' });
  return record;
}

/** The lowest id of a moment. Before 1970 and after 9999 there are none. */
const idAt = (ms: number): string =>
  newId('req', Math.min(Math.max(0, ms), 253_402_300_799_999), (length) => new Uint8Array(length));

function readCursor(cursor: string): string {
  const id = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!UsageRecordIdSchema.safeParse(id).success)
    throw new InvalidFieldsError([{ pointer: 'cursor', detail: 'is not one of ours' }]);
  return id;
}

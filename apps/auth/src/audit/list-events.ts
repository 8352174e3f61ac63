import type { AuditEventView, ListAuditEventsQuery, Page } from '@tollgate/contracts';
import { InvalidFieldsError } from '@tollgate/nest';
import { recordOf } from '@tollgate/policy';
import type { EntityManager } from 'typeorm';
import { type AuditRow, eventOfRow } from './read-audit.js';

/** Newest first; the cursor is the place of the last event seen, so a page costs the same wherever it stands. */
export async function listEvents(
  manager: EntityManager,
  tenant: string,
  query: ListAuditEventsQuery,
): Promise<Page<AuditEventView>> {
  const values: unknown[] = [tenant];
  const value = (given: unknown): string => `$${values.push(given)}`;
  const where = ['organisation_id = $1', ...conditionsOf(query, value)];
  if (query.cursor !== undefined) {
    const { time, seq } = readCursor(query.cursor);
    where.push(`(occurred_at, seq) < (${value(time)}::timestamptz, ${value(seq)}::bigint)`);
  }
  const rows: AuditRow[] = await manager.query(
    `SELECT * FROM auth.audit_events WHERE ${where.join(' AND ')} ORDER BY occurred_at DESC, seq DESC LIMIT ${value(query.limit + 1)}`,
    values,
  );
  const shown = rows.slice(0, query.limit).map(eventOfRow);
  const last = rows.length > query.limit ? shown.at(-1) : undefined;
  return {
    data: shown.map(recordOf),
    next_cursor: last === undefined ? null : Buffer.from(`${last.time} ${last.seq}`).toString('base64url'),
    has_more: last !== undefined,
  };
}

/** Each as an index has it; the text of a caller is only ever a parameter. */
function conditionsOf(query: ListAuditEventsQuery, value: (given: unknown) => string): readonly string[] {
  const { actor, target, action, decision, from, to } = query;
  const conditions: string[] = [];
  if (actor !== undefined) {
    const kind = /^[0-9A-Za-z]{12}$/.test(actor) ? 'publicId' : 'id';
    conditions.push(`(actor ->> '${kind}') COLLATE "C" = ${value(actor)}`);
  }
  if (target !== undefined) conditions.push(`(target ->> 'id') COLLATE "C" = ${value(target)}`);
  if (action?.endsWith('*')) {
    const prefix = action.slice(0, -1);
    // Actions are ASCII: whatever begins so lies between it and it with the highest byte after.
    conditions.push(`action COLLATE "C" >= ${value(prefix)} AND action COLLATE "C" < ${value(`${prefix}\u007f`)}`);
  } else if (action !== undefined) conditions.push(`action COLLATE "C" = ${value(action)}`);
  if (decision === 'denied') conditions.push("decision = 'denied'");
  if (decision === 'allowed') conditions.push("decision = 'allowed'");
  if (from !== undefined) conditions.push(`occurred_at >= ${value(from)}::timestamptz`);
  if (to !== undefined) conditions.push(`occurred_at < ${value(to)}::timestamptz`);
  return conditions;
}

const CURSOR = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (\d{1,15})$/;

function readCursor(cursor: string): { readonly time: string; readonly seq: number } {
  const [, time, seq] = CURSOR.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? [];
  if (time === undefined || seq === undefined || Number.isNaN(Date.parse(time))) {
    throw new InvalidFieldsError([{ pointer: 'cursor', detail: 'is not one of ours' }]);
  }
  return { time, seq: Number(seq) };
}

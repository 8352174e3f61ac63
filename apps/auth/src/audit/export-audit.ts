import type { ExportAuditQuery } from '@tollgate/contracts';
import {
  AUDIT_CSV_HEADER,
  AUDIT_EXPORT_FORMAT,
  AUDIT_START,
  type AuditKey,
  auditCsvLine,
  exportLine,
  hashCheckpoint,
  recordOf,
  signExportHeader,
} from '@tollgate/policy';
import type { DataSource, EntityManager } from 'typeorm';
import { readAuditKeys } from './audit-keys.js';
import {
  NO_CHECKPOINT,
  type NumberedCheckpoint,
  readAudit,
  readAuditHead,
  readCheckpoints,
  readSignedHead,
  type SignedHead,
} from './read-audit.js';

const PAGE = 500;

interface Place {
  readonly seq: number;
  readonly hash: string;
  readonly checkpoint: { readonly number: number; readonly hash: string };
}

/** What an export will hold: fixed at its start, whatever is added meanwhile. */
export interface ExportPlan {
  readonly tenant: string;
  readonly start: Place;
  readonly end: Place;
  readonly openEnd: boolean;
  readonly header: string;
}

export interface ExportNeeds {
  readonly dataSource: DataSource;
  readonly key: AuditKey;
  readonly now: number;
}

/** One snapshot of the database: head and checkpoints belong together. */
export function planExport(needs: ExportNeeds, tenant: string, query: ExportAuditQuery): Promise<ExportPlan> {
  return needs.dataSource.transaction('REPEATABLE READ', async (manager) => {
    const head = await readSignedHead(manager, tenant);
    const range = await rangeOf(manager, tenant, query, head);
    const start = await placeOf(manager, tenant, range.after);
    const openEnd = range.upTo === null;
    const end = range.upTo === null ? newest(head) : await placeOf(manager, tenant, range.upTo);
    const keys = await readAuditKeys(manager, needs.key);
    const header = signExportHeader(needs.key, {
      format: AUDIT_EXPORT_FORMAT,
      version: 1,
      tenant,
      exported_at: new Date(needs.now).toISOString(),
      open_end: openEnd,
      start: { seq: start.seq, hash: start.hash, checkpoint_hash: start.checkpoint.hash },
      end: { seq: end.seq, hash: end.hash, checkpoint_hash: end.checkpoint.hash },
      checkpoints: end.checkpoint.number - start.checkpoint.number,
      keys: keys.map(({ id, public_key }) => ({ id, public_key })),
    });
    return { tenant, start, end, openEnd, header: exportLine({ header }) };
  });
}

const newest = (head: SignedHead | null): Place =>
  head === null ? { ...AUDIT_START, checkpoint: NO_CHECKPOINT } : { seq: head.seq, hash: head.hash, checkpoint: head.checkpoint };

/** `upTo` null: to the newest. */
async function rangeOf(
  manager: EntityManager,
  tenant: string,
  query: ExportAuditQuery,
  head: SignedHead | null,
): Promise<{ readonly after: number; readonly upTo: number | null }> {
  const last = head?.seq ?? 0;
  let after = Math.min((query.from_seq ?? 1) - 1, last);
  let upTo = query.to_seq === undefined ? null : Math.min(query.to_seq, last);
  if (query.from !== undefined || query.to !== undefined) {
    const [row]: { first: string | null; last: string | null }[] = await manager.query(
      `SELECT min(seq) AS first, max(seq) AS last FROM auth.audit_events
       WHERE organisation_id = $1 AND occurred_at >= COALESCE($2::timestamptz, '-infinity')
         AND occurred_at < COALESCE($3::timestamptz, 'infinity')`,
      [tenant, query.from ?? null, query.to ?? null],
    );
    if (row === undefined || row.first === null || row.last === null) return { after: last, upTo: last };
    after = Math.max(after, Number(row.first) - 1);
    if (query.to !== undefined) upTo = Math.min(upTo ?? last, Number(row.last));
  }
  return { after, upTo: upTo === null ? null : Math.max(upTo, after) };
}

/** An event by its seq, with the last checkpoint up to it. */
async function placeOf(manager: EntityManager, tenant: string, seq: number): Promise<Place> {
  if (seq === 0) return { ...AUDIT_START, checkpoint: NO_CHECKPOINT };
  const [event] = await readAudit(manager, tenant, { after: seq - 1, upTo: seq, limit: 1 });
  const [last] = await readCheckpoints(manager, tenant, { seqMax: seq, newestFirst: true, limit: 1 });
  // The row may have been removed behind our back: the next event, or the head, tells what it was.
  const [next] = event === undefined ? await readAudit(manager, tenant, { after: seq, limit: 1 }) : [];
  const hash = event?.hash ?? (next?.seq === seq + 1 ? next.prevHash : (await readAuditHead(manager, tenant))?.hash);
  const checkpoint = last === undefined ? NO_CHECKPOINT : { number: last.number, hash: hashCheckpoint(last.view) };
  return { seq, hash: hash ?? AUDIT_START.hash, checkpoint };
}

/** The text of the export, a page of events at a time; holds no connection while the reader is slow. */
export async function* exportJsonLines(manager: EntityManager, plan: ExportPlan): AsyncGenerator<string> {
  yield plan.header;
  const checkpoints = checkpointsOf(manager, plan);
  let next = (await checkpoints.next()).value ?? null;
  for await (const events of pagesOf(manager, plan)) {
    const lines: string[] = [];
    for (const event of events) {
      for (; next !== null && next.view.seq < event.seq; next = (await checkpoints.next()).value ?? null) {
        lines.push(exportLine({ checkpoint: next.view }));
      }
      lines.push(exportLine({ event: recordOf(event) }));
    }
    yield lines.join('');
  }
  for (; next !== null; next = (await checkpoints.next()).value ?? null) yield exportLine({ checkpoint: next.view });
}

export async function* exportCsv(manager: EntityManager, plan: ExportPlan): AsyncGenerator<string> {
  yield AUDIT_CSV_HEADER;
  for await (const events of pagesOf(manager, plan)) yield events.map((event) => auditCsvLine(recordOf(event))).join('');
}

async function* pagesOf(manager: EntityManager, { tenant, start, end }: ExportPlan) {
  let after = start.seq;
  while (after < end.seq) {
    const events = await readAudit(manager, tenant, { after, upTo: end.seq, limit: PAGE });
    const last = events.at(-1);
    if (last === undefined) return;
    yield events;
    after = last.seq;
  }
}

async function* checkpointsOf(
  manager: EntityManager,
  { tenant, start, end }: ExportPlan,
): AsyncGenerator<NumberedCheckpoint, undefined> {
  let after = start.checkpoint.number;
  for (;;) {
    const page = await readCheckpoints(manager, tenant, { after, upTo: end.checkpoint.number, limit: PAGE });
    yield* page;
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.number;
  }
}

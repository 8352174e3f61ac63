import type { AuditCheckpointView } from '@tollgate/contracts';
import { type AuditEvent, type AuditHead, CHECKPOINT_START } from '@tollgate/policy';
import type { EntityManager } from 'typeorm';

export interface AuditRow
  extends Omit<AuditEvent, 'tenant' | 'seq' | 'time' | 'requestId' | 'traceId' | 'userAgent' | 'prevHash'> {
  readonly organisation_id: string;
  readonly seq: string;
  readonly occurred_at: Date;
  readonly request_id: string | null;
  readonly trace_id: string | null;
  readonly user_agent: string | null;
  readonly prev_hash: string;
}

export const eventOfRow = (row: AuditRow): AuditEvent => ({
  tenant: row.organisation_id,
  seq: Number(row.seq),
  time: row.occurred_at.toISOString(),
  actor: row.actor,
  action: row.action,
  target: row.target,
  decision: row.decision,
  reason: row.reason,
  requestId: row.request_id,
  traceId: row.trace_id,
  ip: row.ip,
  userAgent: row.user_agent,
  before: row.before,
  after: row.after,
  prevHash: row.prev_hash,
  hash: row.hash,
});

export interface AuditPage {
  readonly after: number;
  /** The last one that is wanted; to the end where it is not given. */
  readonly upTo?: number;
  readonly limit: number;
}

/** Events of one tenant after `after`, oldest first, as the chain was computed over them. */
export async function readAudit(manager: EntityManager, tenant: string, page: AuditPage): Promise<readonly AuditEvent[]> {
  const rows: AuditRow[] = await manager.query(
    'SELECT * FROM auth.audit_events WHERE organisation_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4',
    [tenant, page.after, page.upTo ?? Number.MAX_SAFE_INTEGER, page.limit],
  );
  return rows.map(eventOfRow);
}

/** Where a chain stands, and how far it has been signed. */
export interface SignedHead extends AuditHead {
  readonly checkpoint: { readonly seq: number; readonly number: number; readonly hash: string };
}

/** null where the tenant has no events. */
export async function readSignedHead(manager: EntityManager, tenant: string): Promise<SignedHead | null> {
  const rows: Record<'seq' | 'hash' | 'checkpoint_seq' | 'checkpoint_number' | 'checkpoint_hash', string>[] = await manager.query(
    `SELECT seq, hash, checkpoint_seq, checkpoint_number, checkpoint_hash FROM auth.audit_heads WHERE organisation_id = $1`,
    [tenant],
  );
  const [row] = rows;
  if (row === undefined) return null;
  const checkpoint = { seq: Number(row.checkpoint_seq), number: Number(row.checkpoint_number), hash: row.checkpoint_hash };
  return { seq: Number(row.seq), hash: row.hash, checkpoint };
}

/** null where the tenant has no events. */
export async function readAuditHead(manager: EntityManager, tenant: string): Promise<AuditHead | null> {
  const head = await readSignedHead(manager, tenant);
  return head === null ? null : { seq: head.seq, hash: head.hash };
}

interface CheckpointRow extends Omit<AuditCheckpointView, 'tenant' | 'seq' | 'time'> {
  readonly organisation_id: string;
  readonly number: string;
  readonly seq: string;
  readonly made_at: Date;
}

export interface NumberedCheckpoint {
  /** 1, 2, 3 ... of the tenant; not signed, the order is in the hashes. */
  readonly number: number;
  readonly view: AuditCheckpointView;
}

/** Where checkpoints are looked for: `after < number <= upTo`, `seq <= seqMax`. */
export interface CheckpointRange {
  readonly after?: number;
  readonly upTo?: number;
  readonly seqMax?: number;
  readonly newestFirst?: boolean;
  readonly limit: number;
}

export async function readCheckpoints(
  manager: EntityManager,
  tenant: string,
  range: CheckpointRange,
): Promise<readonly NumberedCheckpoint[]> {
  const { after = 0, upTo = Number.MAX_SAFE_INTEGER, seqMax = Number.MAX_SAFE_INTEGER, newestFirst = false, limit } = range;
  const rows: CheckpointRow[] = await manager.query(
    `SELECT * FROM auth.audit_checkpoints
     WHERE organisation_id = $1 AND number > $2 AND number <= $3 AND seq <= $4
     ORDER BY number ${newestFirst ? 'DESC' : 'ASC'} LIMIT $5`,
    [tenant, after, upTo, seqMax, limit],
  );
  return rows.map((row) => ({
    number: Number(row.number),
    view: {
      tenant: row.organisation_id,
      seq: Number(row.seq),
      hash: row.hash,
      time: row.made_at.toISOString(),
      prev_checkpoint_hash: row.prev_checkpoint_hash,
      key_id: row.key_id,
      signature: row.signature,
    },
  }));
}

export const NO_CHECKPOINT = { seq: 0, number: 0, hash: CHECKPOINT_START } as const;

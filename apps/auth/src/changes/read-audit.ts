import type { AuditEvent, AuditHead } from '@tollgate/policy';
import type { EntityManager } from 'typeorm';

interface AuditRow extends Omit<AuditEvent, 'tenant' | 'seq' | 'time' | 'requestId' | 'traceId' | 'userAgent' | 'prevHash'> {
  readonly organisation_id: string;
  readonly seq: string;
  readonly occurred_at: Date;
  readonly request_id: string | null;
  readonly trace_id: string | null;
  readonly user_agent: string | null;
  readonly prev_hash: string;
}

/** Events of one tenant after `after`, oldest first, as the chain was computed over them. */
export async function readAudit(
  manager: EntityManager,
  tenant: string,
  page: { readonly after: number; readonly limit: number },
): Promise<readonly AuditEvent[]> {
  const rows: AuditRow[] = await manager.query(
    'SELECT * FROM auth.audit_events WHERE organisation_id = $1 AND seq > $2 ORDER BY seq LIMIT $3',
    [tenant, page.after, page.limit],
  );
  return rows.map(({ actor, action, target, decision, reason, ip, before, after, hash, ...row }) => ({
    ...{ actor, action, target, decision, reason, ip, before, after, hash },
    tenant: row.organisation_id,
    seq: Number(row.seq),
    time: row.occurred_at.toISOString(),
    requestId: row.request_id,
    traceId: row.trace_id,
    userAgent: row.user_agent,
    prevHash: row.prev_hash,
  }));
}

/** null where the tenant has no events. */
export async function readAuditHead(manager: EntityManager, tenant: string): Promise<AuditHead | null> {
  const rows: { seq: string; hash: string }[] = await manager.query(
    'SELECT seq, hash FROM auth.audit_heads WHERE organisation_id = $1',
    [tenant],
  );
  const [row] = rows;
  return row === undefined ? null : { seq: Number(row.seq), hash: row.hash };
}

import { AUDIT_START, type AuditEvent, type AuditFact, type AuditHead, chainAuditEvent } from '@tollgate/policy';
import type { EntityManager } from 'typeorm';

/** Puts facts at the end of the tenant's chain, in the caller's transaction; the head's row is locked until it ends. */
export async function appendAudit(manager: EntityManager, tenant: string, facts: readonly AuditFact[]): Promise<void> {
  if (facts.length === 0) return;
  let head = await lockHead(manager, tenant);
  for (const fact of facts) {
    const event = chainAuditEvent(tenant, head, fact);
    await insert(manager, event);
    head = { seq: event.seq, hash: event.hash };
  }
  await manager.query('UPDATE auth.audit_heads SET seq = $2, hash = $3 WHERE organisation_id = $1', [
    tenant,
    head.seq,
    head.hash,
  ]);
}

async function lockHead(manager: EntityManager, tenant: string): Promise<AuditHead> {
  await manager.query('INSERT INTO auth.audit_heads (organisation_id, seq, hash) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [
    tenant,
    AUDIT_START.seq,
    AUDIT_START.hash,
  ]);
  const rows: { seq: string; hash: string }[] = await manager.query(
    'SELECT seq, hash FROM auth.audit_heads WHERE organisation_id = $1 FOR UPDATE',
    [tenant],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('the head of an audit chain vanished');
  return { seq: Number(row.seq), hash: row.hash };
}

async function insert(manager: EntityManager, event: AuditEvent): Promise<void> {
  await manager.query(
    `INSERT INTO auth.audit_events (organisation_id, seq, occurred_at, actor, action, target, decision, reason,
       request_id, trace_id, ip, user_agent, before, after, prev_hash, hash)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
    [
      event.tenant,
      event.seq,
      event.time,
      JSON.stringify(event.actor),
      event.action,
      JSON.stringify(event.target),
      event.decision,
      event.reason,
      event.requestId,
      event.traceId,
      event.ip,
      event.userAgent,
      jsonOrNull(event.before),
      jsonOrNull(event.after),
      event.prevHash,
      event.hash,
    ],
  );
}

const jsonOrNull = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));

import { AUDIT_START, type AuditEvent, type AuditFact, chainAuditEvent } from '@tollgate/policy';
import type { EntityManager } from 'typeorm';

interface HeadRow {
  readonly seq: string;
  readonly hash: string;
  readonly checkpoint_seq: string;
}

/**
 * Puts facts at the end of the tenant's chain, in the caller's transaction; the head's row is locked until it ends, so call
 * it late. Two statements, however many facts. Returns how many events of the tenant no checkpoint covers yet.
 */
export async function appendAudit(manager: EntityManager, tenant: string, facts: readonly AuditFact[]): Promise<number> {
  const [first] = facts;
  if (first === undefined) return 0;
  const row = await lockHead(manager, tenant);
  const events: AuditEvent[] = [];
  let head = { seq: Number(row.seq), hash: row.hash };
  for (const fact of facts) {
    const event = chainAuditEvent(tenant, head, fact);
    events.push(event);
    head = { seq: event.seq, hash: event.hash };
  }
  await manager.query(
    `WITH added AS (
       INSERT INTO auth.audit_events (organisation_id, seq, occurred_at, actor, action, target, decision, reason,
         request_id, trace_id, ip, user_agent, before, after, prev_hash, hash)
       SELECT tenant, seq, time, actor, action, target, decision, reason,
         "requestId", "traceId", ip, "userAgent", before, after, "prevHash", hash
       FROM jsonb_to_recordset($1::jsonb) AS event (tenant text, seq bigint, time timestamptz, actor jsonb, action text,
         target jsonb, decision text, reason text, "requestId" text, "traceId" text, ip text, "userAgent" text,
         before jsonb, after jsonb, "prevHash" text, hash text)
     )
     UPDATE auth.audit_heads SET seq = $3, hash = $4, pending_since = COALESCE(pending_since, $5) WHERE organisation_id = $2`,
    [JSON.stringify(events), tenant, head.seq, head.hash, first.time],
  );
  return head.seq - Number(row.checkpoint_seq);
}

async function lockHead(manager: EntityManager, tenant: string): Promise<HeadRow> {
  const found = await selectHead(manager, tenant);
  if (found !== undefined) return found;
  await manager.query('INSERT INTO auth.audit_heads (organisation_id, seq, hash) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [
    tenant,
    AUDIT_START.seq,
    AUDIT_START.hash,
  ]);
  const made = await selectHead(manager, tenant);
  if (made === undefined) throw new Error('the head of an audit chain vanished');
  return made;
}

async function selectHead(manager: EntityManager, tenant: string): Promise<HeadRow | undefined> {
  const rows: HeadRow[] = await manager.query(
    'SELECT seq, hash, checkpoint_seq FROM auth.audit_heads WHERE organisation_id = $1 FOR UPDATE',
    [tenant],
  );
  return rows[0];
}

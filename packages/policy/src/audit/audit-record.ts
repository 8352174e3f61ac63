import { createHash } from 'node:crypto';
import type { AuditEventView } from '@tollgate/contracts';
import canonicalize from 'canonicalize';
import type { AuditEvent } from './audit-event.js';

/** The canonical JSON (RFC 8785) of a JSON value; throws where it is none. */
export function canonicalText(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('not a JSON value');
  return text;
}

/** SHA-256 of the canonical JSON, 64 hex digits. */
export const hashCanonical = (value: unknown): string => createHash('sha256').update(canonicalText(value)).digest('hex');

/** An event as it is hashed, shown and exported. */
export function recordOf(event: AuditEvent): AuditEventView {
  return { ...openRecordOf(event), hash: event.hash };
}

/** Field by field: a row may carry more than the chain covers. */
export function openRecordOf(event: Omit<AuditEvent, 'hash'>): Omit<AuditEventView, 'hash'> {
  const { actor, target } = event;
  return {
    tenant: event.tenant,
    seq: event.seq,
    time: event.time,
    actor: {
      type: actor.type,
      id: actor.id,
      public_id: actor.publicId,
      secret_id: actor.secretId,
      on_behalf_of: actor.onBehalfOf,
    },
    action: event.action,
    target: { type: target.type, id: target.id, name: target.name },
    decision: event.decision,
    reason: event.reason,
    request_id: event.requestId,
    trace_id: event.traceId,
    ip: event.ip,
    user_agent: event.userAgent,
    before: event.before,
    after: event.after,
    prev_hash: event.prevHash,
  };
}

import { fail, ok, type Result } from '@tollgate/kernel';
import type { AuditEvent, AuditFact } from './audit-event.js';
import { hashCanonical, openRecordOf } from './audit-record.js';

/** Where a tenant's chain stands. */
export interface AuditHead {
  readonly seq: number;
  readonly hash: string;
}

/** Before the first event. */
export const AUDIT_START: AuditHead = { seq: 0, hash: '0'.repeat(64) };

/** Puts a fact at the end of a tenant's chain. */
export function chainAuditEvent(tenant: string, head: AuditHead, fact: AuditFact): AuditEvent {
  const open = { ...fact, tenant, seq: head.seq + 1, prevHash: head.hash };
  return { ...open, hash: hashAuditEvent(open) };
}

/** Over the form that is shown and exported, so that others can make it anew from what they are given. */
export const hashAuditEvent = (event: Omit<AuditEvent, 'hash'>): string => hashCanonical(openRecordOf(event));

/** edited: its hash is not that of its fields. broken_link: it does not follow the one before. gap: one is missing or out of order. truncated: the end is missing. */
export interface AuditFlaw {
  readonly seq: number;
  readonly flaw: 'edited' | 'broken_link' | 'gap' | 'truncated' | 'foreign';
}

/**
 * Walks events of one tenant in the order given, from `start` (AUDIT_START for a whole chain) to `end` where the expected
 * head is known: only with it a cut-off end can be seen. Returns the new head or the first flaw.
 */
export function verifyAuditChain(
  tenant: string,
  events: Iterable<AuditEvent>,
  bounds: { readonly start?: AuditHead; readonly end?: AuditHead } = {},
): Result<AuditHead, AuditFlaw> {
  let head = bounds.start ?? AUDIT_START;
  for (const event of events) {
    const seq = head.seq + 1;
    if (event.tenant !== tenant) return fail({ seq, flaw: 'foreign' });
    if (event.seq !== seq) return fail({ seq, flaw: 'gap' });
    if (hashAuditEvent(event) !== event.hash) return fail({ seq, flaw: 'edited' });
    if (event.prevHash !== head.hash) return fail({ seq, flaw: 'broken_link' });
    head = { seq: event.seq, hash: event.hash };
  }
  const { end } = bounds;
  if (end !== undefined && head.seq < end.seq) return fail({ seq: head.seq + 1, flaw: 'truncated' });
  if (end !== undefined && head.hash !== end.hash) return fail({ seq: head.seq, flaw: 'broken_link' });
  return ok(head);
}

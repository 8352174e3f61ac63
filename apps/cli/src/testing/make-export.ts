import {
  AUDIT_EXPORT_FORMAT,
  AUDIT_START,
  type AuditFact,
  type AuditHead,
  type AuditKey,
  CHECKPOINT_START,
  chainAuditEvent,
  exportLine,
  hashCheckpoint,
  readAuditKey,
  recordOf,
  signCheckpoint,
  signExportHeader,
} from '@tollgate/policy';

const FACT: AuditFact = {
  time: '2026-01-15T12:00:00.000Z',
  actor: { type: 'system', id: 'test', publicId: null, secretId: null, onBehalfOf: null },
  action: 'token.created',
  target: { type: 'token', id: 'tok_1', name: null },
  decision: 'allowed',
  reason: null,
  requestId: null,
  traceId: null,
  ip: null,
  userAgent: null,
  before: null,
  after: null,
};

export function testKey(seed = 'ab'): AuditKey {
  const key = readAuditKey(seed.repeat(32));
  if (key === null) throw new Error('no key');
  return key;
}

/** An export of so many events with one checkpoint at its end. */
export function makeExport(events: number, key = testKey()): string {
  const tenant = 'org_1';
  let head: AuditHead = AUDIT_START;
  const lines: string[] = [];
  for (let seq = 1; seq <= events; seq += 1) {
    const event = chainAuditEvent(tenant, head, FACT);
    lines.push(exportLine({ event: recordOf(event) }));
    head = { seq, hash: event.hash };
  }
  const checkpoint = signCheckpoint(key, { tenant, head, time: FACT.time, previous: CHECKPOINT_START });
  const header = signExportHeader(key, {
    format: AUDIT_EXPORT_FORMAT,
    version: 1,
    tenant,
    exported_at: FACT.time,
    open_end: true,
    start: { ...AUDIT_START, checkpoint_hash: CHECKPOINT_START },
    end: { seq: head.seq, hash: head.hash, checkpoint_hash: hashCheckpoint(checkpoint) },
    checkpoints: 1,
    keys: [{ id: key.id, public_key: key.publicKey }],
  });
  return [exportLine({ header }), ...lines, exportLine({ checkpoint })].join('');
}

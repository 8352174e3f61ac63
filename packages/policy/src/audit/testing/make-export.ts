import { AUDIT_START, type AuditHead, chainAuditEvent } from '../audit-chain.js';
import { CHECKPOINT_START, hashCheckpoint, signCheckpoint } from '../audit-checkpoint.js';
import type { AuditEvent } from '../audit-event.js';
import { AUDIT_EXPORT_FORMAT, exportLine, signExportHeader } from '../audit-export.js';
import { type AuditKey, readAuditKey } from '../audit-key.js';
import { recordOf } from '../audit-record.js';

export function keyOf(seed: string): AuditKey {
  const key = readAuditKey(seed.repeat(32));
  if (key === null) throw new Error('no key');
  return key;
}

export interface ExportRecipe {
  readonly tenant?: string;
  readonly events: number;
  /** A checkpoint after each of so many. */
  readonly every: number;
  readonly key?: AuditKey;
  /** Signs from the first checkpoint at or after this event on. */
  readonly laterKey?: { readonly from: number; readonly key: AuditKey };
  /** The export begins after this event. */
  readonly after?: number;
}

/** The lines of an export, without their ends; the first is the header. */
export function makeExport(recipe: ExportRecipe): string[] {
  const { tenant = 'org_1', events, every, after = 0, laterKey } = recipe;
  const first = recipe.key ?? keyOf('ab');
  const lines: string[] = [];
  let head: AuditHead = AUDIT_START;
  let last: string = CHECKPOINT_START;
  let checkpoints = 0;
  let start = { seq: 0, hash: AUDIT_START.hash, checkpoint_hash: last };
  for (let seq = 1; seq <= events; seq += 1) {
    const event = eventOf(tenant, head, seq);
    head = { seq, hash: event.hash };
    if (seq > after) lines.push(exportLine({ event: recordOf(event) }));
    if (seq % every === 0) {
      const key = laterKey !== undefined && seq >= laterKey.from ? laterKey.key : first;
      const checkpoint = signCheckpoint(key, { tenant, head, time: '2026-01-15T12:00:01.000Z', previous: last });
      last = hashCheckpoint(checkpoint);
      if (seq > after) {
        lines.push(exportLine({ checkpoint }));
        checkpoints += 1;
      }
    }
    if (seq === after) start = { ...head, checkpoint_hash: last };
  }
  const header = signExportHeader(laterKey?.key ?? first, {
    format: AUDIT_EXPORT_FORMAT,
    version: 1,
    tenant,
    exported_at: '2026-01-15T12:00:02.000Z',
    open_end: true,
    start,
    end: { ...head, checkpoint_hash: last },
    checkpoints,
    keys: [first, ...(laterKey === undefined ? [] : [laterKey.key])].map(({ id, publicKey }) => ({ id, public_key: publicKey })),
  });
  return [exportLine({ header }), ...lines].map((line) => line.slice(0, -1));
}

const eventOf = (tenant: string, head: AuditHead, seq: number): AuditEvent =>
  chainAuditEvent(tenant, head, {
    time: `2026-01-15T12:00:00.${String(seq % 1000).padStart(3, '0')}Z`,
    actor: { type: 'token', id: `tok_${seq % 3}`, publicId: 'abcdefghijkl', secretId: 'sec_1', onBehalfOf: null },
    action: 'token.created',
    target: { type: 'token', id: `tok_n${seq}`, name: `ci "${seq}" \u00e4\u{1f600}` },
    decision: 'allowed',
    reason: null,
    requestId: `req_${seq}`,
    traceId: null,
    ip: '127.0.0.1',
    userAgent: 'curl/8',
    before: null,
    after: { name: 'ci', scopes: ['llm:*'], limit: 1.5e-7 },
  });

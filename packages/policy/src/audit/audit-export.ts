import type { AuditCheckpointView, AuditEventView } from '@tollgate/contracts';
import { z } from 'zod';
import type { AuditKey, AuditPublicKey } from './audit-key.js';
import { canonicalText } from './audit-record.js';

const PURPOSE = 'tollgate-audit-export-v1\n';
export const AUDIT_EXPORT_FORMAT = 'tollgate-audit-export';

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const place = z.strictObject({
  seq: z.int().min(0),
  /** Of the event at `seq`; 64 zeros at 0. */
  hash,
  /** Of the last checkpoint up to here; 64 zeros where there is none. */
  checkpoint_hash: hash,
});

/** First line of an export: what the lines after it must add up to, signed. */
export const AuditExportHeaderSchema = z.strictObject({
  format: z.literal(AUDIT_EXPORT_FORMAT),
  version: z.literal(1),
  tenant: z.string().min(1),
  exported_at: z.string(),
  /** The export goes to the newest event that there was; otherwise a later end was cut off on purpose. */
  open_end: z.boolean(),
  /** The events after this one ... */
  start: place,
  /** ... up to and with this one. */
  end: place,
  checkpoints: z.int().min(0),
  keys: z.array(z.strictObject({ id: z.string(), public_key: z.string() })).max(1_000),
  key_id: z.string(),
  signature: z.string(),
});
export type AuditExportHeader = z.infer<typeof AuditExportHeaderSchema>;

export function signExportHeader(key: AuditKey, open: Omit<AuditExportHeader, 'key_id' | 'signature'>): AuditExportHeader {
  const named = { ...open, key_id: key.id };
  return { ...named, signature: key.sign(PURPOSE + canonicalText(named)) };
}

export function verifyExportHeader(key: AuditPublicKey, header: AuditExportHeader): boolean {
  const { signature, ...named } = header;
  return header.key_id === key.id && key.verifies(PURPOSE + canonicalText(named), signature);
}

type ExportLine =
  | { readonly header: AuditExportHeader }
  | { readonly event: AuditEventView }
  | { readonly checkpoint: AuditCheckpointView };

/** One line with its end. Canonical, so that no byte of a line can change without changing what it says. */
export const exportLine = (line: ExportLine): string => `${canonicalText(line)}\n`;

import type { AuditCheckpointView } from '@tollgate/contracts';
import { z } from 'zod';
import type { AuditHead } from './audit-chain.js';
import { hashCheckpoint, verifyCheckpoint } from './audit-checkpoint.js';
import { type AuditExportHeader, AuditExportHeaderSchema, verifyExportHeader } from './audit-export.js';
import { type AuditPublicKey, readAuditPublicKey } from './audit-key.js';
import { canonicalText, hashCanonical } from './audit-record.js';

/**
 * malformed: no line of an export. header: the first line is none that is valid. edited: an event's hash is not that of its
 * fields. foreign: of another tenant. gap: events are missing or out of order. broken_link: an event does not follow the one
 * before. checkpoint: a checkpoint is missing, moved or contradicts the events. signature: not signed by a key that counts.
 * truncated: the end is missing. extra: there is more than the header says. witness: contradicts a checkpoint kept elsewhere.
 */
export type AuditExportFlawKind =
  | 'malformed'
  | 'header'
  | 'edited'
  | 'foreign'
  | 'gap'
  | 'broken_link'
  | 'checkpoint'
  | 'signature'
  | 'truncated'
  | 'extra'
  | 'witness';

export interface AuditExportFlaw {
  /** 1-based, where it shows. */
  readonly line: number;
  /** The first event that cannot be trusted; null where the flaw comes before any. */
  readonly seq: number | null;
  readonly flaw: AuditExportFlawKind;
  /** One sentence for people. */
  readonly detail: string;
}

export interface AuditExportSummary {
  readonly tenant: string;
  readonly events: number;
  readonly first_seq: number;
  readonly last_seq: number;
  readonly checkpoints: number;
  readonly exported_at: string;
  readonly key_ids: readonly string[];
}

export interface AuditVerifierSettings {
  /** The only keys that count; without them those of the export's own header do, which proves less. */
  readonly pinned?: readonly AuditPublicKey[];
  /** Checkpoints that were kept elsewhere: the chain must go through them. */
  readonly witnesses?: readonly Pick<AuditCheckpointView, 'tenant' | 'seq' | 'hash'>[];
}

const EventSchema = z.looseObject({ tenant: z.string(), seq: z.int(), prev_hash: z.string(), hash: z.string() });
const CheckpointSchema = z.strictObject({
  tenant: z.string(),
  seq: z.int(),
  hash: z.string(),
  time: z.string(),
  prev_checkpoint_hash: z.string(),
  key_id: z.string(),
  signature: z.string(),
});
type Fault = Omit<AuditExportFlaw, 'line' | 'seq'> & { readonly seq?: number | null };

/**
 * Reads an export line by line and keeps one position, so that a file of any length fits. Give it every line in order, then
 * `finish`; the first flaw ends it.
 */
export class AuditExportVerifier {
  private line = 0;
  private header: AuditExportHeader | null = null;
  private readonly keys = new Map<string, AuditPublicKey>();
  private readonly witnesses = new Map<number, string>();
  private readonly signers = new Set<string>();
  private head: AuditHead = { seq: 0, hash: '' };
  private lastCheckpoint = '';
  private checkpoints = 0;

  constructor(private readonly settings: AuditVerifierSettings = {}) {}

  /** One line without its end. */
  take(text: string): AuditExportFlaw | null {
    this.line += 1;
    let value: unknown;
    try {
      value = JSON.parse(text);
      if (canonicalText(value) !== text) return this.flaw({ flaw: 'malformed', detail: 'the line is not in its canonical form' });
    } catch {
      return this.flaw({ flaw: 'malformed', detail: 'the line is no JSON' });
    }
    const fault = this.header === null ? this.takeHeader(value) : this.takeEntry(value);
    return fault === null ? null : this.flaw(fault);
  }

  /** A line that cannot even be read as text. */
  refuse(detail: string): AuditExportFlaw {
    this.line += 1;
    return this.flaw({ flaw: 'malformed', detail });
  }

  /** After the last line. */
  finish(): AuditExportFlaw | AuditExportSummary {
    const { header, head } = this;
    this.line += 1;
    if (header === null) return this.flaw({ flaw: 'header', detail: 'there is nothing: not even the header' });
    const { start, end, tenant } = header;
    if (head.seq < end.seq) {
      const detail = `the end is missing: the events ${head.seq + 1} to ${end.seq}`;
      return this.flaw({ flaw: 'truncated', detail });
    }
    if (head.hash !== end.hash) return this.flaw({ flaw: 'broken_link', detail: 'the last event is not the one in the header' });
    if (this.checkpoints !== header.checkpoints || this.lastCheckpoint !== end.checkpoint_hash) {
      const detail = `the header tells of ${header.checkpoints} checkpoints, and ${this.checkpoints} are there`;
      return this.flaw({ flaw: 'checkpoint', detail });
    }
    const beyond = Math.max(0, ...this.witnesses.keys());
    if (header.open_end && beyond > end.seq) {
      return this.flaw({
        flaw: 'witness',
        detail: `a checkpoint kept elsewhere is at event ${beyond}, where the export has ended`,
      });
    }
    return {
      tenant,
      events: head.seq - start.seq,
      first_seq: start.seq + 1,
      last_seq: head.seq,
      checkpoints: this.checkpoints,
      exported_at: header.exported_at,
      key_ids: [...this.signers],
    };
  }

  private takeHeader(value: unknown): Fault | null {
    const parsed = z.strictObject({ header: AuditExportHeaderSchema }).safeParse(value);
    if (!parsed.success) return { flaw: 'header', detail: 'the first line is no header of an export', seq: null };
    const { header } = parsed.data;
    const { pinned, witnesses = [] } = this.settings;
    for (const { id, public_key } of header.keys) {
      const key = readAuditPublicKey(public_key);
      if (key === null || key.id !== id) return { flaw: 'header', detail: `the key ${id} is none, or another one`, seq: null };
      if (pinned === undefined) this.keys.set(id, key);
    }
    for (const key of pinned ?? []) this.keys.set(key.id, key);
    const key = this.keys.get(header.key_id);
    if (key === undefined) return { flaw: 'signature', detail: this.unknownKey(header.key_id), seq: null };
    if (!verifyExportHeader(key, header)) return { flaw: 'signature', detail: 'the signature of the header is wrong', seq: null };
    if (header.end.seq < header.start.seq) return { flaw: 'header', detail: 'it ends before it starts', seq: null };
    for (const witness of witnesses) {
      if (witness.tenant !== header.tenant) {
        return {
          flaw: 'witness',
          detail: `the checkpoint kept elsewhere is of ${witness.tenant}, the export of ${header.tenant}`,
        };
      }
      this.witnesses.set(witness.seq, witness.hash);
    }
    this.header = header;
    this.signers.add(key.id);
    this.head = { seq: header.start.seq, hash: header.start.hash };
    this.lastCheckpoint = header.start.checkpoint_hash;
    return this.contradiction();
  }

  private takeEntry(value: unknown): Fault | null {
    const entry = value as Record<string, unknown> | null;
    const [kind, ...others] = typeof entry === 'object' && entry !== null ? Object.keys(entry) : [];
    if (others.length > 0 || (kind !== 'event' && kind !== 'checkpoint')) {
      return { flaw: 'malformed', detail: 'the line is neither an event nor a checkpoint' };
    }
    return kind === 'event' ? this.takeEvent(entry?.['event']) : this.takeCheckpoint(entry?.['checkpoint']);
  }

  private takeEvent(value: unknown): Fault | null {
    const parsed = EventSchema.safeParse(value);
    if (!parsed.success) return { flaw: 'malformed', detail: 'the event lacks a field' };
    const { hash, ...open } = parsed.data;
    const { tenant, end } = this.header as AuditExportHeader;
    const { head } = this;
    if (hashCanonical(open) !== hash) return { flaw: 'edited', detail: `event ${open.seq} is not what its hash was made of` };
    if (open.tenant !== tenant) return { flaw: 'foreign', detail: `the event belongs to ${open.tenant}, not to ${tenant}` };
    if (open.seq > head.seq + 1) {
      const missing =
        open.seq === head.seq + 2 ? `event ${head.seq + 1} is` : `the events ${head.seq + 1} to ${open.seq - 1} are`;
      return { flaw: 'gap', detail: `${missing} missing before event ${open.seq}` };
    }
    if (open.seq <= head.seq) return { flaw: 'gap', detail: `event ${open.seq} stands after event ${head.seq}` };
    if (open.prev_hash !== head.hash) {
      return {
        flaw: 'broken_link',
        detail: `event ${open.seq} was made after another event ${head.seq} than the one that is here`,
      };
    }
    if (open.seq > end.seq) return { flaw: 'extra', detail: `the header ends at event ${end.seq}` };
    this.head = { seq: open.seq, hash };
    return this.contradiction();
  }

  private takeCheckpoint(value: unknown): Fault | null {
    const parsed = CheckpointSchema.safeParse(value);
    if (!parsed.success) return { flaw: 'malformed', detail: 'the checkpoint lacks a field or has one too many' };
    const checkpoint = parsed.data;
    const { tenant } = this.header as AuditExportHeader;
    const { head } = this;
    const key = this.keys.get(checkpoint.key_id);
    if (key === undefined) return { flaw: 'signature', detail: this.unknownKey(checkpoint.key_id) };
    if (!verifyCheckpoint(key, checkpoint)) {
      return { flaw: 'signature', detail: `the signature of the checkpoint at event ${checkpoint.seq} is wrong` };
    }
    if (checkpoint.tenant !== tenant) return { flaw: 'foreign', detail: `the checkpoint belongs to ${checkpoint.tenant}` };
    if (checkpoint.prev_checkpoint_hash !== this.lastCheckpoint) {
      return { flaw: 'checkpoint', detail: `a checkpoint before the one at event ${checkpoint.seq} is missing or another one` };
    }
    if (checkpoint.seq > head.seq) {
      const detail = `a checkpoint was signed at event ${checkpoint.seq}, and after event ${head.seq} there is none`;
      return { flaw: 'truncated', detail };
    }
    if (checkpoint.seq < head.seq) {
      return { flaw: 'checkpoint', detail: `the checkpoint of event ${checkpoint.seq} stands after event ${head.seq}` };
    }
    if (checkpoint.hash !== head.hash) {
      const detail = `the checkpoint at event ${checkpoint.seq} was signed over other events: some up to here were rewritten`;
      return { flaw: 'checkpoint', detail, seq: checkpoint.seq };
    }
    this.lastCheckpoint = hashCheckpoint(checkpoint);
    this.checkpoints += 1;
    this.signers.add(key.id);
    return null;
  }

  /** Of a checkpoint that was kept elsewhere. */
  private contradiction(): Fault | null {
    const { seq, hash } = this.head;
    const expected = this.witnesses.get(seq);
    if (expected === undefined || expected === hash) return null;
    return { flaw: 'witness', detail: `a checkpoint kept elsewhere has another hash at event ${seq}`, seq };
  }

  private unknownKey(id: string): string {
    const among = this.settings.pinned === undefined ? 'those of the header' : 'those that were given';
    return `signed with the key ${id}, which is not among ${among}`;
  }

  private flaw(fault: Fault): AuditExportFlaw {
    const { line, header, head } = this;
    const seq = fault.seq === undefined ? (header === null ? null : head.seq + 1) : fault.seq;
    return { line, seq, flaw: fault.flaw, detail: fault.detail };
  }
}

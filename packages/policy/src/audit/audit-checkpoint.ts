import type { AuditCheckpointView } from '@tollgate/contracts';
import { AUDIT_START, type AuditHead } from './audit-chain.js';
import type { AuditKey, AuditPublicKey } from './audit-key.js';
import { canonicalText, hashCanonical } from './audit-record.js';

/** Before the signed text, so that a signature of one kind is none of another. */
const PURPOSE = 'tollgate-audit-checkpoint-v1\n';

/** Stands before the first checkpoint of a tenant. */
export const CHECKPOINT_START = AUDIT_START.hash;

export interface CheckpointFacts {
  readonly tenant: string;
  readonly head: AuditHead;
  /** RFC 3339. */
  readonly time: string;
  /** {@link hashCheckpoint} of the one before, or {@link CHECKPOINT_START}. */
  readonly previous: string;
}

/** Signs where a chain stands. The caller has verified the events since the checkpoint before. */
export function signCheckpoint(key: AuditKey, { tenant, head, time, previous }: CheckpointFacts): AuditCheckpointView {
  const open = { tenant, seq: head.seq, hash: head.hash, time, prev_checkpoint_hash: previous, key_id: key.id };
  return { ...open, signature: key.sign(PURPOSE + canonicalText(open)) };
}

/** What the next checkpoint refers to: the whole of this one, its signature included. */
export const hashCheckpoint = (checkpoint: AuditCheckpointView): string => hashCanonical(checkpoint);

export function verifyCheckpoint(key: AuditPublicKey, checkpoint: AuditCheckpointView): boolean {
  const { signature, ...open } = checkpoint;
  return checkpoint.key_id === key.id && key.verifies(PURPOSE + canonicalText(open), signature);
}

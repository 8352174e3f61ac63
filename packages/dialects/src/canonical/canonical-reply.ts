import type { Usage } from '@tollgate/contracts';
import type { JsonObject } from '../json/json-value.js';
import type { DialectName } from './dialect-name.js';
import type { TokenLogprob } from './logprob.js';
import type { Part } from './part.js';
import type { StopReason } from './stop-reason.js';

export interface Candidate {
  readonly parts: readonly Part[];
  readonly stop: StopReason;
  /** The sequence that was met, where `stop` is `stop_sequence` and the vendor says. */
  readonly stopSequence?: string;
  readonly logprobs?: readonly TokenLogprob[];
  readonly rest?: JsonObject;
}

/** A whole answer in no vendor's grammar. */
export interface CanonicalReply {
  readonly source: DialectName;
  /** The vendor's id, empty where it gives none. */
  readonly id: string;
  readonly model: string;
  /** Seconds since 1970, null where the vendor does not say. */
  readonly createdAt: number | null;
  readonly candidates: readonly Candidate[];
  /** Disjoint buckets, their sum is the vendor's total; null where none was reported. */
  readonly usage: Usage | null;
  readonly serviceTier?: string;
  readonly rest?: JsonObject;
}

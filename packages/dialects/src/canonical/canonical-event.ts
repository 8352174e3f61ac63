import type { Usage } from '@tollgate/contracts';
import type { JsonObject } from '../json/json-value.js';
import type { CanonicalError } from './canonical-error.js';
import type { TokenLogprob } from './logprob.js';
import type { Citation, Part, Signature } from './part.js';
import type { StopReason } from './stop-reason.js';

/**
 * What happens in a streamed answer. Order: one `start`; then parts, each `part_start`, its deltas, `part_end`, several of
 * which may be open at once; one `stop` per candidate; `usage` any number of times, each the whole so far (the last counts);
 * `end` or `error` last. A part's index is unique in the stream and grows in the order of the starts.
 */
export type CanonicalEvent =
  | {
      readonly type: 'start';
      readonly id: string;
      readonly model: string;
      readonly createdAt: number | null;
      readonly serviceTier?: string;
      readonly rest?: JsonObject;
    }
  /** `part` is what is known at the start, its texts and arguments empty; parts that never grow come whole. */
  | { readonly type: 'part_start'; readonly index: number; readonly candidate: number; readonly part: Part }
  /** Text of a text, reasoning or refusal part; raw text of the arguments of a tool call. Never empty. */
  | {
      readonly type: 'part_delta';
      readonly index: number;
      readonly text: string;
      readonly logprobs?: readonly TokenLogprob[];
    }
  /** What came late for a part: a citation, a signature (a later one replaces). */
  | {
      readonly type: 'part_note';
      readonly index: number;
      readonly citation?: Citation;
      readonly signature?: Signature;
      readonly encrypted?: Signature;
      /** The vendor's id of a thought. */
      readonly id?: string;
    }
  | { readonly type: 'part_end'; readonly index: number }
  | { readonly type: 'usage'; readonly usage: Usage }
  | {
      readonly type: 'stop';
      readonly candidate: number;
      readonly reason: StopReason;
      readonly stopSequence?: string;
      readonly rest?: JsonObject;
    }
  | { readonly type: 'error'; readonly error: CanonicalError }
  /** The stream is whole. */
  | { readonly type: 'end' };

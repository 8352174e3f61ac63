import type { JsonObject } from '../json/json-value.js';
import type { DialectName } from './dialect-name.js';
import type { CanonicalMessage } from './message.js';
import type { CanonicalTool, ToolChoice } from './tool.js';

export type ResponseFormat =
  | { readonly type: 'text' | 'json' }
  | {
      readonly type: 'json_schema';
      readonly name?: string;
      readonly description?: string;
      readonly schema: JsonObject;
      readonly strict?: boolean;
    };

export const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;
export type Effort = (typeof EFFORTS)[number];

export interface Reasoning {
  /** How hard to think; `none` switches it off. */
  readonly effort?: Effort;
  /** Tokens to think with, 0 = off, -1 = the model decides. */
  readonly budgetTokens?: number;
  /** The model decides itself whether and how long (Anthropic's `adaptive`). */
  readonly adaptive?: boolean;
  /** Whether thoughts (or their summary) are shown; a vendor's own word such as `auto` or `detailed`. */
  readonly show?: 'none' | 'summary' | (string & {});
  /** Thoughts are wanted encrypted, so that they can be given back without being stored at the vendor (OpenAI). */
  readonly encrypted?: boolean;
}

/** A call in no vendor's grammar. Absent = the caller said nothing, so the vendor's default holds. */
export interface CanonicalRequest {
  /** The dialect that it was read from: `rest` belongs to it. */
  readonly source: DialectName;
  readonly model: string;
  readonly messages: readonly CanonicalMessage[];
  readonly tools?: readonly CanonicalTool[];
  readonly toolChoice?: ToolChoice;
  readonly parallelToolCalls?: boolean;
  readonly responseFormat?: ResponseFormat;
  readonly maxOutputTokens?: number;
  /** 0 to 2; writers clamp where a vendor's range is smaller. */
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  readonly seed?: number;
  /** Sequences that end the answer. */
  readonly stop?: readonly string[];
  readonly reasoning?: Reasoning;
  /** Log probabilities of the tokens wanted, and of how many others at each place. */
  readonly logprobs?: { readonly top: number };
  readonly logitBias?: JsonObject;
  /** Answers wanted. */
  readonly candidates?: number;
  /** The caller's name for its end user. */
  readonly user?: string;
  readonly metadata?: JsonObject;
  readonly serviceTier?: string;
  /** Length of the answer in the vendor's words: low, medium, high. */
  readonly verbosity?: string;
  readonly stream: boolean;
  /** OpenAI's `stream_options.include_usage`; other dialects always report. */
  readonly includeUsage: boolean;
  readonly rest?: JsonObject;
}

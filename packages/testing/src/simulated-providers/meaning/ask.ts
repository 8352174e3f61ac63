import type { Json } from '../engine/json.js';

/** A picture, document or sound as it arrived: what an answer can prove it has seen. */
export interface Medium {
  readonly kind: 'image' | 'document' | 'audio' | 'video';
  readonly mediaType: string;
  /** Null where only an address was given. */
  readonly bytes: number | null;
}

export interface Tool {
  readonly name: string;
  /** JSON Schema of the arguments; null where the vendor allows none. */
  readonly schema: Json | null;
}

export type ToolChoice = { readonly kind: 'auto' | 'none' | 'any' } | { readonly kind: 'tool'; readonly name: string };

export interface ToolResult {
  readonly name: string;
  readonly text: string;
  readonly failed: boolean;
}

/** What a request means, whatever the wire format was. */
export interface Ask {
  readonly model: string;
  readonly stream: boolean;
  /** The last words of the user; directives are read from here. */
  readonly prompt: string;
  /** Everything that counts, cached parts included. */
  readonly promptTokens: number;
  /** Tokens before the last mark for caching; 0 where nothing is marked. */
  readonly markedTokens: number;
  /** Whether the vendor caches only what is marked. */
  readonly cachesMarkedOnly: boolean;
  /** It caches by itself and tells what it wrote; no unless told. */
  readonly tellsCacheWrites?: boolean;
  readonly media: readonly Medium[];
  readonly tools: readonly Tool[];
  readonly choice: ToolChoice;
  readonly parallel: boolean;
  /** Results that wait for an answer: those after the last turn of the model. */
  readonly results: readonly ToolResult[];
  /** All results since the user spoke last. */
  readonly resultsSoFar: number;
  /** Null: text. `{}`: any JSON object. */
  readonly schema: Json | null;
  readonly thinking: boolean;
  readonly maxTokens: number | null;
  readonly stops: readonly string[];
  /** How many answers of one prompt; 1 unless told. */
  readonly choices?: number;
  /** Names one call in the ledger. */
  readonly user: string | null;
}

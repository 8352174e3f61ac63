import type { JsonObject, JsonValue } from '../json/json-value.js';
import type { DialectName } from './dialect-name.js';
import type { MediaSource } from './media-source.js';

/** Whose model wrote a signature or an encrypted thought; only that vendor's models can read it back. */
export type ThoughtFormat = 'anthropic' | 'google' | 'openai' | 'bedrock';

/** Marks the end of a prefix of the prompt that is worth caching. */
export interface CacheMark {
  readonly ttl?: '5m' | '1h';
}

/** An opaque proof of a thought; replayed byte for byte, never read. */
export interface Signature {
  readonly format: ThoughtFormat;
  readonly data: string;
}

interface PartBase {
  readonly cache?: CacheMark;
  /** Members of the source dialect that the form has no place for; given back where source and target are the same. */
  readonly rest?: JsonObject;
}

export interface Citation {
  readonly url?: string;
  readonly title?: string;
  readonly citedText?: string;
  /** Where in the text of the part, in UTF-16 units. */
  readonly start?: number;
  readonly end?: number;
  /** The citation as the vendor wrote it, for a reader of the same dialect. */
  readonly raw?: { readonly dialect: DialectName; readonly value: JsonValue };
}

export interface TextPart extends PartBase {
  readonly type: 'text';
  readonly text: string;
  readonly citations?: readonly Citation[];
  readonly signature?: Signature;
}

export interface ImagePart extends PartBase {
  readonly type: 'image';
  readonly source: MediaSource;
  /** OpenAI's `low | high | auto`. */
  readonly detail?: string;
}

export interface AudioPart extends PartBase {
  readonly type: 'audio';
  readonly source: MediaSource;
}

/** A document or any other file (PDF, plain text, video), told apart by its media type. */
export interface FilePart extends PartBase {
  readonly type: 'file';
  readonly source: MediaSource;
  readonly filename?: string;
}

export interface ToolCallPart extends PartBase {
  readonly type: 'tool_call';
  readonly id: string;
  readonly name: string;
  /** JSON text as the model wrote it, not parsed again; `{}` for a tool without arguments. Free text for a custom tool. */
  readonly arguments: string;
  readonly custom?: true;
  readonly signature?: Signature;
}

export interface ToolResultPart extends PartBase {
  readonly type: 'tool_result';
  readonly callId: string;
  /** Name of the tool, found from its call: some dialects (Gemini, Ollama) want it. */
  readonly name?: string;
  readonly parts: readonly Part[];
  readonly isError?: boolean;
  readonly custom?: true;
}

export interface ReasoningPart extends PartBase {
  readonly type: 'reasoning';
  /** What may be shown; empty where the thought is only there encrypted. */
  readonly text: string;
  /** Where `text` is a summary of several pieces: the pieces (`text` is them, joined by an empty line). */
  readonly summary?: readonly string[];
  readonly signature?: Signature;
  /** The thought itself, encrypted or redacted by the vendor. */
  readonly encrypted?: Signature;
  /** The vendor's id of the thought (OpenAI responses). */
  readonly id?: string;
}

export interface RefusalPart extends PartBase {
  readonly type: 'refusal';
  readonly text: string;
}

/** A part that only its own dialect knows, as it came: a vendor's own tools and their results, mostly. */
export interface OpaquePart {
  readonly type: 'opaque';
  readonly dialect: DialectName;
  readonly kind: string;
  readonly value: JsonObject;
}

export type Part =
  | TextPart
  | ImagePart
  | AudioPart
  | FilePart
  | ToolCallPart
  | ToolResultPart
  | ReasoningPart
  | RefusalPart
  | OpaquePart;

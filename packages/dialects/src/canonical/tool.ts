import type { JsonObject } from '../json/json-value.js';
import type { DialectName } from './dialect-name.js';
import type { CacheMark } from './part.js';

export interface FunctionTool {
  readonly type: 'function';
  readonly name: string;
  readonly description?: string;
  /** JSON schema as the caller wrote it; absent = no arguments. */
  readonly parameters?: JsonObject;
  readonly strict?: boolean;
  readonly cache?: CacheMark;
  readonly rest?: JsonObject;
}

/** A tool that takes free text (OpenAI's `custom`), perhaps under a grammar. */
export interface CustomTool {
  readonly type: 'custom';
  readonly name: string;
  readonly description?: string;
  readonly format?: JsonObject;
}

/** A tool that the vendor runs or defines itself (web search, computer use ...), as it came. */
export interface OpaqueTool {
  readonly type: 'opaque';
  readonly dialect: DialectName;
  readonly kind: string;
  readonly value: JsonObject;
}

export type CanonicalTool = FunctionTool | CustomTool | OpaqueTool;

export type ToolChoice =
  | { readonly type: 'auto' | 'none' | 'required' }
  | { readonly type: 'tool'; readonly name: string }
  /** One of these, or (`required`) at least one. */
  | { readonly type: 'allowed'; readonly names: readonly string[]; readonly required: boolean };

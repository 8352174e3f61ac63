import type { Drops } from '../canonical/drops.js';
import type { MediaSource } from '../canonical/media-source.js';
import type { Part, ReasoningPart, ToolCallPart } from '../canonical/part.js';
import { plainText } from '../canonical/plain-text.js';
import { isObject, type JsonObject } from '../json/json-value.js';
import { parseJsonText } from '../json/parse-json.js';

export interface PartsContext {
  /** `rest` and opaque parts are this dialect's own. */
  readonly own: boolean;
  readonly drops: Drops;
}

/** What Google takes for the signature of a call that another vendor's model made (https://ai.google.dev/gemini-api/docs/thought-signatures). */
const UNSIGNED = 'skip_thought_signature_validator';

export function writeParts(parts: readonly Part[], context: PartsContext): JsonObject[] {
  return parts.map((part) => writePart(part, context)).filter((part) => part !== null);
}

/** One part of a prompt, null (and named) where this dialect has no place for it. */
function writePart(part: Part, context: PartsContext): JsonObject | null {
  const { own, drops } = context;
  if (part.type === 'opaque') {
    if (part.dialect === 'gemini') return part.value;
    drops.add(part.kind);
    return null;
  }
  const fields = writeFields(part, context);
  if (fields === null) return null;
  if (part.cache !== undefined) drops.add('cache_control');
  if (!own) drops.addRest(part.rest);
  return { ...fields, ...(own ? part.rest : undefined) };
}

function writeFields(part: Exclude<Part, { type: 'opaque' }>, context: PartsContext): JsonObject | null {
  const { drops } = context;
  switch (part.type) {
    case 'text':
      if (part.citations !== undefined && part.citations.length > 0) drops.add('citations');
      return { text: part.text, thoughtSignature: part.signature?.format === 'google' ? part.signature.data : undefined };
    case 'refusal':
      return { text: part.text };
    case 'image':
      if (part.detail !== undefined && part.detail !== 'auto') drops.add('detail');
      return writeMedia(part.source, 'image/jpeg', undefined, drops);
    case 'audio':
      return writeMedia(part.source, 'audio/wav', undefined, drops);
    case 'file':
      return writeMedia(part.source, 'application/pdf', part.filename, drops);
    case 'reasoning':
      return writeThought(part, context);
    case 'tool_call':
      return writeCall(part, drops);
    case 'tool_result':
      return writeResult(part);
  }
}

/** A file on the web needs a media type here; where nobody says it, the commonest of its kind. */
function writeMedia(source: MediaSource, guess: string, displayName: string | undefined, drops: Drops): JsonObject | null {
  switch (source.kind) {
    case 'base64':
      return { inlineData: { mimeType: source.mediaType, data: source.data, displayName } };
    case 'url':
      return { fileData: { mimeType: source.mediaType ?? guess, fileUri: source.url, displayName } };
    case 'text':
      return { text: source.text };
    case 'file':
      if (source.dialect === 'gemini') return { fileData: { mimeType: source.mediaType, fileUri: source.id, displayName } };
      drops.add('file_id');
      return null;
  }
}

/** Google reads back its own thoughts only. */
function writeThought({ text, signature, encrypted }: ReasoningPart, { own, drops }: PartsContext): JsonObject | null {
  const proof = signature ?? encrypted;
  if (proof?.format === 'google' || (own && proof === undefined)) return { text, thought: true, thoughtSignature: proof?.data };
  drops.add('reasoning');
  return null;
}

function writeCall(call: ToolCallPart, drops: Drops): JsonObject {
  const { id, name, signature } = call;
  const parsed = call.custom ? { input: call.arguments } : parseJsonText(call.arguments);
  if (!isObject(parsed)) drops.add('tool_calls.arguments');
  if (signature !== undefined && signature.format !== 'google') drops.add('signature');
  const proof = signature?.format === 'google' ? signature.data : undefined;
  return { functionCall: { id, name, args: isObject(parsed) ? parsed : {} }, thoughtSignature: proof };
}

/** A result is an object here: the tool's own where it gave one, else under Google's keys. */
function writeResult(part: Extract<Part, { type: 'tool_result' }>): JsonObject {
  const text = plainText(part.parts);
  const parsed = part.isError ? undefined : parseJsonText(text);
  const response = isObject(parsed) ? parsed : part.isError ? { error: text } : { output: text };
  return { functionResponse: { id: part.callId, name: part.name ?? part.callId, response } };
}

/** Marks the first call of a turn that nobody signed. */
export function signForeignCalls(parts: readonly JsonObject[]): readonly JsonObject[] {
  const first = parts.findIndex((part) => part['functionCall'] !== undefined);
  const part = parts[first];
  if (part === undefined || part['thoughtSignature'] !== undefined) return parts;
  return parts.with(first, { ...part, thoughtSignature: UNSIGNED });
}

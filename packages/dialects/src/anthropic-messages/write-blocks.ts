import type { Drops } from '../canonical/drops.js';
import type { MediaSource } from '../canonical/media-source.js';
import type { CacheMark, Citation, Part, ReasoningPart, ToolCallPart } from '../canonical/part.js';
import { isObject, type JsonObject, type JsonValue } from '../json/json-value.js';
import { parseJsonText } from '../json/parse-json.js';

export interface BlocksContext {
  /** `rest` and opaque parts are this dialect's own. */
  readonly own: boolean;
  readonly drops: Drops;
}

/** The bare text where that says all, else blocks. */
export function writeContent(parts: readonly Part[], context: BlocksContext): string | JsonObject[] {
  const only = parts[0];
  if (parts.length === 1 && only?.type === 'text' && !only.cache && !only.rest && !only.citations) return only.text;
  return writeBlocks(parts, context);
}

export function writeBlocks(parts: readonly Part[], context: BlocksContext): JsonObject[] {
  const blocks: JsonObject[] = [];
  for (const part of parts) {
    const block = writeBlock(part, context);
    if (block !== null) blocks.push(block);
  }
  return blocks;
}

/** One block of a prompt, null (and named) where this dialect has no place for it. */
export function writeBlock(part: Part, context: BlocksContext): JsonObject | null {
  const { own, drops } = context;
  if (part.type === 'opaque') {
    if (part.dialect === 'anthropic-messages') return part.value;
    drops.add(part.kind);
    return null;
  }
  const fields = writeFields(part, context);
  if (fields === null) return null;
  if (!own) drops.addRest(part.rest);
  // Thoughts take no mark: it would change a signed block.
  const cache = part.type === 'reasoning' ? undefined : writeCache(part.cache);
  return { ...fields, ...cache, ...(own ? part.rest : undefined) };
}

function writeFields(part: Exclude<Part, { type: 'opaque' }>, context: BlocksContext): JsonObject | null {
  const { drops } = context;
  switch (part.type) {
    case 'text':
      if (part.signature !== undefined) drops.add('signature');
      // The API refuses an empty text; it says nothing, so nothing is lost.
      return part.text === '' ? null : { type: 'text', text: part.text, citations: writeCitations(part.citations, drops) };
    case 'refusal':
      return part.text === '' ? null : { type: 'text', text: part.text };
    case 'image': {
      if (part.detail !== undefined && part.detail !== 'auto') drops.add('detail');
      const source = writeSource(part.source, drops);
      return source === null ? null : { type: 'image', source };
    }
    case 'file': {
      const { source } = part;
      if (source.kind === 'base64' && source.mediaType !== 'application/pdf') break;
      const written =
        source.kind === 'text' ? { type: 'text', media_type: 'text/plain', data: source.text } : writeSource(source, drops);
      return written === null ? null : { type: 'document', source: written, title: part.filename };
    }
    case 'reasoning':
      return writeThought(part, context);
    case 'tool_call':
      if (part.signature !== undefined) drops.add('signature');
      return { type: 'tool_use', id: writeId(part.id), name: part.name, input: writeArguments(part, drops) };
    case 'tool_result': {
      const content = writeContent(part.parts, context);
      return {
        type: 'tool_result',
        tool_use_id: writeId(part.callId),
        content: content.length > 0 ? content : undefined,
        is_error: part.isError,
      };
    }
    default:
  }
  drops.add(part.type === 'file' ? 'file' : part.type);
  return null;
}

export const writeCache = (cache: CacheMark | undefined): JsonObject | undefined =>
  cache === undefined ? undefined : { cache_control: { type: 'ephemeral', ttl: cache.ttl } };

/** The API takes `^[a-zA-Z0-9_-]+$`; a call and its result are changed alike. */
const writeId = (id: string): string => id.replace(/[^a-zA-Z0-9_-]/g, '_') || '_';

function writeArguments(call: ToolCallPart, drops: Drops): JsonValue {
  if (call.custom) return { input: call.arguments };
  const parsed = parseJsonText(call.arguments);
  if (isObject(parsed)) return parsed;
  drops.add('tool_calls.arguments');
  return {};
}

/** Only what Anthropic has signed or encrypted can go back to it: a thought without proof is refused. */
function writeThought(part: ReasoningPart, { drops }: BlocksContext): JsonObject | null {
  const { text, signature, encrypted } = part;
  if (signature?.format === 'anthropic') return { type: 'thinking', thinking: text, signature: signature.data };
  if (encrypted?.format === 'anthropic') return { type: 'redacted_thinking', data: encrypted.data };
  drops.add('reasoning');
  return null;
}

function writeSource(source: MediaSource, drops: Drops): JsonObject | null {
  switch (source.kind) {
    case 'base64':
      return {
        type: 'base64',
        media_type: source.mediaType === 'image/jpg' ? 'image/jpeg' : source.mediaType,
        data: source.data,
      };
    case 'url':
      return { type: 'url', url: source.url };
    case 'text':
      return null;
    case 'file':
      if (source.dialect === 'anthropic-messages') return { type: 'file', file_id: source.id };
      drops.add('file_id');
      return null;
  }
}

/** A prompt takes only citations in the API's own shapes. */
function writeCitations(citations: readonly Citation[] | undefined, drops: Drops): readonly JsonValue[] | undefined {
  if (citations === undefined || citations.length === 0) return undefined;
  const own = citations.flatMap(({ raw }) => (raw?.dialect === 'anthropic-messages' ? [raw.value] : []));
  if (own.length < citations.length) drops.add('citations');
  return own.length > 0 ? own : undefined;
}

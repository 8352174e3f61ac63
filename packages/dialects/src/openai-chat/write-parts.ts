import type { Drops } from '../canonical/drops.js';
import { writeMediaUrl } from '../canonical/media.js';
import type { MediaSource } from '../canonical/media-source.js';
import type { CacheMark, Citation, Part, ReasoningPart, ToolCallPart } from '../canonical/part.js';
import type { Target } from '../canonical/target.js';
import type { JsonObject, JsonValue } from '../json/json-value.js';

export interface PartsContext {
  /** `rest` and opaque parts are this dialect's own. */
  readonly own: boolean;
  readonly drops: Drops;
  readonly cacheMarks: Target['cacheMarks'];
}

/** `content`: the bare text where that says all, else an array of parts. */
export function writeContent(parts: readonly Part[], context: PartsContext): JsonValue {
  const only = parts[0];
  if (only === undefined) return '';
  if (parts.length === 1 && only.type === 'text' && only.cache === undefined && only.rest === undefined)
    return writeText(only, context);
  const written: JsonObject[] = [];
  for (const part of parts) {
    const one = writePart(part, context);
    if (one !== null) written.push(one);
  }
  return written.length === 0 ? '' : written;
}

const writeText = (part: Extract<Part, { type: 'text' }>, { drops }: PartsContext): string => {
  // A prompt's citations have no place in this dialect.
  if (part.citations !== undefined && part.citations.length > 0) drops.add('citations');
  return part.text;
};

/** One part of a prompt, null (and named) where this dialect has no place for it. */
export function writePart(part: Part, context: PartsContext): JsonObject | null {
  const { own, drops } = context;
  if (part.type === 'opaque') {
    if (part.dialect === 'openai-chat') return part.value;
    drops.add(part.kind);
    return null;
  }
  const fields = writeFields(part, context);
  if (fields === null) return null;
  if (!own) drops.addRest(part.rest);
  return { ...fields, ...writeCache(part.cache, context), ...(own ? part.rest : undefined) };
}

function writeFields(part: Exclude<Part, { type: 'opaque' }>, context: PartsContext): JsonObject | null {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: writeText(part, context) };
    case 'refusal':
      return { type: 'refusal', refusal: part.text };
    case 'image': {
      const url = writeMediaUrl(part.source);
      if (url !== null) return { type: 'image_url', image_url: { url, detail: part.detail } };
      break;
    }
    case 'audio':
      if (part.source.kind === 'base64')
        return { type: 'input_audio', input_audio: { data: part.source.data, format: audioFormat(part.source.mediaType) } };
      break;
    case 'file':
      return writeFile(part.source, part.filename, context);
    default:
  }
  context.drops.add(part.type);
  return null;
}

const audioFormat = (mediaType: string): string =>
  mediaType === 'audio/mpeg' ? 'mp3' : mediaType.replace(/^audio\/(x-|vnd\.)?/, '').replace(/^wave$/, 'wav');

function writeFile(source: MediaSource, filename: string | undefined, { drops }: PartsContext): JsonObject | null {
  if (source.kind === 'text') return { type: 'text', text: source.text };
  if (source.kind === 'base64')
    // A file without a name is refused by OpenAI.
    return { type: 'file', file: { filename: filename ?? nameFor(source.mediaType), file_data: writeMediaUrl(source) ?? '' } };
  if (source.kind === 'file' && source.dialect.startsWith('openai-'))
    return { type: 'file', file: { file_id: source.id, filename } };
  drops.add(source.kind === 'url' ? 'file_url' : 'file_id');
  return null;
}

const nameFor = (mediaType: string): string =>
  `file.${mediaType === 'application/pdf' ? 'pdf' : (mediaType.split('/')[1] ?? 'bin')}`;

export function writeCache(cache: CacheMark | undefined, { cacheMarks, drops }: PartsContext): JsonObject | undefined {
  if (cache === undefined) return undefined;
  if (cacheMarks === 'breakpoint') return { prompt_cache_breakpoint: { mode: 'explicit' } };
  if (cacheMarks === 'cache_control') return { cache_control: { type: 'ephemeral', ttl: cache.ttl } };
  drops.add('cache_control');
  return undefined;
}

/** A tool call as a message or a whole answer has it. */
export function writeCall(call: ToolCallPart, own: boolean): JsonObject {
  const extra =
    call.signature?.format === 'google' ? { extra_content: { google: { thought_signature: call.signature.data } } } : undefined;
  const body: JsonObject = call.custom
    ? { id: call.id, type: 'custom', custom: { name: call.name, input: call.arguments } }
    : { id: call.id, type: 'function', function: { name: call.name, arguments: call.arguments } };
  return { ...body, ...extra, ...(own ? call.rest : undefined) };
}

const FORMAT_WORDS = {
  anthropic: 'anthropic-claude-v1',
  google: 'google-gemini-v1',
  openai: 'openai-responses-v1',
  bedrock: 'bedrock-converse-v1',
} as const;

/** The entries of one thought in `reasoning_details`: its text with its signature, then what is encrypted. */
export function writeDetails(part: Pick<ReasoningPart, 'text' | 'signature' | 'encrypted' | 'id'>, index: number): JsonObject[] {
  const { text, signature, encrypted, id } = part;
  const details: JsonObject[] = [];
  const format = signature ?? encrypted;
  const word = format === undefined ? undefined : FORMAT_WORDS[format.format];
  if (text !== '' || signature !== undefined)
    details.push({ type: 'reasoning.text', text, signature: signature?.data, id, format: word, index });
  if (encrypted !== undefined) details.push({ type: 'reasoning.encrypted', data: encrypted.data, id, format: word, index });
  return details;
}

/** A citation as OpenAI's annotation; one without a place is about the whole text so far. */
export function writeCitation(citation: Citation, textLength: number): JsonValue | null {
  if (citation.raw?.dialect === 'openai-chat') return citation.raw.value;
  if (citation.url === undefined) return null;
  const { url, title, start, end } = citation;
  return {
    type: 'url_citation',
    url_citation: { start_index: start ?? 0, end_index: end ?? textLength, title: title ?? url, url },
  };
}

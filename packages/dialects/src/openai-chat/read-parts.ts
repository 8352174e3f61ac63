import { readMediaUrl } from '../canonical/media.js';
import type {
  CacheMark,
  Citation,
  OpaquePart,
  Part,
  ReasoningPart,
  Signature,
  TextPart,
  ThoughtFormat,
} from '../canonical/part.js';
import { isObject, type JsonObject, type JsonValue } from '../json/json-value.js';
import { takeArray, takeNumber, takeObject, takeRest, takeText } from '../json/take.js';
import { needObject, needText, Unwanted, wantText } from '../json/want.js';

const CACHE_MEMBERS = ['cache_control', 'prompt_cache_breakpoint'];
const TEXT = new Set(['type', 'text', ...CACHE_MEMBERS]);
const IMAGE = new Set(['type', 'image_url', ...CACHE_MEMBERS]);
const AUDIO = new Set(['type', 'input_audio', ...CACHE_MEMBERS]);
const FILE = new Set(['type', 'file', ...CACHE_MEMBERS]);
const REFUSAL = new Set(['type', 'refusal']);

/** Reads `content` of a caller's message: a text, an array of parts, or nothing. */
export function readContent(content: JsonValue | undefined, path: string): Part[] {
  if (content === undefined || content === null) return [];
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  if (!Array.isArray(content)) throw new Unwanted(path, `"${path}" must be a string or an array of parts.`);
  return content.flatMap((part: JsonValue, index: number) =>
    readPart(needObject(part, `${path}[${index}]`), `${path}[${index}]`),
  );
}

function readPart(part: JsonObject, path: string): Part | Part[] {
  const cache = readCache(part);
  switch (part['type']) {
    case 'text':
      return { type: 'text', text: needText(part['text'], `${path}.text`), cache, rest: takeRest(part, TEXT) };
    case 'refusal':
      return { type: 'refusal', text: needText(part['refusal'], `${path}.refusal`), rest: takeRest(part, REFUSAL) };
    case 'image_url': {
      // OpenAI wants an object; some clients send the bare URL.
      const image =
        typeof part['image_url'] === 'string' ? { url: part['image_url'] } : needObject(part['image_url'], `${path}.image_url`);
      const url = needText(image['url'], `${path}.image_url.url`);
      const detail = wantText((image as JsonObject)['detail'], `${path}.image_url.detail`);
      return { type: 'image', source: readMediaUrl(url), detail, cache, rest: takeRest(part, IMAGE) };
    }
    case 'input_audio': {
      const audio = needObject(part['input_audio'], `${path}.input_audio`);
      const format = wantText(audio['format'], `${path}.input_audio.format`) ?? 'wav';
      const data = needText(audio['data'], `${path}.input_audio.data`);
      const source = { kind: 'base64', mediaType: format === 'mp3' ? 'audio/mpeg' : `audio/${format}`, data } as const;
      return { type: 'audio', source, cache, rest: takeRest(part, AUDIO) };
    }
    case 'file': {
      const file = needObject(part['file'], `${path}.file`);
      const filename = wantText(file['filename'], `${path}.file.filename`);
      const id = wantText(file['file_id'], `${path}.file.file_id`);
      const rest = takeRest(part, FILE);
      if (id !== undefined) return { type: 'file', source: { kind: 'file', dialect: 'openai-chat', id }, filename, cache, rest };
      return { type: 'file', source: readMediaUrl(needText(file['file_data'], `${path}.file.file_data`)), filename, cache, rest };
    }
    case 'thinking':
      return readThinking(part) ?? [];
    default:
      return { type: 'opaque', dialect: 'openai-chat', kind: needText(part['type'], `${path}.type`), value: part };
  }
}

/** OpenAI's own mark, or Anthropic's as OpenRouter and others take it on parts of this dialect. */
export function readCache(part: JsonObject): CacheMark | undefined {
  const control = part['cache_control'];
  if (isObject(control)) {
    const ttl = control['ttl'];
    return ttl === '1h' || ttl === '5m' ? { ttl } : {};
  }
  return isObject(part['prompt_cache_breakpoint']) ? {} : undefined;
}

/** Mistral's thoughts: `{"type":"thinking","thinking":[{"type":"text","text":...}]}`. */
export function readThinking(part: JsonObject): ReasoningPart | null {
  const { thinking } = part;
  const text =
    typeof thinking === 'string'
      ? thinking
      : takeArray(thinking)
          .map((piece) => takeText(takeObject(piece)['text']) ?? '')
          .join('');
  return text === '' ? null : { type: 'reasoning', text };
}

/** What an upstream puts into `content`: a text, or (Mistral, some gateways) an array of texts, thoughts and references. */
export function takeContent(content: JsonValue | undefined): (TextPart | ReasoningPart | OpaquePart)[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  const parts: (TextPart | ReasoningPart | OpaquePart)[] = [];
  for (const entry of takeArray(content)) {
    const part = takeObject(entry);
    const thought = part['type'] === 'thinking' ? readThinking(part) : null;
    const text = takeText(part['text']) ?? '';
    if (thought !== null) parts.push(thought);
    else if (part['type'] === 'reference') parts.push({ type: 'opaque', dialect: 'mistral', kind: 'reference', value: part });
    else if (text !== '') parts.push({ type: 'text', text });
  }
  return parts;
}

const FORMATS: readonly (readonly [string, ThoughtFormat])[] = [
  ['anthropic', 'anthropic'],
  ['google', 'google'],
  ['openai', 'openai'],
  ['azure-openai', 'openai'],
  ['bedrock', 'bedrock'],
];

/** OpenRouter's words (`anthropic-claude-v1`, `openai-responses-v1`, `google-gemini-v1`); null for one that we do not know. */
export function readThoughtFormat(format: unknown): ThoughtFormat | null {
  if (typeof format !== 'string') return null;
  return FORMATS.find(([prefix]) => format.startsWith(prefix))?.[1] ?? null;
}

export interface ThoughtDetail {
  /** Place of the thought that the entry belongs to. */
  readonly place: number;
  readonly text: string;
  readonly signature?: Signature;
  readonly encrypted?: Signature;
  readonly id?: string;
}

/**
 * `reasoning_details` (https://openrouter.ai/docs/use-cases/reasoning-tokens): the carrier of signatures and encrypted
 * thoughts in this dialect, which has none of its own. Entries of one `index` belong together.
 */
export function readDetails(details: JsonValue | undefined): ThoughtDetail[] {
  return takeArray(details).map((entry, at) => {
    const detail = takeObject(entry);
    const format = readThoughtFormat(detail['format']);
    const signed = takeText(detail['signature']);
    const data = detail['type'] === 'reasoning.encrypted' ? takeText(detail['data']) : undefined;
    return {
      place: takeNumber(detail['index']) ?? at,
      text: takeText(detail['text']) ?? takeText(detail['summary']) ?? '',
      signature: signed && format ? { format, data: signed } : undefined,
      encrypted: data && format ? { format, data } : undefined,
      id: takeText(detail['id']),
    };
  });
}

/** The thoughts of a whole message: the details where they are there, else the plain text that vendors write. */
export function readReasoning(message: JsonObject): ReasoningPart[] {
  const places = new Map<number, ReasoningPart>();
  for (const { place, text, ...rest } of readDetails(message['reasoning_details'])) {
    const before = places.get(place);
    places.set(place, {
      type: 'reasoning',
      text: (before?.text ?? '') + text,
      signature: rest.signature ?? before?.signature,
      encrypted: rest.encrypted ?? before?.encrypted,
      id: before?.id ?? rest.id,
    });
  }
  if (places.size > 0) return [...places.values()];
  const text = takeText(message['reasoning_content']) || takeText(message['reasoning']);
  return text ? [{ type: 'reasoning', text }] : [];
}

export function readCitation(value: JsonValue): Citation {
  // Perplexity: the bare URL.
  if (typeof value === 'string') return { url: value };
  const annotation = takeObject(value);
  const citation = takeObject(annotation['url_citation']);
  return {
    url: takeText(citation['url']),
    title: takeText(citation['title']),
    start: takeNumber(citation['start_index']),
    end: takeNumber(citation['end_index']),
    raw: { dialect: 'openai-chat', value },
  };
}

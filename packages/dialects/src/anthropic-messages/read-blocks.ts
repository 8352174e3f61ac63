import type { MediaSource } from '../canonical/media-source.js';
import type { CacheMark, Citation, Part } from '../canonical/part.js';
import { isObject, type JsonObject, type JsonValue } from '../json/json-value.js';
import { takeArray, takeObject, takeRest, takeText } from '../json/take.js';
import { needObject, needText, Unwanted, wantBoolean, wantText } from '../json/want.js';
import { readRedactedBlock, readThinkingBlock } from './signature.js';

const known = (members: string): ReadonlySet<string> => new Set(`type cache_control ${members}`.split(' '));
const TEXT = known('text citations');
const IMAGE = known('source');
const DOCUMENT = known('source title');
const TOOL_USE = known('id name input');
const TOOL_RESULT = known('tool_use_id content is_error');

/** Reads `content`: a text or an array of blocks. */
export function readContent(content: JsonValue | undefined, path: string): Part[] {
  if (content === undefined || content === null) return [];
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  if (!Array.isArray(content)) throw new Unwanted(path, `"${path}" must be a string or an array of blocks.`);
  return content.map((block: JsonValue, index: number) => readBlock(needObject(block, `${path}[${index}]`), `${path}[${index}]`));
}

/** One block of a prompt or of an answer (https://platform.claude.com/docs/en/api/messages). */
export function readBlock(block: JsonObject, path: string): Part {
  const cache = readCache(block['cache_control']);
  switch (block['type']) {
    case 'text': {
      const citations = takeArray(block['citations']).map(readCitation);
      const text = needText(block['text'], `${path}.text`);
      return { type: 'text', text, citations: citations.length > 0 ? citations : undefined, cache, rest: takeRest(block, TEXT) };
    }
    case 'image': {
      const source = readSource(needObject(block['source'], `${path}.source`), path);
      if (source !== null) return { type: 'image', source, cache, rest: takeRest(block, IMAGE) };
      break;
    }
    case 'document': {
      const source = readSource(needObject(block['source'], `${path}.source`), path);
      const filename = wantText(block['title'], `${path}.title`);
      if (source !== null) return { type: 'file', source, filename, cache, rest: takeRest(block, DOCUMENT) };
      break;
    }
    case 'thinking':
      return readThinkingBlock(
        needText(block['thinking'], `${path}.thinking`),
        wantText(block['signature'], `${path}.signature`),
      );
    case 'redacted_thinking':
      return readRedactedBlock(needText(block['data'], `${path}.data`));
    case 'tool_use': {
      const name = needText(block['name'], `${path}.name`);
      const id = needText(block['id'], `${path}.id`);
      return { type: 'tool_call', id, name, arguments: writeInput(block['input']), cache, rest: takeRest(block, TOOL_USE) };
    }
    case 'tool_result': {
      const callId = needText(block['tool_use_id'], `${path}.tool_use_id`);
      const parts = readContent(block['content'], `${path}.content`);
      const isError = wantBoolean(block['is_error'], `${path}.is_error`) || undefined;
      return { type: 'tool_result', callId, parts, isError, cache, rest: takeRest(block, TOOL_RESULT) };
    }
    default:
  }
  return { type: 'opaque', dialect: 'anthropic-messages', kind: needText(block['type'], `${path}.type`), value: block };
}

export const writeInput = (input: JsonValue | undefined): string =>
  input === undefined || input === null ? '{}' : JSON.stringify(input);

export function readCache(control: JsonValue | undefined): CacheMark | undefined {
  if (!isObject(control)) return undefined;
  const { ttl } = control;
  return ttl === '5m' || ttl === '1h' ? { ttl } : {};
}

/** Null for a source that only this dialect knows (blocks within a document). */
function readSource(source: JsonObject, path: string): MediaSource | null {
  const at = `${path}.source`;
  switch (source['type']) {
    case 'base64':
      return {
        kind: 'base64',
        mediaType: needText(source['media_type'], `${at}.media_type`),
        data: needText(source['data'], `${at}.data`),
      };
    case 'url':
      return { kind: 'url', url: needText(source['url'], `${at}.url`) };
    case 'text':
      return {
        kind: 'text',
        mediaType: takeText(source['media_type']) ?? 'text/plain',
        text: needText(source['data'], `${at}.data`),
      };
    case 'file':
      return { kind: 'file', dialect: 'anthropic-messages', id: needText(source['file_id'], `${at}.file_id`) };
    default:
      return null;
  }
}

export function readCitation(value: JsonValue): Citation {
  const citation = takeObject(value);
  return {
    url: takeText(citation['url']),
    title: takeText(citation['title']) ?? takeText(citation['document_title']),
    citedText: takeText(citation['cited_text']),
    raw: { dialect: 'anthropic-messages', value },
  };
}

/** Blocks of an answer; one that is not whole stays as it came, since an upstream is no caller to refuse. */
export function takeBlock(block: JsonObject): Part {
  try {
    return readBlock(block, 'content');
  } catch (error) {
    if (!(error instanceof Unwanted)) throw error;
    return { type: 'opaque', dialect: 'anthropic-messages', kind: takeText(block['type']) ?? 'unknown', value: block };
  }
}

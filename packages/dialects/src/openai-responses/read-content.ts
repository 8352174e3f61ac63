import { readMediaUrl } from '../canonical/media.js';
import type { Citation, Part } from '../canonical/part.js';
import type { JsonObject, JsonValue } from '../json/json-value.js';
import { takeArray, takeNumber, takeObject, takeRest, takeText } from '../json/take.js';
import { needObject, needText, Unwanted, wantText } from '../json/want.js';
import { readCache } from '../openai-chat/read-parts.js';

const known = (members: string): ReadonlySet<string> =>
  new Set(`type prompt_cache_breakpoint cache_control ${members}`.split(' '));
const TEXT = known('text annotations logprobs');
const IMAGE = known('image_url file_id detail');
const FILE = known('file_data file_url file_id filename');
const REFUSAL = known('refusal');

/** `content` of a message, or `output` of a tool: a text or an array of parts. */
export function readContent(content: JsonValue | undefined, path: string): Part[] {
  if (content === undefined || content === null) return [];
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  if (!Array.isArray(content)) throw new Unwanted(path, `"${path}" must be a string or an array of parts.`);
  return content.map((part: JsonValue, index: number) => readPart(needObject(part, `${path}[${index}]`), `${path}[${index}]`));
}

function readPart(part: JsonObject, path: string): Part {
  const cache = readCache(part);
  switch (part['type']) {
    case 'input_text':
    case 'output_text':
    case 'text': {
      const citations = takeArray(part['annotations']).map(readCitation);
      const text = needText(part['text'], `${path}.text`);
      return { type: 'text', text, citations: citations.length > 0 ? citations : undefined, cache, rest: takeRest(part, TEXT) };
    }
    case 'refusal':
      return { type: 'refusal', text: needText(part['refusal'], `${path}.refusal`), rest: takeRest(part, REFUSAL) };
    case 'input_image': {
      const detail = wantText(part['detail'], `${path}.detail`);
      const url = wantText(part['image_url'], `${path}.image_url`);
      const id = wantText(part['file_id'], `${path}.file_id`);
      const rest = takeRest(part, IMAGE);
      if (url !== undefined) return { type: 'image', source: readMediaUrl(url), detail, cache, rest };
      if (id !== undefined)
        return { type: 'image', source: { kind: 'file', dialect: 'openai-responses', id }, detail, cache, rest };
      throw new Unwanted(path, `"${path}" names neither "image_url" nor "file_id".`);
    }
    case 'input_file':
      return { type: 'file', ...readFile(part, path), cache, rest: takeRest(part, FILE) };
    case 'input_audio': {
      const audio = needObject(part['input_audio'], `${path}.input_audio`);
      const mediaType = audio['format'] === 'mp3' ? 'audio/mpeg' : `audio/${takeText(audio['format']) ?? 'wav'}`;
      return {
        type: 'audio',
        source: { kind: 'base64', mediaType, data: needText(audio['data'], `${path}.input_audio.data`) },
        cache,
      };
    }
    default:
      return { type: 'opaque', dialect: 'openai-responses', kind: needText(part['type'], `${path}.type`), value: part };
  }
}

function readFile(part: JsonObject, path: string): Pick<Extract<Part, { type: 'file' }>, 'source' | 'filename'> {
  const filename = wantText(part['filename'], `${path}.filename`);
  const id = wantText(part['file_id'], `${path}.file_id`);
  if (id !== undefined) return { source: { kind: 'file', dialect: 'openai-responses', id }, filename };
  const url = wantText(part['file_url'], `${path}.file_url`);
  if (url !== undefined) return { source: { kind: 'url', url }, filename };
  return { source: readMediaUrl(needText(part['file_data'], `${path}.file_data`)), filename };
}

export function readCitation(value: JsonValue): Citation {
  const citation = takeObject(value);
  return {
    url: takeText(citation['url']),
    title: takeText(citation['title']) ?? takeText(citation['filename']),
    start: takeNumber(citation['start_index']),
    end: takeNumber(citation['end_index']),
    raw: { dialect: 'openai-responses', value },
  };
}

import type { Drops } from '../canonical/drops.js';
import { writeMediaUrl } from '../canonical/media.js';
import type { MediaSource } from '../canonical/media-source.js';
import type { Citation, Part } from '../canonical/part.js';
import type { Target } from '../canonical/target.js';
import type { JsonObject, JsonValue } from '../json/json-value.js';
import { writeCache } from '../openai-chat/write-parts.js';

export interface ContentContext {
  /** `rest` and opaque parts are this dialect's own. */
  readonly own: boolean;
  readonly drops: Drops;
  readonly cacheMarks: Target['cacheMarks'];
}

export function writeContent(
  parts: readonly Part[],
  context: ContentContext,
  textType: 'input_text' | 'output_text',
): JsonObject[] {
  return parts.map((part) => writePart(part, context, textType)).filter((part) => part !== null);
}

/** One part of a message, null (and named) where this dialect has no place for it. */
function writePart(part: Part, context: ContentContext, textType: 'input_text' | 'output_text'): JsonObject | null {
  const { own, drops } = context;
  if (part.type === 'opaque') {
    if (part.dialect === 'openai-responses') return part.value;
    drops.add(part.kind);
    return null;
  }
  const fields = writeFields(part, context, textType);
  if (fields === null) return null;
  if (!own) drops.addRest(part.rest);
  return { ...fields, ...writeCache(part.cache, context), ...(own ? part.rest : undefined) };
}

function writeFields(part: Exclude<Part, { type: 'opaque' }>, { drops }: ContentContext, textType: string): JsonObject | null {
  switch (part.type) {
    case 'text':
      if (part.signature !== undefined) drops.add('signature');
      if (textType === 'output_text') return { type: textType, text: part.text, annotations: writeAnnotations(part, drops) };
      if (part.citations !== undefined && part.citations.length > 0) drops.add('citations');
      return { type: textType, text: part.text };
    case 'refusal':
      return { type: 'refusal', refusal: part.text };
    case 'image': {
      const url = writeMediaUrl(part.source);
      // The API wants a detail.
      if (url !== null) return { type: 'input_image', image_url: url, detail: part.detail ?? 'auto' };
      if (part.source.kind === 'file' && isOpenAi(part.source))
        return { type: 'input_image', file_id: part.source.id, detail: part.detail ?? 'auto' };
      break;
    }
    case 'file':
      return writeFile(part.source, part.filename, drops);
    default:
  }
  drops.add(part.type);
  return null;
}

const isOpenAi = (source: Extract<MediaSource, { kind: 'file' }>): boolean => source.dialect.startsWith('openai-');

function writeFile(source: MediaSource, filename: string | undefined, drops: Drops): JsonObject | null {
  switch (source.kind) {
    case 'text':
      return { type: 'input_text', text: source.text };
    case 'url':
      return { type: 'input_file', file_url: source.url };
    case 'base64':
      // Data without a name is refused.
      return { type: 'input_file', filename: filename ?? 'file.pdf', file_data: writeMediaUrl(source) ?? '' };
    case 'file':
      if (isOpenAi(source)) return { type: 'input_file', file_id: source.id };
      drops.add('file_id');
      return null;
  }
}

export function writeAnnotations(part: Extract<Part, { type: 'text' }>, drops: Drops): JsonValue[] {
  return (part.citations ?? []).flatMap((citation) => {
    const written = writeAnnotation(citation, part.text.length);
    if (written === null) drops.add('citations');
    return written === null ? [] : [written];
  });
}

/** A citation without a place is about the whole text so far. */
export function writeAnnotation({ raw, url, title, start, end }: Citation, textLength: number): JsonValue | null {
  if (raw?.dialect === 'openai-responses') return raw.value;
  if (url === undefined) return null;
  return { type: 'url_citation', start_index: start ?? 0, end_index: end ?? textLength, title: title ?? url, url };
}

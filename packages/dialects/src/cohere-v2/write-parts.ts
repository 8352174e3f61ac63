import type { Drops } from '../canonical/drops.js';
import { writeMediaUrl } from '../canonical/media.js';
import type { Part } from '../canonical/part.js';
import { isPlain, plainText } from '../canonical/plain-text.js';
import type { JsonObject, JsonValue } from '../json/json-value.js';

/** `content`: one string where there is only text, else parts (https://docs.cohere.com/reference/chat); empty where nothing is left. */
export function writeContent(parts: readonly Part[], drops: Drops): JsonValue {
  const written: JsonObject[] = [];
  for (const part of parts) {
    const one = writePart(part, drops);
    if (one !== null) written.push(one);
  }
  return isPlain(parts) ? plainText(parts) : written.length === 0 ? '' : written;
}

/** One part, null (and named) where the vendor has none of the kind. */
function writePart(part: Part, drops: Drops): JsonObject | null {
  if (part.type === 'opaque') {
    drops.add(part.kind);
    return null;
  }
  drops.addRest(part.rest);
  if (part.cache !== undefined) drops.add('cache_control');
  switch (part.type) {
    case 'text':
      if (part.citations !== undefined && part.citations.length > 0) drops.add('citations');
      return { type: 'text', text: part.text };
    case 'refusal':
      return { type: 'text', text: part.text };
    case 'image': {
      const url = writeMediaUrl(part.source);
      if (url !== null) return { type: 'image_url', image_url: { url, detail: part.detail } };
      break;
    }
    case 'file':
      if (part.source.kind === 'text') return { type: 'text', text: part.source.text };
      break;
    case 'reasoning':
      // Thoughts are plain here: what proves one is of no use to the vendor.
      if (part.signature !== undefined || part.encrypted !== undefined) drops.add('signature');
      if (part.text === '') drops.add('reasoning');
      return part.text === '' ? null : { type: 'thinking', thinking: part.text };
    default:
  }
  drops.add(part.type);
  return null;
}

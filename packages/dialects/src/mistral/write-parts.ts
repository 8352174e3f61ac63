import type { Drops } from '../canonical/drops.js';
import { writeMediaUrl } from '../canonical/media.js';
import type { Part } from '../canonical/part.js';
import { isPlain, plainText } from '../canonical/plain-text.js';
import type { JsonObject, JsonValue } from '../json/json-value.js';

/** `content`: one string where there is only text, else chunks (https://docs.mistral.ai/api/endpoint/chat). */
export function writeContent(parts: readonly Part[], drops: Drops): JsonValue {
  const chunks: JsonObject[] = [];
  for (const part of parts) {
    const chunk = writeChunk(part, drops);
    if (chunk !== null) chunks.push(chunk);
  }
  return isPlain(parts) ? plainText(parts) : chunks.length === 0 ? '' : chunks;
}

/** One chunk, null (and named) where the vendor has none of the kind. */
export function writeChunk(part: Part, drops: Drops): JsonObject | null {
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
    case 'audio': {
      const { source } = part;
      if (source.kind === 'base64') return { type: 'input_audio', input_audio: source.data };
      if (source.kind === 'url') return { type: 'input_audio', input_audio: source.url };
      break;
    }
    case 'file': {
      if (part.source.kind === 'text') return { type: 'text', text: part.source.text };
      const url = writeMediaUrl(part.source);
      if (url !== null) return { type: 'document_url', document_url: url, document_name: part.filename };
      break;
    }
    case 'reasoning': {
      // Thoughts are plain here: what proves one is of no use to the vendor.
      if (part.signature !== undefined || part.encrypted !== undefined) drops.add('signature');
      if (part.text === '') drops.add('reasoning');
      return part.text === '' ? null : { type: 'thinking', thinking: [{ type: 'text', text: part.text }] };
    }
    default:
  }
  drops.add(part.type);
  return null;
}

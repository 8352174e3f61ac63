import { isObject, type Json, textOf } from '../engine/json.js';
import { refuse } from '../engine/refusal.js';
import type { Conversation } from '../meaning/conversation.js';
import { decodeBase64, sniffMediaType } from '../meaning/sniff-media-type.js';

const IMAGE_TYPES = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];

/** Reads an `image` or `document` block; base64 must be what it says it is. */
export function readSource(block: Json, path: string, conversation: Conversation): void {
  const kind = block.type === 'image' ? 'image' : 'document';
  const source = isObject(block.source) ? block.source : refuse(`${path}.${kind}.source: Field required`);
  switch (source.type) {
    case 'base64': {
      const mediaType = textOf(source.media_type);
      const known = kind === 'image' ? IMAGE_TYPES : ['application/pdf'];
      if (!known.includes(mediaType)) {
        refuse(`${path}.${kind}.source.base64.media_type: Input should be ${known.map((type) => `'${type}'`).join(' or ')}`);
      }
      const bytes = decodeBase64(textOf(source.data)) ?? refuse(`${path}.${kind}.source.base64: invalid base64 data`);
      const actual = sniffMediaType(bytes);
      if (actual === null) refuse('Could not process image');
      if (actual !== mediaType) {
        refuse(
          `${path}.${kind}.source.base64: The image was specified using the ${mediaType} media type, but the image appears to be a ${actual} image`,
        );
      }
      conversation.medium({ kind, mediaType, bytes: bytes.length });
      return;
    }
    case 'url':
      if (!/^https:\/\//.test(textOf(source.url))) refuse(`${path}.${kind}.source.url.url: Only HTTPS URLs are supported.`);
      conversation.medium({ kind, mediaType: kind === 'image' ? 'image' : 'application/pdf', bytes: null });
      return;
    case 'text':
      if (kind !== 'document' || source.media_type !== 'text/plain')
        refuse(`${path}.${kind}.source.text.media_type: Input should be 'text/plain'`);
      conversation.text(textOf(source.data));
      conversation.medium({ kind, mediaType: 'text/plain', bytes: Buffer.byteLength(textOf(source.data)) });
      return;
    case 'file':
      conversation.medium({ kind, mediaType: kind, bytes: null });
      return;
    default:
      refuse(
        `${path}.${kind}.source: Input tag '${textOf(source.type)}' found using 'type' does not match any of the expected tags: 'base64', 'url', 'file'`,
      );
  }
}

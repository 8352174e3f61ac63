import { TollgateError } from '@tollgate/kernel';
import { InvalidFieldsError } from '../management/invalid-fields.js';
import { findDuplicateKey } from './find-duplicate-key.js';

type ParseText = (text: string) => unknown;

const CHARSET = /;\s*charset\s*=\s*"?([^";\s]*)/gi;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The JSON of a body, undefined where it is empty: many clients name the type of a body that they do not send. Refused are
 * other encodings (415, RFC 8259 knows UTF-8 alone), bytes that are no UTF-8, and a key that stands twice in an object (400):
 * parsers differ in which of the two they take, and what one of them checked another may not have seen.
 */
export function readJsonBody(headers: { readonly [name: string]: unknown }, bytes: Uint8Array, parse: ParseText): unknown {
  for (const [, charset = ''] of String(headers['content-type'] ?? '').matchAll(CHARSET)) {
    if (!/^utf-?8$/i.test(charset)) throw new TollgateError('unsupported_media_type', 'Send JSON in UTF-8.');
  }
  const encoding = String(headers['content-encoding'] ?? 'identity').trim();
  if (encoding.toLowerCase() !== 'identity') {
    throw new TollgateError('unsupported_media_type', 'Send the body as it is, not compressed.');
  }
  if (bytes.length === 0) return undefined;
  const text = decode(bytes);
  const value = parse(text);
  const duplicate = findDuplicateKey(text);
  if (duplicate !== null) throw new InvalidFieldsError([{ pointer: duplicate, detail: 'stands twice in its object' }]);
  return value;
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new TollgateError('invalid_json', 'The body is not valid UTF-8.', { cause });
  }
}

import { EMPTY_BYTES } from '@tollgate/kernel';
import type { MessageHeaders } from '../transport.js';
import { OPENING_HEADER_BYTES, readU32, WIRE_VERSION, writeU32 } from './frame.js';

export interface OpeningFields {
  readonly id: number;
  readonly deadlineMs: number;
  readonly windowBytes: number;
  readonly headers: Uint8Array;
  readonly meta: Uint8Array;
  readonly bodyLength: number;
  /** The first part of the body, whole where it fits. */
  readonly body: Uint8Array;
}

export function writeOpening(fields: OpeningFields): Uint8Array {
  const { headers, meta, body } = fields;
  const bytes = Buffer.allocUnsafe(OPENING_HEADER_BYTES + headers.length + meta.length + body.length);
  bytes[0] = WIRE_VERSION;
  bytes[1] = 0;
  bytes[2] = headers.length;
  bytes[3] = headers.length >>> 8;
  writeU32(bytes, 4, fields.id);
  writeU32(bytes, 8, Math.min(Math.max(Math.ceil(fields.deadlineMs), 1), 0xffffffff));
  writeU32(bytes, 12, fields.windowBytes);
  writeU32(bytes, 16, meta.length);
  writeU32(bytes, 20, fields.bodyLength);
  let at = OPENING_HEADER_BYTES;
  bytes.set(headers, at);
  at += headers.length;
  bytes.set(meta, at);
  bytes.set(body, at + meta.length);
  return bytes;
}

/** Null where the bytes are no opening of this version. */
export function readOpening(bytes: Uint8Array): OpeningFields | null {
  if (bytes.length < OPENING_HEADER_BYTES || bytes[0] !== WIRE_VERSION) return null;
  const headersEnd = OPENING_HEADER_BYTES + ((bytes[2] as number) | ((bytes[3] as number) << 8));
  const metaEnd = headersEnd + readU32(bytes, 16);
  const bodyLength = readU32(bytes, 20);
  if (metaEnd > bytes.length || bytes.length - metaEnd > bodyLength) return null;
  return {
    id: readU32(bytes, 4),
    deadlineMs: readU32(bytes, 8),
    windowBytes: readU32(bytes, 12),
    headers: bytes.subarray(OPENING_HEADER_BYTES, headersEnd),
    meta: bytes.subarray(headersEnd, metaEnd),
    bodyLength,
    body: bytes.subarray(metaEnd),
  };
}

/** One `name:value` a line, in Latin-1; header values are printable ASCII. Throws `RangeError` for a value that would add a header. */
export function encodeHeaders(headers: MessageHeaders): Uint8Array {
  let text = '';
  for (const name in headers) {
    const value = headers[name] as string;
    if (value.includes('\n')) throw new RangeError(`the header ${name} holds a line break`);
    text += `${name}:${value}\n`;
  }
  return text === '' ? EMPTY_BYTES : Buffer.from(text, 'latin1');
}

export function decodeHeaders(bytes: Uint8Array): MessageHeaders {
  const headers: Record<string, string> = {};
  if (bytes.length === 0) return headers;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  let at = 0;
  while (at < text.length) {
    const end = text.indexOf('\n', at);
    const colon = text.indexOf(':', at);
    if (end < 0 || colon < 0 || colon > end) break;
    headers[text.slice(at, colon)] = text.slice(colon + 1, end);
    at = end + 1;
  }
  return headers;
}

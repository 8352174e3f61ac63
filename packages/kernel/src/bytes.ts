const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const EMPTY_BYTES: Uint8Array = new Uint8Array(0);

export const encodeUtf8 = (text: string): Uint8Array => encoder.encode(text);
export const decodeUtf8 = (bytes: Uint8Array): string => decoder.decode(bytes);
/** Node's own, which takes short texts out of a pool: five times faster, and no memory outside the heap to be swept. */
const nodeBuffer = (globalThis as { readonly Buffer?: { from(text: string, encoding: 'utf8'): Uint8Array } }).Buffer;

export const encodeJson: (value: unknown) => Uint8Array =
  nodeBuffer === undefined
    ? (value) => encoder.encode(JSON.stringify(value))
    : (value) => nodeBuffer.from(JSON.stringify(value), 'utf8');

/** Parses UTF-8 JSON; throws `SyntaxError` as `JSON.parse` does. The caller validates the shape. */
export const decodeJson = (bytes: Uint8Array): unknown => JSON.parse(decoder.decode(bytes));

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

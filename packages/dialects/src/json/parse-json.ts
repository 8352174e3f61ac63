import { decodeUtf8, fail, ok, type Result } from '@tollgate/kernel';
import type { JsonValue } from './json-value.js';
import { parseExact } from './parse-exact.js';

const DEPTH_MAX = 64;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

export type ParseFailure = 'syntax' | 'too_deep';

/** Parses UTF-8 JSON once. Deeper than 64 is refused first: what is read here is later written by a recursive stringify. */
export function parseJson(bytes: Uint8Array): Result<JsonValue, ParseFailure> {
  if (tooDeep(bytes)) return fail('too_deep');
  try {
    return ok(parseExact(decodeUtf8(bytes)));
  } catch {
    return fail('syntax');
  }
}

/** Counts brackets outside of strings: a bound for any input, exact for JSON. */
function tooDeep(bytes: Uint8Array): boolean {
  let depth = 0;
  const length = bytes.length;
  for (let i = 0; i < length; i += 1) {
    const byte = bytes[i] as number;
    if (byte === QUOTE) {
      i += 1;
      while (i < length && bytes[i] !== QUOTE) i += bytes[i] === BACKSLASH ? 2 : 1;
    } else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      if (depth > DEPTH_MAX) return true;
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1;
  }
  return false;
}

/** The same for a text inside a text, such as the arguments of a tool; undefined where it is no JSON or too deep. */
export function parseJsonText(text: string): JsonValue | undefined {
  let depth = 0;
  let deepest = 0;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit === QUOTE) {
      i += 1;
      while (i < text.length && text.charCodeAt(i) !== QUOTE) i += text.charCodeAt(i) === BACKSLASH ? 2 : 1;
    } else if (unit === 0x7b || unit === 0x5b) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (unit === 0x7d || unit === 0x5d) depth -= 1;
  }
  if (deepest > DEPTH_MAX) return undefined;
  try {
    return parseExact(text);
  } catch {
    return undefined;
  }
}

import { parseToken } from '../tokens/parse-token.js';
import { CHECKSUM_LENGTH, DEFAULT_BRAND, LENGTH_AFTER_BRAND, type ParsedToken, SECRET_LENGTH } from '../tokens/token-format.js';

/** After brand and type. Rarer in any text than the brand itself, whose first letter would stop the search at each `t`. */
const NEEDLES: readonly Buffer[] = [Buffer.from('_live_'), Buffer.from('_test_')];
const TYPE_LENGTH = 1;
const HIDDEN_LENGTH = SECRET_LENGTH + CHECKSUM_LENGTH;
const STAR = 42;
/** A text that is made of needles must not hold up the process; no honest one has that many. */
const CANDIDATES_MAX = 10_000;

export interface FoundToken {
  /** Place of its first byte. */
  readonly at: number;
  readonly token: ParsedToken;
}

const NONE: readonly FoundToken[] = [];

/**
 * Our own tokens in any bytes, whole and with a checksum that holds; nothing else looks like one. A search for a few bytes, and
 * a closer look where they stand. One that a writer has hidden on purpose (escapes, base64) is not found.
 */
export function findTokens(bytes: Uint8Array, brand: string = DEFAULT_BRAND): readonly FoundToken[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let found: FoundToken[] | null = null;
  for (const needle of NEEDLES) {
    let candidates = 0;
    for (let at = buffer.indexOf(needle); at >= 0 && candidates < CANDIDATES_MAX; at = buffer.indexOf(needle, at + 1)) {
      candidates += 1;
      const token = tokenAt(buffer, at - TYPE_LENGTH - brand.length, brand);
      if (token === null) continue;
      found ??= [];
      found.push({ at: at - TYPE_LENGTH - brand.length, token });
    }
  }
  return found ?? NONE;
}

function tokenAt(buffer: Buffer, start: number, brand: string): ParsedToken | null {
  if (start < 0 || buffer[start] !== brand.charCodeAt(0)) return null;
  const text = buffer.toString('latin1', start, start + brand.length + LENGTH_AFTER_BRAND);
  const parsed = parseToken(text, brand);
  return parsed.ok ? parsed.value : null;
}

/** Puts stars over secret and checksum, in the bytes themselves: their number and all that stands around stay. */
export function maskTokens(bytes: Uint8Array, found: readonly FoundToken[]): void {
  for (const { at, token } of found) bytes.fill(STAR, at + token.text.length - HIDDEN_LENGTH, at + token.text.length);
}

const TEXT_LENGTH_MAX = 16_384;
const FOUND_MAX = 4;

/** The same in a line of text, such as a URL, where it may be escaped by percent signs. Next to none holds one: two cheap looks. */
export function findTokensInText(text: string, brand?: string): readonly FoundToken[] {
  if (text.length > TEXT_LENGTH_MAX) return NONE;
  const plain = text.includes('%') ? decode(text) : text;
  if (!plain.includes('_live_') && !plain.includes('_test_')) return NONE;
  return findTokens(Buffer.from(plain, 'latin1'), brand).slice(0, FOUND_MAX);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

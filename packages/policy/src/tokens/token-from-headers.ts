import { fail, type Result } from '@tollgate/kernel';
import { parseToken, type TokenShapeReason } from './parse-token.js';
import type { ParsedToken } from './token-format.js';

/** Lower-case names, as node:http gives them. */
export type HeaderValues = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Where clients put a key: OpenAI and most others, Anthropic, Azure, Google. */
const KEY_HEADERS = ['x-api-key', 'api-key', 'x-goog-api-key'] as const;
const BEARER = 'bearer ';
const MISSING = fail<'missing'>('missing');

/**
 * The token of a request. Where several headers carry something, the first that is a token in shape and checksum counts,
 * in the order `authorization`, `x-api-key`, `api-key`, `x-goog-api-key`: SDKs like to send a dummy in one of them. Where
 * none is, the reason is that of the first.
 */
export function tokenFromHeaders(headers: HeaderValues, brand?: string): Result<ParsedToken, TokenShapeReason | 'missing'> {
  const bearer = bearerOf(headers['authorization']);
  let refusal: Result<ParsedToken, TokenShapeReason | 'missing'> = MISSING;
  if (bearer !== null) {
    const parsed = parseToken(bearer, brand);
    if (parsed.ok) return parsed;
    refusal = parsed;
  }
  for (const name of KEY_HEADERS) {
    const value = headers[name];
    if (typeof value !== 'string' || value === '') continue;
    const parsed = parseToken(value, brand);
    if (parsed.ok) return parsed;
    if (refusal === MISSING) refusal = parsed;
  }
  return refusal;
}

/** RFC 9110: the scheme's case does not matter, one or more spaces follow. */
function bearerOf(value: string | readonly string[] | undefined): string | null {
  if (typeof value !== 'string' || value.length <= BEARER.length) return null;
  if (value.slice(0, BEARER.length).toLowerCase() !== BEARER) return null;
  let start = BEARER.length;
  while (value.charCodeAt(start) === 32) start += 1;
  return start === value.length ? null : value.slice(start);
}

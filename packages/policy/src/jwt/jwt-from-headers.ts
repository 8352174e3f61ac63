import type { HeaderValues } from '../tokens/token-from-headers.js';

/** `{"` in base64url: how the header of every JWT begins. */
const BEGINNING = 'eyJ';
const BEARER = 'bearer ';

/** The JWT of a request, by its look alone: only as `Authorization: Bearer` (RFC 6750). null where there is none. */
export function jwtFromHeaders(headers: HeaderValues): string | null {
  const value = headers['authorization'];
  if (typeof value !== 'string' || value.length <= BEARER.length) return null;
  if (value.slice(0, BEARER.length).toLowerCase() !== BEARER) return null;
  const text = value.slice(BEARER.length).trimStart();
  return text.startsWith(BEGINNING) && text.includes('.') ? text : null;
}

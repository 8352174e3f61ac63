import { parseToken } from './parse-token.js';

/** Names under which clients put a key into a URL. */
const KEY_PARAMETERS = new Set(['key', 'api_key', 'api-key', 'apikey', 'access_token', 'token']);
/** A longer value is no token, whatever it decodes to (each character may be escaped in three). */
const VALUE_LENGTH_MAX = 1_024;

/**
 * Does the URL (or path with query) carry a credential? A parameter of a telling name with a value, or any value of a
 * token's shape. URLs end up in logs and histories, so such a request is refused before anything else. Returns the
 * parameter's name (never its value; empty where the token stands alone), null where there is none. One pass over the query.
 */
export function tokenInQuery(url: string, brand?: string): string | null {
  const question = url.indexOf('?');
  if (question < 0) return null;
  const hash = url.indexOf('#', question);
  const end = hash < 0 ? url.length : hash;
  let from = question + 1;
  while (from < end) {
    let to = url.indexOf('&', from);
    if (to < 0 || to > end) to = end;
    const found = credentialOf(url.slice(from, to), brand);
    if (found !== null) return found;
    from = to + 1;
  }
  return null;
}

function credentialOf(pair: string, brand: string | undefined): string | null {
  const equals = pair.indexOf('=');
  const raw = equals < 0 ? pair : pair.slice(equals + 1);
  const name = equals < 0 ? '' : decode(pair.slice(0, equals)).toLowerCase();
  if (raw === '') return null;
  if (KEY_PARAMETERS.has(name)) return name;
  return raw.length <= VALUE_LENGTH_MAX && parseToken(decode(raw), brand).ok ? name : null;
}

function decode(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

import type { IncomingMessage } from 'node:http';
import { DIRECT_RESOLVE_PATH, tokenInQuery } from '@tollgate/policy';

const SECRET_HEADERS = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key', 'cookie', 'proxy-authorization'] as const;
const READING = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * May the request hold what nobody else should read: a token, a session, or a body (a password, a prompt)? A router's
 * question to auth holds none: it is signed.
 */
export function carriesSecret(request: IncomingMessage): boolean {
  const { headers, method = '', url = '/' } = request;
  if (SECRET_HEADERS.some((name) => headers[name] !== undefined)) return true;
  if (!READING.has(method)) return url !== DIRECT_RESOLVE_PATH;
  return tokenInQuery(url) !== null;
}

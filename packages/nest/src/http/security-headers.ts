import type { IncomingMessage, ServerResponse } from 'node:http';
import { comesEncrypted } from './client-of.js';

/**
 * For browsers, on every answer but those of the data plane, which browsers do not show. A page that loads something says so
 * by a `content-security-policy` of its own.
 */
const HEADERS: readonly (readonly [string, string])[] = [
  ['content-security-policy', "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"],
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'DENY'],
  // Not `no-referrer`: browsers would then send `Origin: null` with our own forms, and the check against forged ones needs it.
  ['referrer-policy', 'same-origin'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
];

/** A year, for this name alone: names below it are not ours to speak for (RFC 6797). */
const STRICT_TRANSPORT_SECURITY = 'max-age=31536000';

export function setSecurityHeaders(request: IncomingMessage, response: ServerResponse): void {
  for (const [name, value] of HEADERS) response.setHeader(name, value);
  if (comesEncrypted(request)) response.setHeader('strict-transport-security', STRICT_TRANSPORT_SECURITY);
}

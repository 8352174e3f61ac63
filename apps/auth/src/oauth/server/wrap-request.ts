import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { OAuthPlace } from './oauth-store.js';

/** What the library sees of a request: our own words on where we are, the body as we have read it. */
export interface WrappedFields extends OAuthPlace {
  readonly issuer: URL;
  readonly url: string;
  /** null = there was none. */
  readonly body: Buffer | null;
}

const PLACE = Symbol('place');
interface WithPlace {
  [PLACE]?: OAuthPlace;
}

const FORWARDED = ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'transfer-encoding', 'content-length'];

/** The path that the gateway is reached under, as links need it: `/llm` of `https://example.com/llm`, nothing of `https://example.com`. */
export const pathBefore = (issuer: string): string => new URL(issuer).pathname.replace(/\/$/, '');

/**
 * A request of node:http with another URL and body. The origin that links, cookies and metadata are made from is that of the
 * issuer, whatever `Host` says.
 */
export function wrapRequest(request: IncomingMessage, fields: WrappedFields): IncomingMessage {
  const { issuer, url, body, ...place } = fields;
  const headers: Record<string, string | string[] | undefined> = { ...request.headers };
  for (const name of FORWARDED) delete headers[name];
  headers['host'] = issuer.host;
  headers['x-forwarded-proto'] = issuer.protocol.slice(0, -1);
  if (body !== null) headers['content-length'] = String(body.length);
  const wrapped = Object.assign(Readable.from(body === null ? [] : [body]), {
    headers,
    url,
    // What stands in front of us has taken it off; the library puts it back on where it writes a URL.
    baseUrl: pathBefore(issuer.href),
    method: request.method,
    socket: request.socket,
    httpVersion: request.httpVersion,
    httpVersionMajor: request.httpVersionMajor,
    httpVersionMinor: request.httpVersionMinor,
    rawHeaders: request.rawHeaders,
    complete: true,
    [PLACE]: place,
  });
  return wrapped as unknown as IncomingMessage;
}

export const placeOfRequest = (request: IncomingMessage): OAuthPlace =>
  (request as WithPlace)[PLACE] ?? { requestId: null, ip: null, userAgent: null };

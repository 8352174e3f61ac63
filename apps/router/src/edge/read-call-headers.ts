import { TollgateError } from '@tollgate/kernel';
import type { Call } from './call.js';
import { readMetadata } from './read-metadata.js';
import { holdsToken } from './redact-token.js';

const REQUEST_ID = /^[\x21-\x7e]{1,128}$/;
const TIMEOUT = /^(\d{1,9})(s|ms)?$/;
const TIMEOUT_MS_MAX = 3_600_000;
/** The headers that say something about the call itself. Returns the refusal of the first bad one. */
export function readCallHeaders(call: Call): TollgateError | null {
  const { headers } = call.request;
  const requestId = headers['x-request-id'];
  if (typeof requestId === 'string' && REQUEST_ID.test(requestId) && !holdsToken(requestId)) call.clientRequestId = requestId;
  const timeout = headers['x-tollgate-timeout'];
  if (timeout !== undefined) {
    const ms = readTimeout(String(timeout));
    if (ms === null) return bad('x-tollgate-timeout', 'must be milliseconds from 1 to 3600000, or seconds such as 30s');
    call.timeoutMs = ms;
  }
  const metadata = readMetadata(headers);
  if (metadata === null)
    return bad(
      'x-tollgate-metadata',
      'must be a JSON object of at most 16 texts and 2 KB (keys to 64 characters, values to 512)',
    );
  call.metadata = metadata;
  return null;
}

const bad = (name: string, must: string): TollgateError =>
  new TollgateError('invalid_request', `The header ${name} ${must}.`, { param: name });

/** Milliseconds, as `1500`, `1500ms` or `30s`. */
export function readTimeout(text: string): number | null {
  const match = TIMEOUT.exec(text);
  if (match === null) return null;
  const ms = Number(match[1]) * (match[2] === 's' ? 1000 : 1);
  return ms >= 1 && ms <= TIMEOUT_MS_MAX ? ms : null;
}

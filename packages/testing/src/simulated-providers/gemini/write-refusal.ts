import { type Json, objectsOf } from '../engine/json.js';
import type { Refusal, RefusalKind } from '../engine/refusal.js';
import { type Answer, type Call, type Frame, frame } from '../engine/vendor.js';

/** google.rpc.Code by name: https://ai.google.dev/gemini-api/docs/troubleshooting */
const KINDS: Readonly<Record<RefusalKind, readonly [number, string]>> = {
  invalid: [400, 'INVALID_ARGUMENT'],
  unauthenticated: [401, 'UNAUTHENTICATED'],
  forbidden: [403, 'PERMISSION_DENIED'],
  not_found: [404, 'NOT_FOUND'],
  too_large: [400, 'INVALID_ARGUMENT'],
  rate_limited: [429, 'RESOURCE_EXHAUSTED'],
  server_error: [500, 'INTERNAL'],
  unavailable: [503, 'UNAVAILABLE'],
  overloaded: [503, 'UNAVAILABLE'],
};

function envelope(refusal: Refusal): Json {
  const [code, status] = KINDS[refusal.kind];
  const retry = refusal.details.retryAfterMs;
  const details = [
    ...objectsOf(refusal.details.extra?.details),
    ...(retry === undefined ? [] : [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${retry / 1_000}s` }]),
  ];
  const number = refusal.details.status ?? code;
  return {
    error: {
      code: number,
      message: refusal.message,
      status: refusal.details.type ?? status,
      ...(details.length > 0 ? { details } : {}),
    },
  };
}

/** The wait is told in the body (RetryInfo); there is no Retry-After. */
export function writeGoogleRefusal(refusal: Refusal, call: Call): Answer {
  const body = envelope(refusal);
  // A stream that was not asked for as SSE is an array, and so is its error.
  const listed = /:stream\w+$/.test(call.path) && call.query.get('alt') !== 'sse';
  return {
    status: refusal.details.status ?? KINDS[refusal.kind][0],
    headers: { 'content-type': 'application/json; charset=UTF-8', vary: 'Origin, X-Origin, Referer' },
    body: JSON.stringify(listed ? [body] : body, null, 2),
  };
}

export function writeGoogleErrorFrame(refusal: Refusal, call: Call): Frame {
  const body = JSON.stringify(envelope(refusal));
  return frame(call.query.get('alt') === 'sse' ? `data: ${body}\r\n\r\n` : `,\r\n${body}]`);
}

import type { Refusal, RefusalKind } from '../engine/refusal.js';
import { namedEvent } from '../engine/sse.js';
import type { Answer, Call, Frame } from '../engine/vendor.js';

/** https://docs.claude.com/en/api/errors */
const KINDS: Readonly<Record<RefusalKind, readonly [number, string]>> = {
  invalid: [400, 'invalid_request_error'],
  unauthenticated: [401, 'authentication_error'],
  forbidden: [403, 'permission_error'],
  not_found: [404, 'not_found_error'],
  too_large: [413, 'request_too_large'],
  rate_limited: [429, 'rate_limit_error'],
  server_error: [500, 'api_error'],
  unavailable: [503, 'api_error'],
  overloaded: [529, 'overloaded_error'],
};

const envelope = (refusal: Refusal, call: Call): object => ({
  type: 'error',
  error: { type: refusal.details.type ?? KINDS[refusal.kind][1], message: refusal.message },
  request_id: `req_01${call.id}`,
});

export function writeAnthropicRefusal(refusal: Refusal, call: Call): Answer {
  const seconds = refusal.details.retryAfterMs === undefined ? null : String(Math.ceil(refusal.details.retryAfterMs / 1_000));
  return {
    status: refusal.details.status ?? KINDS[refusal.kind][0],
    headers: {
      'content-type': 'application/json',
      'request-id': `req_01${call.id}`,
      ...(seconds === null ? {} : { 'retry-after': seconds }),
      ...(refusal.kind === 'rate_limited'
        ? {
            'anthropic-ratelimit-requests-limit': '50',
            'anthropic-ratelimit-requests-remaining': '0',
            'anthropic-ratelimit-requests-reset': new Date(call.now + (refusal.details.retryAfterMs ?? 0)).toISOString(),
          }
        : {}),
    },
    body: JSON.stringify(envelope(refusal, call)),
  };
}

/** In a stream the same envelope comes as an event of its own. */
export function writeAnthropicErrorFrame(refusal: Refusal): Frame {
  return namedEvent('error', { type: 'error', error: { type: KINDS[refusal.kind][1], message: refusal.message } });
}

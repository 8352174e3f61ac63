import type { Refusal, RefusalKind } from '../engine/refusal.js';
import { dataEvent } from '../engine/sse.js';
import type { Answer, Call, Frame } from '../engine/vendor.js';

/** https://platform.openai.com/docs/guides/error-codes: status, `type`, `code`. */
const KINDS: Readonly<Record<RefusalKind, readonly [number, string, string | null]>> = {
  invalid: [400, 'invalid_request_error', null],
  unauthenticated: [401, 'invalid_request_error', 'invalid_api_key'],
  forbidden: [403, 'invalid_request_error', null],
  not_found: [404, 'invalid_request_error', null],
  too_large: [413, 'invalid_request_error', null],
  rate_limited: [429, 'requests', 'rate_limit_exceeded'],
  server_error: [500, 'server_error', null],
  unavailable: [503, 'server_error', null],
  overloaded: [503, 'service_unavailable_error', null],
};

export function openAiError(refusal: Refusal): object {
  const [, type, code] = KINDS[refusal.kind];
  const { details } = refusal;
  return {
    error: {
      message: refusal.message,
      type: details.type ?? type,
      param: details.param ?? null,
      code: details.code === undefined ? code : details.code,
      ...details.extra,
    },
  };
}

/** Whole seconds for everybody, milliseconds for the vendor's own SDK. */
export const retryHeaders = (ms: number | undefined): Readonly<Record<string, string>> =>
  ms === undefined ? {} : { 'retry-after': String(Math.ceil(ms / 1_000)), 'retry-after-ms': String(ms) };

export function writeOpenAiRefusal(refusal: Refusal, call: Call): Answer {
  return {
    status: refusal.details.status ?? KINDS[refusal.kind][0],
    headers: {
      'content-type': 'application/json',
      'x-request-id': `req_${call.id}`,
      ...retryHeaders(refusal.details.retryAfterMs),
      ...(refusal.kind === 'rate_limited'
        ? {
            'x-ratelimit-limit-requests': '60',
            'x-ratelimit-remaining-requests': '0',
            'x-ratelimit-reset-requests': `${refusal.details.retryAfterMs ?? 0}ms`,
          }
        : {}),
    },
    body: JSON.stringify(openAiError(refusal)),
  };
}

export const writeOpenAiErrorFrame = (refusal: Refusal): Frame => dataEvent(openAiError(refusal));

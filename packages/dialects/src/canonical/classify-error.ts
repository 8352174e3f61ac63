import type { ErrorClass } from './canonical-error.js';

const CONTEXT =
  /context.?(length|window)|maximum context|too many (input )?tokens|prompt is too long|input is too long|exceeds? the (maximum|model).*tokens/i;
const POLICY = /usage polic|invalid_prompt|content.?(policy|filter|management)|safety|moderation|data_inspection/i;
const QUOTA = /insufficient_quota|billing|credit balance|payment|exceeded your current quota/i;

const BY_WORD: readonly (readonly [RegExp, ErrorClass])[] = [
  [/overloaded|unavailable|capacity|engine_overloaded/i, 'overloaded'],
  [/rate.?limit|too.?many.?requests|throttl|resource_exhausted/i, 'rate_limit'],
  [/authentication|unauthenticated|invalid_api_key|unauthorized/i, 'authentication'],
  [/permission|access.?denied|forbidden/i, 'permission'],
  [/not.?found/i, 'not_found'],
  [/too.?large/i, 'request_too_large'],
  [/timeout|deadline/i, 'timeout'],
  [/invalid|validation|failed_precondition/i, 'invalid_request'],
];

const BY_STATUS: Readonly<Record<number, ErrorClass>> = {
  400: 'invalid_request',
  401: 'authentication',
  402: 'quota',
  403: 'permission',
  404: 'not_found',
  408: 'timeout',
  413: 'request_too_large',
  422: 'invalid_request',
  429: 'rate_limit',
  498: 'overloaded',
  503: 'overloaded',
  504: 'timeout',
  529: 'overloaded',
};

export interface ErrorFacts {
  readonly status: number | null;
  /** The vendor's word or words for the error. */
  readonly word: string;
  readonly message: string;
}

/**
 * The class of an error. A window that is full and a policy that refused are told in a 400 (and a quota in a 429) by all
 * vendors, each with its own words; else the status decides, and inside a stream, where there is none, the vendor's word.
 */
export function classifyError({ status, word, message }: ErrorFacts): ErrorClass {
  const told = `${word} ${message.slice(0, 1000)}`;
  if (status === null || status === 400 || status === 413 || status === 422) {
    if (CONTEXT.test(told)) return 'context_window';
    if (POLICY.test(told)) return 'content_policy';
  }
  if (status === null || status === 400 || status === 403 || status === 429) if (QUOTA.test(told)) return 'quota';
  const known = status === null ? undefined : BY_STATUS[status];
  if (known !== undefined) return known;
  const byWord = BY_WORD.find(([pattern]) => pattern.test(word))?.[1];
  if (byWord !== undefined) return byWord;
  return status !== null && status >= 400 && status < 500 ? 'invalid_request' : 'server';
}

export const STATUS_OF_CLASS: Readonly<Record<ErrorClass, number>> = {
  invalid_request: 400,
  authentication: 401,
  permission: 403,
  not_found: 404,
  request_too_large: 413,
  rate_limit: 429,
  quota: 429,
  overloaded: 503,
  context_window: 400,
  content_policy: 400,
  timeout: 504,
  server: 502,
};

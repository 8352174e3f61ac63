import type { ErrorClass } from '@tollgate/dialects';
import type { ErrorCode } from '@tollgate/kernel';

export interface StatusClass {
  readonly code: ErrorCode;
  /** Public. */
  readonly message: string;
  /** The provider's own body may be shown: it speaks of the caller's request and not of our account. */
  readonly relayed: boolean;
}

const row = (code: ErrorCode, message: string, relayed = false): StatusClass => ({ code, message, relayed });

const NOT_FOUND = row('upstream_not_found', 'The provider does not know the model or the path.', true);
const AUTH = row('upstream_auth_failed', 'The provider refused the credential of the gateway.');
const TIMEOUT = row('upstream_timeout', 'The provider took too long.');
const OVERLOADED = row('upstream_overloaded', 'The provider is overloaded.');
const BAD_REQUEST = row('upstream_bad_request', 'The provider refused the request.', true);
const CONTEXT_WINDOW = row('upstream_context_window', 'The request is longer than the model can read.', true);
const CONTENT_POLICY = row('upstream_content_policy', 'The provider refuses the request for its content.', true);

const BY_STATUS: Readonly<Record<number, StatusClass>> = {
  401: AUTH,
  // An unpaid account is as useless as a wrong key, and as little of the caller's business.
  402: AUTH,
  403: AUTH,
  404: NOT_FOUND,
  408: TIMEOUT,
  429: row('upstream_rate_limited', 'The provider limits the rate of requests.'),
  503: OVERLOADED,
  504: TIMEOUT,
  524: TIMEOUT,
  529: OVERLOADED,
};

const REDIRECT = row('upstream_invalid', 'The provider answered with a redirect, which is not followed.');
const ERROR = row('upstream_error', 'The provider failed.');

/**
 * Vendors say it in words: `context_length_exceeded` (OpenAI, Groq), "maximum context length" (vLLM, DeepSeek), "prompt is too
 * long" (Anthropic), "exceeds the maximum number of tokens" (Gemini), "Input is too long" (Bedrock), "too many tokens" (Cohere).
 */
const CONTEXT_TEXT =
  /context_length|context length|context window|prompt is too long|input is too long|too many tokens|maximum number of tokens/i;
/** `content_policy_violation`, `content_filter`, `invalid_prompt` with "usage policy" (OpenAI, Azure), "content management policy" (Azure), "safety" as a code of others. */
const CONTENT_TEXT =
  /content_policy|content_filter|usage polic|content management policy|responsibleaipolicyviolation|data_inspection_failed/i;

/** A 429 by which OpenAI and its kin say that the account is empty: waiting does not help, another key does. */
const EMPTY_TEXT = /insufficient_quota|billing_hard_limit/i;

/** What the provider's own body makes of a status: a request that another model may well take. */
export function classifyRefusal(status: number, error: ProviderWords | null): StatusClass {
  const known = classifyStatus(status);
  if (status === 429 && error !== null && EMPTY_TEXT.test(`${error.type ?? ''} ${error.code ?? ''}`)) return AUTH;
  if (error === null || (known !== BAD_REQUEST && status !== 413)) return known;
  const words = `${error.type ?? ''} ${error.code ?? ''} ${error.message ?? ''}`;
  if (CONTENT_TEXT.test(words)) return CONTENT_POLICY;
  return CONTEXT_TEXT.test(words) ? CONTEXT_WINDOW : known;
}

const BY_CLASS: Readonly<Record<ErrorClass, StatusClass>> = {
  invalid_request: BAD_REQUEST,
  request_too_large: BAD_REQUEST,
  context_window: CONTEXT_WINDOW,
  content_policy: CONTENT_POLICY,
  authentication: AUTH,
  permission: AUTH,
  quota: AUTH,
  not_found: NOT_FOUND,
  rate_limit: BY_STATUS[429] as StatusClass,
  overloaded: OVERLOADED,
  timeout: TIMEOUT,
  server: ERROR,
};

/** What an error means that a dialect has read. */
export const statusOfClass = (errorClass: ErrorClass): StatusClass => BY_CLASS[errorClass];

/** What a provider says of a failure, as far as it says it. */
export interface ProviderWords {
  readonly code: string | number | null;
  readonly type: string | null;
  readonly message?: string;
}

/** What an upstream's status other than 2xx means. */
export function classifyStatus(status: number): StatusClass {
  const known = BY_STATUS[status];
  if (known !== undefined) return known;
  if (status >= 300 && status < 400) return REDIRECT;
  return status >= 400 && status < 500 ? BAD_REQUEST : ERROR;
}

const OVERLOADED_TEXT = /overloaded|capacity|unavailable/i;
const RATE_TEXT = /rate_limit|too_many_requests/i;
const AUTH_TEXT = /authentication|permission|unauthorized|insufficient_quota|billing/i;
const BAD_TEXT = /invalid_request|bad_request|context_length|content_filter|content_policy/i;

/** What an error that came inside a 200 means: by its numeric code where it has one, else by its words. */
export function classifyErrorObject(error: ProviderWords): StatusClass {
  const status = Number(error.code ?? Number.NaN);
  if (Number.isInteger(status) && status >= 400 && status < 600) return classifyRefusal(status, error);
  const words = `${error.type ?? ''} ${error.code ?? ''}`;
  if (OVERLOADED_TEXT.test(words)) return OVERLOADED;
  if (RATE_TEXT.test(words)) return classifyStatus(429);
  if (AUTH_TEXT.test(words)) return AUTH;
  return BAD_TEXT.test(words) ? classifyRefusal(400, error) : ERROR;
}

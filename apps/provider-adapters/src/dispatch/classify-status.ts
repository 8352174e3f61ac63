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
const BAD_TEXT = /invalid_request|bad_request|context_length|content_filter/i;

/** What an error that came inside a 200 means: by its numeric code where it has one, else by its words. */
export function classifyErrorObject(error: { readonly code: string | number | null; readonly type: string | null }): StatusClass {
  const status = Number(error.code ?? Number.NaN);
  if (Number.isInteger(status) && status >= 400 && status < 600) return classifyStatus(status);
  const words = `${error.type ?? ''} ${error.code ?? ''}`;
  if (OVERLOADED_TEXT.test(words)) return OVERLOADED;
  if (RATE_TEXT.test(words)) return classifyStatus(429);
  if (AUTH_TEXT.test(words)) return AUTH;
  return BAD_TEXT.test(words) ? BAD_REQUEST : ERROR;
}

import type { UpstreamFailure } from '@tollgate/contracts';
import type { CanonicalError, ErrorClass } from '@tollgate/dialects';
import { ERROR_CODES, type ErrorCode, isErrorCode, type TollgateError } from '@tollgate/kernel';

type Failure = TollgateError | UpstreamFailure;

const BY_CODE: Partial<Record<ErrorCode, ErrorClass>> = {
  budget_exceeded: 'quota',
  body_too_large: 'request_too_large',
  input_too_long: 'invalid_request',
  upstream_context_window: 'context_window',
  upstream_content_policy: 'content_policy',
};
const BY_STATUS: Readonly<Record<number, ErrorClass>> = {
  401: 'authentication',
  403: 'permission',
  404: 'not_found',
  408: 'timeout',
  429: 'rate_limit',
  503: 'overloaded',
  504: 'timeout',
};

const codeOf = ({ code }: Failure): ErrorCode => (isErrorCode(code) ? code : 'internal_error');

/** An error of ours for the writers of dialects; its code stands in front of the words, where a dialect has no place of its own. */
export function canonicalFailure(failure: Failure): CanonicalError {
  const code = codeOf(failure);
  const { httpStatus } = ERROR_CODES[code];
  const { param } = failure;
  return {
    class: BY_CODE[code] ?? BY_STATUS[httpStatus] ?? (httpStatus < 500 ? 'invalid_request' : 'server'),
    message: failure.message,
    status: httpStatus,
    code,
    ...(param === undefined ? {} : { param }),
  };
}

/** A refusal that is shown in the provider's own words keeps its status; of all else the table decides. */
export function statusOfFailure(failure: Failure): number {
  if ('body' in failure && failure.body !== null && failure.status !== null) return failure.status;
  return ERROR_CODES[codeOf(failure)].httpStatus;
}

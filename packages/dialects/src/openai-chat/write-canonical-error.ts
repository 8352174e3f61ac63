import { encodeUtf8 } from '@tollgate/kernel';
import type { CanonicalError, ErrorClass } from '../canonical/canonical-error.js';
import { STATUS_OF_CLASS } from '../canonical/classify-error.js';
import type { WrittenFailure } from '../canonical/dialect.js';

const WORDS: Readonly<Record<ErrorClass, readonly [type: string, code: string | null]>> = {
  invalid_request: ['invalid_request_error', null],
  authentication: ['authentication_error', 'invalid_api_key'],
  permission: ['permission_error', null],
  not_found: ['invalid_request_error', 'model_not_found'],
  request_too_large: ['invalid_request_error', 'request_too_large'],
  rate_limit: ['rate_limit_error', 'rate_limit_exceeded'],
  quota: ['insufficient_quota', 'insufficient_quota'],
  overloaded: ['server_error', 'overloaded'],
  context_window: ['invalid_request_error', 'context_length_exceeded'],
  content_policy: ['invalid_request_error', 'content_policy_violation'],
  timeout: ['server_error', 'timeout'],
  server: ['server_error', null],
};

export function envelopeOf(error: CanonicalError): string {
  const [type, code] = WORDS[error.class];
  return JSON.stringify({ error: { message: error.message, type, param: error.param ?? null, code } });
}

export const writeCanonicalError = (error: CanonicalError): WrittenFailure => ({
  httpStatus: STATUS_OF_CLASS[error.class],
  body: encodeUtf8(envelopeOf(error)),
});

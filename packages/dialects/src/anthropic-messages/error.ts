import { encodeUtf8 } from '@tollgate/kernel';
import type { CanonicalError, ErrorClass } from '../canonical/canonical-error.js';
import { classifyError } from '../canonical/classify-error.js';
import type { WrittenFailure } from '../canonical/dialect.js';
import { isObject, type JsonObject } from '../json/json-value.js';
import { parseJson } from '../json/parse-json.js';
import { takeObject, takeText } from '../json/take.js';

/** Types and statuses: https://platform.claude.com/docs/en/api/errors */
const WORDS: Readonly<Record<ErrorClass, readonly [status: number, type: string]>> = {
  invalid_request: [400, 'invalid_request_error'],
  authentication: [401, 'authentication_error'],
  permission: [403, 'permission_error'],
  not_found: [404, 'not_found_error'],
  request_too_large: [413, 'request_too_large'],
  rate_limit: [429, 'rate_limit_error'],
  quota: [402, 'billing_error'],
  overloaded: [529, 'overloaded_error'],
  context_window: [400, 'invalid_request_error'],
  content_policy: [400, 'invalid_request_error'],
  timeout: [504, 'timeout_error'],
  server: [500, 'api_error'],
};

const CLASS_OF: Readonly<Record<string, ErrorClass>> = { billing_error: 'quota', api_error: 'server' };

export function readError(status: number, body: Uint8Array): CanonicalError {
  const parsed = parseJson(body);
  return readErrorFields(status, parsed.ok && isObject(parsed.value) ? parsed.value : {});
}

export function readErrorFields(status: number | null, fields: JsonObject): CanonicalError {
  const error = takeObject(fields['error']);
  const message = takeText(error['message']) ?? 'The provider gave no message.';
  const type = takeText(error['type']);
  const known = type !== undefined && Object.hasOwn(CLASS_OF, type) ? CLASS_OF[type] : undefined;
  return { class: known ?? classifyError({ status, word: type ?? '', message }), message, status, type };
}

export function writeError(error: CanonicalError, requestId: string): WrittenFailure {
  const [httpStatus] = WORDS[error.class];
  return { httpStatus, body: encodeUtf8(JSON.stringify({ ...envelopeOf(error), request_id: requestId })) };
}

export const envelopeOf = (error: CanonicalError): JsonObject => ({
  type: 'error',
  error: { type: WORDS[error.class][1], message: error.message },
});

import { encodeUtf8 } from '@tollgate/kernel';
import type { CanonicalError, ErrorClass } from '../canonical/canonical-error.js';
import { classifyError, STATUS_OF_CLASS } from '../canonical/classify-error.js';
import type { WrittenFailure } from '../canonical/dialect.js';
import { isObject, type JsonObject } from '../json/json-value.js';
import { parseJson } from '../json/parse-json.js';
import { takeArray, takeObject, takeText } from '../json/take.js';

/** Words of google.rpc.Code (https://cloud.google.com/apis/design/errors). */
const WORDS: Readonly<Record<ErrorClass, string>> = {
  invalid_request: 'INVALID_ARGUMENT',
  authentication: 'UNAUTHENTICATED',
  permission: 'PERMISSION_DENIED',
  not_found: 'NOT_FOUND',
  request_too_large: 'INVALID_ARGUMENT',
  rate_limit: 'RESOURCE_EXHAUSTED',
  quota: 'RESOURCE_EXHAUSTED',
  overloaded: 'UNAVAILABLE',
  context_window: 'INVALID_ARGUMENT',
  content_policy: 'INVALID_ARGUMENT',
  timeout: 'DEADLINE_EXCEEDED',
  server: 'INTERNAL',
};
const QUOTA = 'insufficient_quota';

export function readError(status: number, body: Uint8Array): CanonicalError {
  const parsed = parseJson(body);
  const value = parsed.ok && Array.isArray(parsed.value) ? parsed.value[0] : parsed.ok ? parsed.value : null;
  return readErrorFields(status, isObject(value) ? value : {});
}

export function readErrorFields(status: number | null, fields: JsonObject): CanonicalError {
  const error = takeObject(fields['error']);
  const message = takeText(error['message']) ?? 'The provider gave no message.';
  const word = takeText(error['status']);
  const { code } = error;
  const statusSaid = status ?? (typeof code === 'number' && code >= 400 && code < 600 ? code : null);
  const details = takeArray(error['details']).map(takeObject);
  const retryAfterMs = readDelay(details);
  const quota = details.some((detail) => detail['reason'] === QUOTA);
  // Google says "quota" of every limit, also of one that ends within the minute: what can be tried again is a rate limit.
  const limited = statusSaid === 429 || word === 'RESOURCE_EXHAUSTED';
  const errorClass = limited
    ? quota
      ? 'quota'
      : 'rate_limit'
    : classifyError({ status: statusSaid, word: word ?? '', message });
  return { class: errorClass, message, status, code: word, ...(retryAfterMs === undefined ? undefined : { retryAfterMs }) };
}

/** `retryDelay` of google.rpc.RetryInfo: seconds as a text, `34.4s`. */
function readDelay(details: readonly JsonObject[]): number | undefined {
  for (const detail of details) {
    const seconds = /^(\d{1,6}(?:\.\d{1,9})?)s$/.exec(takeText(detail['retryDelay']) ?? '')?.[1];
    if (seconds !== undefined) return Math.ceil(Number(seconds) * 1000);
  }
  return undefined;
}

export const writeError = (error: CanonicalError): WrittenFailure => ({
  httpStatus: STATUS_OF_CLASS[error.class],
  body: encodeUtf8(JSON.stringify(envelopeOf(error))),
});

export const envelopeOf = (error: CanonicalError): JsonObject => ({
  error: {
    // The status of the answer itself, where that is known.
    code: error.status ?? STATUS_OF_CLASS[error.class],
    message: error.message,
    status: WORDS[error.class],
    details:
      error.class === 'quota'
        ? [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: QUOTA, domain: 'tollgate' }]
        : undefined,
  },
});

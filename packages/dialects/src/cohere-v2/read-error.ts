import type { CanonicalError } from '../canonical/canonical-error.js';
import { classifyError } from '../canonical/classify-error.js';
import type { JsonObject } from '../json/json-value.js';
import { takeText } from '../json/take.js';
import { readCanonicalError } from '../openai-chat/read-canonical-error.js';

/** The vendor's status for a token that it has blocked (https://docs.cohere.com/reference/errors). */
const INVALID_TOKEN = 498;
const WORD_LENGTH_MAX = 200;

/** `{"id","message"}`: the status tells the kind. */
export function readError(status: number, body: Uint8Array): CanonicalError {
  const error = readCanonicalError(status, body);
  return status === INVALID_TOKEN ? { ...error, class: 'authentication' } : error;
}

/** The end of a stream that failed: `finish_reason` ERROR or TIMEOUT, and what was wrong as a text. */
export function readStreamError(delta: JsonObject): CanonicalError {
  const message = takeText(delta['error']) || 'The provider ended its answer with an error.';
  if (delta['finish_reason'] === 'TIMEOUT') return { class: 'timeout', message, status: null };
  return { class: classifyError({ status: null, word: message.slice(0, WORD_LENGTH_MAX), message }), message, status: null };
}

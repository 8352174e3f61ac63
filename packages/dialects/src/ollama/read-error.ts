import type { CanonicalError } from '../canonical/canonical-error.js';
import { classifyError } from '../canonical/classify-error.js';
import type { JsonObject } from '../json/json-value.js';
import { readCanonicalError, readErrorFields } from '../openai-chat/read-canonical-error.js';

const WORD_LENGTH_MAX = 200;

export const readError = (status: number, body: Uint8Array): CanonicalError => readCanonicalError(status, body);

/** `{"error":"text"}` inside a stream: there is neither a status nor a word for its kind, so the text is all there is to go by. */
export function readStreamError(line: JsonObject): CanonicalError {
  const error = readErrorFields(null, line);
  const word = /server busy|maximum pending requests/i.test(error.message)
    ? 'overloaded'
    : error.message.slice(0, WORD_LENGTH_MAX);
  return { ...error, class: classifyError({ status: null, word, message: error.message }) };
}

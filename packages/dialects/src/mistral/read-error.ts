import type { CanonicalError } from '../canonical/canonical-error.js';
import { readCanonicalError } from '../openai-chat/read-canonical-error.js';

/** `{"object":"error","message","type","code"}`, or `{"detail"}` of its validation; a model that there is none of is a 400. */
export function readError(status: number, body: Uint8Array): CanonicalError {
  const error = readCanonicalError(status, body);
  return error.type === 'invalid_model' ? { ...error, class: 'not_found' } : error;
}

import type { Call } from './call.js';
import { refuseWith } from './refuse.js';

const INVALID = 'The API token is missing, malformed, unknown, expired or revoked.';
/**
 * A well-formed token is refused no earlier than this after the call began. What is cached, what auth had to be asked about and
 * whether it found anything take different times, all of them shorter: so the time of a refusal tells nobody which ids exist.
 */
const REFUSAL_MS = 50;

/** One body for every reason, so that nobody learns which of them it was. */
export const refuseMalformed = (call: Call): void => refuseWith(call, 'invalid_api_key', INVALID);

/** Also for unknown, wrong, expired, revoked and suspended tokens; each after the same time. */
export function refuseInvalid(call: Call): void {
  const leftMs = REFUSAL_MS - call.elapsedMs();
  if (leftMs <= 0) refuseMalformed(call);
  else setTimeout(refuseMalformed, leftMs, call);
}

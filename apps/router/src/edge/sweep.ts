import { TollgateError } from '@tollgate/kernel';
import type { TokenEntry } from '../snapshot/token-store.js';
import { breakStream } from './break-stream.js';
import type { Call, Gate } from './call.js';
import { accessError } from './check-access.js';
import { cutAttempt } from './cut-attempt.js';
import { refuse, refuseWith } from './refuse.js';
import { writeChunk } from './write-chunk.js';

const PING = Buffer.from(': ping\n\n');

/** Looks at all calls a few times a second: bodies that do not arrive, streams that have been silent. One timer for all. */
export function sweep(gate: Gate): void {
  const now = gate.clock.monotonic();
  for (const call of gate.calls.all()) {
    if (call.phase === 'reading') {
      if (now - call.movedAt > gate.config.bodyMs)
        refuseWith(call, 'request_timeout', 'The body of the request did not arrive in time.');
    } else if (call.headSent && call.stream && call.phase === 'relaying') {
      // Whole events only have been passed on, so a comment fits in between. A slow caller needs none.
      if (now - call.movedAt > gate.config.pingMs && call.heldCredit === 0 && !call.response.destroyed) {
        call.movedAt = now;
        writeChunk(call, PING);
      }
    }
  }
}

/**
 * Twice a second: would the calls under way still be let in? Time passes (an expiry, the end of a window) and tokens change. Those
 * that the cache cannot answer for are asked about; what comes back is looked at the next time, unless it ends them at once.
 */
export function recheckTokens(gate: Gate): void {
  if (gate.calls.size === 0) return;
  const unknown = new Set<string>();
  for (const call of gate.calls.all()) {
    const { verified } = call;
    if (verified === null || call.over) continue;
    const { publicId } = verified.token;
    const entry = gate.tokens.find(publicId);
    if (entry === null) unknown.add(publicId);
    const error = entryError(call, entry);
    if (error !== null) endCall(call, error);
  }
  for (const publicId of unknown) gate.tokens.recheck(publicId);
}

/** By what is known of the token now; where nothing is, by what was known when the call began. */
function entryError(call: Call, entry: TokenEntry | null): TollgateError | null {
  const token = entry?.token ?? call.verified?.token;
  const access = entry?.access ?? call.access;
  if (token === undefined || access === null) return null;
  const now = call.gate.clock.now();
  if (token.status !== 'active') return revoked();
  if ((token.expiresAt ?? now + 1) <= now) return expired();
  // An access token lives for minutes only: it lets a call in, which may take longer.
  if (call.jwt === null) {
    const secret = token.secrets.find(({ id }) => id === call.verified?.secretId);
    if (secret === undefined) return revoked();
    if ((secret.expiresAt ?? now + 1) <= now) return expired();
  }
  const reason = access.refusal(call.scope, call.address, now);
  return reason === null ? null : accessError(reason, { access, scope: call.scope });
}

const revoked = (): TollgateError => new TollgateError('invalid_api_key', 'The API token has been revoked.');
const expired = (): TollgateError => new TollgateError('invalid_api_key', 'The API token has expired.');

/** A token was revoked: what it still has under way ends. */
export function endCallsOf(gate: Gate, publicId: string): void {
  for (const call of gate.calls.all()) if (call.verified?.token.publicId === publicId) endCall(call, revoked());
}

/** One access token was revoked. */
export function endCallsOfJwt(gate: Gate, jti: string): void {
  for (const call of gate.calls.all()) if (call.jwt?.jti === jti && call.verified !== null) endCall(call, revoked());
}

function endCall(call: Call, error: TollgateError): void {
  if (call.over) return;
  cutAttempt(call, error.code);
  if (call.headSent) breakStream(call, error);
  else refuse(call, error);
}

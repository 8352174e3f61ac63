import { TollgateError } from '@tollgate/kernel';
import { breakStream } from './break-stream.js';
import type { Call, Gate } from './call.js';
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

/** While no change of a token is heard, those with calls under way are asked about. */
export function recheckTokens(gate: Gate): void {
  if (gate.tokens.feed.fresh || gate.calls.size === 0) return;
  const publicIds = new Set<string>();
  for (const { parsed, verified } of gate.calls.all()) if (parsed !== null && verified !== null) publicIds.add(parsed.publicId);
  for (const publicId of publicIds) gate.tokens.recheck(publicId);
}

/** A token was revoked: what it still has under way ends. */
export function endCallsOf(gate: Gate, publicId: string): void {
  for (const call of gate.calls.all()) if (call.parsed?.publicId === publicId && call.verified !== null) endCall(call);
}

function endCall(call: Call): void {
  if (call.over) return;
  cutAttempt(call, 'invalid_api_key');
  const error = new TollgateError('invalid_api_key', 'The API token has been revoked.');
  if (call.headSent) breakStream(call, error);
  else refuse(call, error);
}

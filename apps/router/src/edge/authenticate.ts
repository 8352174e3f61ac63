import { TollgateError } from '@tollgate/kernel';
import { tokenFromHeaders, verifyToken } from '@tollgate/policy';
import type { TokenEntry, TokenOutcome } from '../snapshot/token-store.js';
import type { Call } from './call.js';
import { checkAccess } from './check-access.js';
import { refuse, refuseWith } from './refuse.js';
import { refuseInvalid, refuseMalformed } from './refuse-invalid.js';

/** Step 2: who calls, and may they at all? From the cache without waiting; else one question to auth. */
export function authenticate(call: Call, scope: string, next: (call: Call) => void): void {
  const parsed = tokenFromHeaders(call.request.headers, call.gate.brand);
  if (!parsed.ok) {
    refuseMalformed(call);
    return;
  }
  call.parsed = parsed.value;
  call.scope = scope;
  call.afterAuthentication = next;
  const { tokens, metrics } = call.gate;
  const entry = tokens.find(parsed.value.publicId);
  if (entry !== null) {
    metrics.lookups.add({ result: 'hit' });
    onToken(call, entry, 'fresh');
    return;
  }
  call.afterToken = onResolved;
  tokens.resolve(parsed.value.publicId, call);
}

const RESULTS = { fresh: 'miss', grace: 'grace', unverifiable: 'unverifiable', throttled: 'throttled' } as const;

function onResolved(call: Call, entry: TokenEntry | null, outcome: TokenOutcome): void {
  call.gate.metrics.lookups.add({ result: RESULTS[outcome] });
  if (call.over) return;
  onToken(call, entry, outcome);
}

/** `throttled`: too many wrong secrets of this token; what the copy said stands. */
function onRenewed(call: Call, entry: TokenEntry | null, outcome: TokenOutcome): void {
  if (call.over) return;
  if (outcome === 'throttled') refuseInvalid(call);
  else onToken(call, entry, outcome);
}

function onToken(call: Call, entry: TokenEntry | null, outcome: TokenOutcome): void {
  const { gate, parsed } = call;
  if (outcome === 'throttled') {
    const message = 'Too many unknown tokens come from this address. Try again shortly.';
    refuse(call, new TollgateError('rate_limit_exceeded', message, { retryAfterMs: 1_000 }));
    return;
  }
  if (entry === null || parsed === null) {
    refuseWith(call, 'token_unverifiable', 'The token cannot be checked right now. Try again shortly.');
    return;
  }
  const verdict = verifyToken(parsed, entry.token, gate.config.peppers, call.startedAt);
  if (!verdict.ok) {
    // It may have been made after we asked, by a rotation whose news is on its way here: whoever has the new secret may use it.
    if ((verdict.error === 'wrong_secret' || verdict.error === 'unknown_token') && entry.askedAt < call.startedMono) {
      call.afterToken = onRenewed;
      gate.tokens.renew(parsed.publicId, call);
      return;
    }
    // Which of them it was is not the caller's to know.
    gate.logger.debug({ requestId: call.id, publicId: parsed.publicId, reason: verdict.error }, 'a token was refused');
    refuseInvalid(call);
    return;
  }
  call.verified = verdict.value;
  call.unverified = outcome === 'grace';
  call.access = entry.access;
  gate.uses.note(verdict.value, parsed.text, call.startedAt);
  if (checkAccess(call, call.address)) call.afterAuthentication(call);
}

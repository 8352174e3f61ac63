import { type Result, TollgateError } from '@tollgate/kernel';
import { type AccessToken, type JwtRefusalReason, jwtFromHeaders, tokenFromHeaders, verifyToken } from '@tollgate/policy';
import type { TokenEntry, TokenOutcome } from '../snapshot/token-store.js';
import { jwtAllows, verifiedByJwt } from './authenticate-jwt.js';
import type { Call } from './call.js';
import { checkAccess } from './check-access.js';
import { refuse, refuseWith } from './refuse.js';
import { refuseInvalid, refuseMalformed } from './refuse-invalid.js';
import { sightRefused } from './sight.js';

/** Step 2: who calls, and may they at all? From the cache without waiting; else one question to auth. */
export function authenticate(call: Call, scope: string, next: (call: Call) => void): void {
  call.scope = scope;
  call.afterAuthentication = next;
  const parsed = tokenFromHeaders(call.request.headers, call.gate.brand);
  if (parsed.ok) {
    call.parsed = parsed.value;
    lookUp(call, parsed.value.publicId);
    return;
  }
  const jwt = jwtFromHeaders(call.request.headers);
  if (jwt === null) {
    if (parsed.error !== 'missing') call.gate.sightings.garbage(call);
    refuseMalformed(call);
    return;
  }
  call.afterJwt = onJwt;
  const verdict = call.gate.jwts.find(jwt);
  if (verdict === null) call.gate.jwts.resolve(jwt, call);
  else onJwt(call, verdict);
}

/** An access token: its signature instead of a secret, then the key behind it, looked up like any other. null = auth is away. */
function onJwt(call: Call, verdict: Result<AccessToken, JwtRefusalReason> | null): void {
  if (call.over) return;
  if (verdict === null) {
    refuseWith(call, 'token_unverifiable', 'The token cannot be checked right now. Try again shortly.');
  } else if (verdict.ok) {
    call.jwt = verdict.value;
    lookUp(call, verdict.value.publicId);
  } else {
    call.gate.logger.debug({ requestId: call.id, reason: verdict.error }, 'an access token was refused');
    refuseInvalid(call);
  }
}

function lookUp(call: Call, publicId: string): void {
  const { tokens, metrics } = call.gate;
  const entry = tokens.find(publicId);
  if (entry !== null) {
    metrics.lookups.add({ result: 'hit' });
    onToken(call, entry, 'fresh');
    return;
  }
  call.afterToken = onResolved;
  tokens.resolve(publicId, call);
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
  if (outcome === 'throttled') {
    sightRefused(call, 'wrong_secret');
    refuseInvalid(call);
  } else onToken(call, entry, outcome);
}

function onToken(call: Call, entry: TokenEntry | null, outcome: TokenOutcome): void {
  const { gate, parsed } = call;
  if (outcome === 'throttled') {
    const message = 'Too many unknown tokens come from this address. Try again shortly.';
    refuse(call, new TollgateError('rate_limit_exceeded', message, { retryAfterMs: 1_000 }));
    return;
  }
  if (entry !== null && call.jwt !== null) {
    onKeyOfJwt(call, entry, outcome, call.jwt);
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
    sightRefused(call, verdict.error);
    refuseInvalid(call);
    return;
  }
  call.verified = verdict.value;
  call.unverified = outcome === 'grace';
  call.access = entry.access;
  if (!checkAccess(call, call.address)) return;
  // Not before: whoever may not use it from there must not keep it from ending unused.
  gate.uses.note(verdict.value, parsed.text, call, call.startedAt);
  call.afterAuthentication(call);
}

function onKeyOfJwt(call: Call, entry: TokenEntry, outcome: TokenOutcome, jwt: AccessToken): void {
  const verified = verifiedByJwt(jwt, entry, call.startedAt);
  if (verified === null) {
    call.gate.logger.debug({ requestId: call.id, publicId: entry.publicId }, 'the key of an access token was refused');
    refuseInvalid(call);
    return;
  }
  call.verified = verified;
  call.unverified = outcome === 'grace';
  call.access = entry.access;
  if (!jwtAllows(jwt, call.scope)) refuseWith(call, 'permission_denied', `This token lacks the scope ${call.scope}.`);
  else if (checkAccess(call, call.address)) call.afterAuthentication(call);
}

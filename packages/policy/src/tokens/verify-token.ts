import { hash, timingSafeEqual } from 'node:crypto';
import type { TokenSecret, TokenSnapshot } from '@tollgate/contracts';
import { fail, ok, type Result } from '@tollgate/kernel';
import { digestToken } from './digest-token.js';
import type { PepperSet } from './read-peppers.js';
import type { ParsedToken } from './token-format.js';

/** For the audit trail only; every caller is told the same `invalid_api_key`. */
export type TokenRefusalReason =
  | 'unknown_token'
  | 'wrong_secret'
  | 'secret_expired'
  | 'token_revoked'
  | 'token_suspended'
  | 'token_expired';

export interface VerifiedToken {
  readonly tokenId: string;
  readonly secretId: string;
  readonly organisationId: string;
  /** Of the digest that matched; older than the current one means: make the digest anew when convenient. */
  readonly pepperVersion: number;
  readonly token: TokenSnapshot;
}

const DIGEST_BYTES = 32;
const DUMMY_DIGEST = Buffer.alloc(DIGEST_BYTES);
const DUMMY_TEXT = DUMMY_DIGEST.toString('base64url');
const dummy = (id: string): TokenSecret => ({ id, digest: DUMMY_TEXT, pepperVersion: 0, state: 'active', expiresAt: null });
/**
 * A token has at most two usable secrets. One that has fewer or does not exist is filled up with these, which are decoded,
 * looked up and compared like others and never match.
 */
const DUMMIES: readonly TokenSecret[] = [dummy('none_1'), dummy('none_2')];
const NO_SECRETS: readonly TokenSecret[] = [];

/**
 * SHA-256 of the text that has matched a secret before: a second look costs a third of an HMAC, which makes objects that
 * the collector has to finalise. It lives as long as the snapshot; a text of 256 random bits cannot be guessed from it.
 */
const fingerprints = new WeakMap<TokenSecret, Fingerprint>();
interface Fingerprint {
  /** A pepper that was taken away takes its matches along. */
  readonly peppers: PepperSet;
  readonly bytes: Buffer;
}
/** Of the text that is being looked at: a hash as a text, written here, costs a third of one that comes as a buffer of its own. */
const fingerprint = Buffer.alloc(DIGEST_BYTES);

/**
 * Is this text a live secret of that token? `now` in milliseconds since the epoch. A snapshot of null (unknown id) costs
 * the same as a wrong secret: the same number of digests and comparisons, so that time tells nobody which ids exist.
 */
export function verifyToken(
  parsed: ParsedToken,
  snapshot: TokenSnapshot | null,
  peppers: PepperSet,
  now: number,
): Result<VerifiedToken, TokenRefusalReason> {
  const known = snapshot !== null && snapshot.publicId === parsed.publicId;
  const secret = findSecret(parsed.text, known ? snapshot.secrets : NO_SECRETS, peppers);
  if (!known) return fail('unknown_token');
  if (snapshot.status === 'revoked') return fail('token_revoked');
  if (secret === null) return fail('wrong_secret');
  if (snapshot.status === 'suspended') return fail('token_suspended');
  if (snapshot.expiresAt !== null && snapshot.expiresAt <= now) return fail('token_expired');
  if (secret.expiresAt !== null && secret.expiresAt <= now) return fail('secret_expired');
  return ok({
    tokenId: snapshot.id,
    secretId: secret.id,
    organisationId: snapshot.organisationId,
    pepperVersion: secret.pepperVersion,
    token: snapshot,
  });
}

/** A text seen before, else by digest; stops after the pepper that matched, and where none does, all have been tried. */
function findSecret(text: string, secrets: readonly TokenSecret[], peppers: PepperSet): TokenSecret | null {
  const slots = Math.max(DUMMIES.length, secrets.length);
  // Made and compared for unknown ids as well, so that those cost what a wrong secret costs.
  fingerprint.write(hash('sha256', text, 'binary'), 'binary');
  let seen: TokenSecret | null = null;
  for (let slot = 0; slot < slots; slot += 1) {
    const secret = secrets[slot] ?? (DUMMIES[slot] as TokenSecret);
    const known = fingerprints.get(secret);
    const expected = known !== undefined && known.peppers === peppers ? known.bytes : DUMMY_DIGEST;
    if (timingSafeEqual(fingerprint, expected) && expected !== DUMMY_DIGEST) seen = secret;
  }
  if (seen !== null) return seen;
  for (const pepper of peppers) {
    const digest = digestToken(pepper.key, text);
    let match: TokenSecret | null = null;
    for (let slot = 0; slot < slots; slot += 1) {
      const secret = secrets[slot] ?? (DUMMIES[slot] as TokenSecret);
      const expected = digestOf(secret);
      if (timingSafeEqual(digest, expected) && expected !== DUMMY_DIGEST && secret.pepperVersion === pepper.version)
        match = secret;
    }
    if (match !== null) {
      fingerprints.set(match, { peppers, bytes: Buffer.from(fingerprint) });
      return match;
    }
  }
  return null;
}

/**
 * Decoded each time: who is let in has been recognised before it comes to this, and what was kept for known ids alone would
 * tell them from unknown ones. A digest of the wrong length can match nothing; timingSafeEqual would throw on it.
 */
function digestOf(secret: TokenSecret): Buffer {
  const decoded = Buffer.from(secret.digest, 'base64url');
  return decoded.length === DIGEST_BYTES && secret.pepperVersion > 0 ? decoded : DUMMY_DIGEST;
}

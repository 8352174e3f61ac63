import { verify } from 'node:crypto';
import { ACCESS_TOKEN_MS_MAX } from '@tollgate/contracts';
import { fail, ok, type Result } from '@tollgate/kernel';
import type { JwtKeys } from './jwt-keys.js';

/** What a router takes from an access token (RFC 9068) of this gateway. */
export interface AccessToken {
  /** Public id of the key that stands behind it. */
  readonly publicId: string;
  readonly organisationId: string;
  /** At most these of the key's own scopes. */
  readonly scopes: readonly string[];
  readonly jti: string;
  readonly clientId: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** For the log only; every caller is told the same. */
export type JwtRefusalReason =
  | 'jwt_malformed'
  | 'jwt_wrong_algorithm'
  | 'jwt_wrong_type'
  | 'jwt_unknown_key'
  | 'jwt_wrong_signature'
  | 'jwt_wrong_issuer'
  | 'jwt_wrong_audience'
  | 'jwt_wrong_claims'
  | 'jwt_expired'
  | 'jwt_from_the_future'
  | 'jwt_denied';

/** Ours are about 700 characters; a longer text is not worth decoding. */
export const JWT_LENGTH_MAX = 8_192;
const SIGNATURE_LENGTH = 86;
const BASE64URL = /^[0-9A-Za-z_-]+$/;
const PUBLIC_ID = /^[0-9A-Za-z]{12}$/;
/** Clocks of two machines may differ by so much in what begins; what ends, ends. */
const SKEW_MS = 30_000;

/**
 * Is this an access token of this gateway, and not expired? The algorithm is fixed, and the key is one of ours, found by its
 * id alone: nothing in the header can name another (`none`, HS256 with a public key, `jwk`, `jku`, `x5u`: RFC 8725).
 */
export function verifyAccessToken(text: string, keys: JwtKeys, now: number): Result<AccessToken, JwtRefusalReason> {
  if (text.length > JWT_LENGTH_MAX) return fail('jwt_malformed');
  const first = text.indexOf('.');
  const second = text.indexOf('.', first + 1);
  if (first <= 0 || second < 0 || text.length - second - 1 !== SIGNATURE_LENGTH) return fail('jwt_malformed');
  const header = objectOf(text.slice(0, first));
  if (header === null) return fail('jwt_malformed');
  if (header['alg'] !== 'ES256') return fail('jwt_wrong_algorithm');
  if (header['typ'] !== 'at+jwt' || header['crit'] !== undefined) return fail('jwt_wrong_type');
  const kid = header['kid'];
  const key = typeof kid === 'string' ? keys.byId.get(kid) : undefined;
  if (key === undefined) return fail('jwt_unknown_key');
  const signature = text.slice(second + 1);
  const bytes = Buffer.from(signature, 'base64url');
  // The same bytes have one spelling: a second one would be another text of the same token.
  if (bytes.toString('base64url') !== signature) return fail('jwt_malformed');
  const signed = Buffer.from(text.slice(0, second), 'latin1');
  if (!verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, bytes)) return fail('jwt_wrong_signature');
  const claims = objectOf(text.slice(first + 1, second));
  return claims === null ? fail('jwt_malformed') : readClaims(claims, keys, now);
}

function readClaims(claims: Claims, keys: JwtKeys, now: number): Result<AccessToken, JwtRefusalReason> {
  const { iss, aud, exp, iat, nbf, jti, scope, client_id: clientId, tg_key: publicId, org } = claims;
  if (iss !== keys.issuer) return fail('jwt_wrong_issuer');
  if (typeof aud !== 'string' || !keys.audiences.has(aud)) return fail('jwt_wrong_audience');
  if (typeof exp !== 'number' || typeof iat !== 'number') return fail('jwt_wrong_claims');
  if (typeof jti !== 'string' || typeof clientId !== 'string' || typeof org !== 'string') return fail('jwt_wrong_claims');
  if (typeof publicId !== 'string' || !PUBLIC_ID.test(publicId)) return fail('jwt_wrong_claims');
  if (scope !== undefined && typeof scope !== 'string') return fail('jwt_wrong_claims');
  const expiresAt = exp * 1_000;
  if (!(expiresAt > now)) return fail('jwt_expired');
  if (iat * 1_000 > now + SKEW_MS) return fail('jwt_from_the_future');
  if (nbf !== undefined && !(typeof nbf === 'number' && nbf * 1_000 <= now + SKEW_MS)) return fail('jwt_from_the_future');
  // We make none that live longer, and the denylist forgets after that time.
  if (expiresAt - iat * 1_000 > ACCESS_TOKEN_MS_MAX) return fail('jwt_wrong_claims');
  const scopes = scope === undefined || scope === '' ? [] : scope.split(' ');
  return ok({ publicId, organisationId: org, scopes, jti, clientId, expiresAt });
}

type Claims = Readonly<Record<string, unknown>>;

function objectOf(part: string): Claims | null {
  if (!BASE64URL.test(part)) return null;
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Claims) : null;
  } catch {
    return null;
  }
}

import { type AccessToken, scopeAllows, type VerifiedToken } from '@tollgate/policy';
import type { TokenEntry } from '../snapshot/token-store.js';

/** The key behind an access token, as verified as by a secret of its own; null where the two do not belong together. `now` in ms. */
export function verifiedByJwt(jwt: AccessToken, { token }: TokenEntry, now: number): VerifiedToken | null {
  if (token === null || token.type !== 'o' || token.organisationId !== jwt.organisationId) return null;
  if (token.status !== 'active' || (token.expiresAt !== null && token.expiresAt <= now)) return null;
  return { tokenId: token.id, secretId: '', organisationId: token.organisationId, pepperVersion: 0, token };
}

/** An access token may hold less than its key, never more. */
export const jwtAllows = (jwt: AccessToken, scope: string): boolean => scopeAllows(jwt.scopes, scope);

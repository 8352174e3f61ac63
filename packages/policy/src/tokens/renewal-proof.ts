import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Pepper } from './read-peppers.js';

/** A secret's digest under a newer pepper, in place of the one under an older. */
export interface Renewal {
  readonly secretId: string;
  /** base64url, under the pepper of `pepperVersion`. */
  readonly digest: string;
  readonly pepperVersion: number;
  /** base64url: the digest that it takes the place of. */
  readonly replaces: string;
}

/**
 * Shows that whoever renews a digest knows the pepper: being on the bus is not enough to put a digest of one's own in the place
 * of another's. HMAC under the newer pepper over a text that no token can be.
 */
export function signRenewal(pepper: Pepper, { secretId, digest, pepperVersion, replaces }: Renewal): string {
  const text = ['tollgate renewal', secretId, String(pepperVersion), digest, replaces].join('\n');
  return createHmac('sha256', pepper.key).update(text).digest('base64url');
}

export function verifyRenewal(pepper: Pepper, renewal: Renewal, proof: string): boolean {
  if (renewal.pepperVersion !== pepper.version) return false;
  const expected = Buffer.from(signRenewal(pepper, renewal));
  const given = Buffer.from(proof);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

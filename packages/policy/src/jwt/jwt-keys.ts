import { createPublicKey, type KeyObject } from 'node:crypto';
import type { JwksReply } from '@tollgate/contracts';

/** What access tokens are checked against, prepared once per change of the keys: per call nothing is parsed or imported. */
export interface JwtKeys {
  readonly issuer: string;
  readonly audiences: ReadonlySet<string>;
  readonly byId: ReadonlyMap<string, KeyObject>;
}

type FoundJwks = Extract<JwksReply, { status: 'found' }>;

/** A key that cannot be read is left out: the others go on. */
export function prepareJwtKeys({ issuer, audiences, keys }: Pick<FoundJwks, 'issuer' | 'audiences' | 'keys'>): JwtKeys {
  const byId = new Map<string, KeyObject>();
  for (const { kid, kty, crv, x, y } of keys) {
    try {
      byId.set(kid, createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' }));
    } catch {
      // Not a point of the curve.
    }
  }
  return { issuer, audiences: new Set(audiences), byId };
}

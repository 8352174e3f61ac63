import type { TokenDigest } from '@tollgate/contracts';
import { digestToken } from '../tokens/digest-token.js';
import type { PepperSet } from '../tokens/read-peppers.js';

/** The text under each live pepper: whoever keeps digests finds out by it which secret this is, and nobody can make it back. */
export const digestsOfToken = (peppers: PepperSet, text: string): TokenDigest[] =>
  peppers.map(({ key, version }) => ({ pepperVersion: version, digest: digestToken(key, text).toString('base64url') }));

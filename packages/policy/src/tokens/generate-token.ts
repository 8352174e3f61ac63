import { crc32 } from 'node:zlib';
import type { RandomBytes } from '@tollgate/kernel';
import { encodeBase62, randomBase62 } from './base62.js';
import {
  CHECKSUM_LENGTH,
  DEFAULT_BRAND,
  PUBLIC_ID_LENGTH,
  SECRET_BYTES,
  SECRET_LENGTH,
  type TokenEnvironment,
  type TokenType,
} from './token-format.js';

export interface TokenRecipe {
  readonly type: TokenType;
  readonly environment: TokenEnvironment;
  readonly randomBytes: RandomBytes;
  /** Lower-case letters and digits; `tg` by default. */
  readonly brand?: string;
  /** Set for a further secret of a key that has one: its public id stays. */
  readonly publicId?: string;
}

/** A new token. `text` is shown once and kept nowhere; `publicId` is its name in lists, logs and the audit trail. */
export function generateToken(recipe: TokenRecipe): { readonly text: string; readonly publicId: string } {
  const publicId = recipe.publicId ?? randomBase62(PUBLIC_ID_LENGTH, recipe.randomBytes);
  const secret = encodeBase62(wholeNumber(recipe.randomBytes(SECRET_BYTES)), SECRET_LENGTH);
  const body = `${recipe.brand ?? DEFAULT_BRAND}${recipe.type}_${recipe.environment}_${publicId}_${secret}`;
  return { text: body + encodeBase62(BigInt(crc32(body)), CHECKSUM_LENGTH), publicId };
}

function wholeNumber(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = value * 256n + BigInt(byte);
  return value;
}

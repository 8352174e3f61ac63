import { crc32 } from 'node:zlib';
import { fail, ok, type Result } from '@tollgate/kernel';
import { base62Value, isBase62 } from './base62.js';
import {
  CHECKSUM_LENGTH,
  DEFAULT_BRAND,
  LENGTH_AFTER_BRAND,
  type ParsedToken,
  PUBLIC_ID_LENGTH,
  SECRET_LENGTH,
  TOKEN_TYPES,
  type TokenType,
} from './token-format.js';

/** Why a text is no token, in the order of the checks. */
export type TokenShapeReason =
  | 'wrong_length'
  | 'wrong_prefix'
  | 'wrong_type'
  | 'wrong_environment'
  | 'wrong_character'
  | 'wrong_checksum';

const UNDERSCORE = 95;
// One object per reason: refusing garbage allocates nothing.
const WRONG_LENGTH = fail<TokenShapeReason>('wrong_length');
const WRONG_PREFIX = fail<TokenShapeReason>('wrong_prefix');
const WRONG_TYPE = fail<TokenShapeReason>('wrong_type');
const WRONG_ENVIRONMENT = fail<TokenShapeReason>('wrong_environment');
const WRONG_CHARACTER = fail<TokenShapeReason>('wrong_character');
const WRONG_CHECKSUM = fail<TokenShapeReason>('wrong_checksum');

/** Shape and checksum, without any lookup. Linear in a text of one fixed length; every other length is refused at once. */
export function parseToken(text: string, brand: string = DEFAULT_BRAND): Result<ParsedToken, TokenShapeReason> {
  const start = brand.length;
  if (text.length !== start + LENGTH_AFTER_BRAND) return WRONG_LENGTH;
  if (!text.startsWith(brand)) return WRONG_PREFIX;
  const type = text[start] as TokenType;
  if (!TOKEN_TYPES.includes(type)) return WRONG_TYPE;
  const live = text.startsWith('_live_', start + 1);
  if (!live && !text.startsWith('_test_', start + 1)) return WRONG_ENVIRONMENT;
  const idStart = start + 7;
  const idEnd = idStart + PUBLIC_ID_LENGTH;
  const checksumStart = idEnd + 1 + SECRET_LENGTH;
  if (text.charCodeAt(idEnd) !== UNDERSCORE) return WRONG_CHARACTER;
  if (!isBase62(text, idStart, idEnd) || !isBase62(text, idEnd + 1, text.length)) return WRONG_CHARACTER;
  if (crc32(text.slice(0, checksumStart)) !== readChecksum(text, checksumStart)) return WRONG_CHECKSUM;
  return ok({ text, type, environment: live ? 'live' : 'test', publicId: text.slice(idStart, idEnd) });
}

function readChecksum(text: string, from: number): number {
  let value = 0;
  for (let index = from; index < from + CHECKSUM_LENGTH; index += 1) value = value * 62 + base62Value(text.charCodeAt(index));
  return value;
}

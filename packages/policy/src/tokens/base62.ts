import type { RandomBytes } from '@tollgate/kernel';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const BASE = 62;
/** Largest multiple of 62 in a byte: values above it would make the first characters likelier. */
const FAIR_BYTE = 248;

const VALUES = new Int8Array(128).fill(-1);
for (let index = 0; index < BASE; index += 1) VALUES[ALPHABET.charCodeAt(index)] = index;

/** The value of one character code, -1 where it is no base 62 digit. */
export const base62Value = (code: number): number => (code < 128 ? (VALUES[code] as number) : -1);

/** True where every character of [from, to) is a base 62 digit. */
export function isBase62(text: string, from: number, to: number): boolean {
  for (let index = from; index < to; index += 1) if (base62Value(text.charCodeAt(index)) < 0) return false;
  return true;
}

/** A whole number below 62^length, padded with zeros. */
export function encodeBase62(value: bigint, length: number): string {
  let text = '';
  let rest = value;
  for (let index = 0; index < length; index += 1) {
    text = ALPHABET[Number(rest % 62n)] + text;
    rest /= 62n;
  }
  return text;
}

/** Evenly distributed characters; what a byte cannot give fairly is drawn again. */
export function randomBase62(length: number, randomBytes: RandomBytes): string {
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < FAIR_BYTE && text.length < length) text += ALPHABET[byte % BASE];
    }
  }
  return text;
}

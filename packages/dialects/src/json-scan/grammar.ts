/** States of the scanner. A plain object, not an enum, so that the names cost nothing at run time. */
export const STATE = {
  start: 0,
  value: 1,
  valueOrClose: 2,
  keyOrClose: 3,
  key: 4,
  colon: 5,
  commaOrClose: 6,
  string: 7,
  escape: 8,
  hex: 9,
  minus: 10,
  zero: 11,
  integer: 12,
  point: 13,
  fraction: 14,
  exponent: 15,
  exponentSign: 16,
  exponentDigits: 17,
  literal: 18,
  done: 19,
} as const;

/** What was expected in a state, for messages; in the order of {@link STATE}. */
export const EXPECTED: readonly string[] = [
  'an object',
  'a value',
  'a value or ]',
  'a name in quotes or }',
  'a name in quotes',
  ':',
  ', or the end of the object or array',
  'the rest of a string (control characters must be escaped)',
  'an escape such as \\n',
  'a hexadecimal digit',
  'a digit',
  'the end of the number (no leading zeros)',
  'a digit',
  'a digit',
  'a digit',
  'a digit or a sign',
  'a digit',
  'a digit',
  'true, false or null',
  'nothing more',
];

const BYTES = 256;
const table = (mark: (byte: number) => boolean): Uint8Array =>
  Uint8Array.from({ length: BYTES }, (_, byte) => (mark(byte) ? 1 : 0));

/** 1 for the bytes that end the fast run inside a string: quote, backslash, control characters. */
export const ENDS_RUN: Uint8Array = table((byte) => byte < 0x20 || byte === 0x22 || byte === 0x5c);
export const IS_SPACE: Uint8Array = table((byte) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09);
export const IS_ESCAPE: Uint8Array = table((byte) => '"\\/bfnrt'.includes(String.fromCharCode(byte)));
export const IS_HEX: Uint8Array = table((byte) => /[0-9a-fA-F]/.test(String.fromCharCode(byte)));

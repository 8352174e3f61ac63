import { createSecretKey, type KeyObject } from 'node:crypto';
import { fail, ok, type Result, type VariableSpec } from '@tollgate/kernel';

export interface Pepper {
  readonly version: number;
  readonly key: KeyObject;
}

/** One pepper, or two while one takes over from the other. New tokens are made with the first. */
export type PepperSet = readonly [Pepper, ...Pepper[]];

export type PepperProblem = 'empty' | 'too_many' | 'wrong_version' | 'same_version' | 'wrong_text' | 'too_short';

const PEPPER_BYTES_MIN = 32;
const HEX = /^[0-9a-fA-F]+$/;
const BASE64 = /^[0-9A-Za-z_+/-]+={0,2}$/;
const VERSION = /^[1-9][0-9]{0,5}$/;

/** Reads `<text>`, `1:<text>` or `2:<new>,1:<old>`; each text is at least 32 bytes in base64url or hex. */
export function readPeppers(text: string): Result<PepperSet, PepperProblem> {
  const parts = text.trim().split(',');
  if (parts.length > 2) return fail('too_many');
  const peppers: Pepper[] = [];
  for (const part of parts) {
    const pepper = readPepper(part.trim());
    if (!pepper.ok) return pepper;
    if (peppers.some((other) => other.version === pepper.value.version)) return fail('same_version');
    peppers.push(pepper.value);
  }
  const [first, ...others] = peppers;
  return first === undefined ? fail('empty') : ok([first, ...others]);
}

function readPepper(part: string): Result<Pepper, PepperProblem> {
  const colon = part.indexOf(':');
  const version = colon < 0 ? '1' : part.slice(0, colon);
  const text = part.slice(colon + 1);
  if (text === '') return fail('empty');
  if (!VERSION.test(version)) return fail('wrong_version');
  if (!BASE64.test(text)) return fail('wrong_text');
  // Hex of 32 bytes has 64 digits; a shorter text of hex digits only is read as base64url.
  const hex = text.length >= PEPPER_BYTES_MIN * 2 && text.length % 2 === 0 && HEX.test(text);
  const bytes = Buffer.from(text, hex ? 'hex' : 'base64url');
  if (bytes.length < PEPPER_BYTES_MIN) return fail('too_short');
  return ok({ version: Number(version), key: createSecretKey(bytes) });
}

/** `TOLLGATE_TOKEN_PEPPER`, the same in every process that checks tokens. */
export const TOKEN_PEPPER_VARIABLE: VariableSpec<PepperSet> = {
  name: 'TOLLGATE_TOKEN_PEPPER',
  purpose: 'The key that token digests are made with; two while one takes over from the other.',
  expected:
    'at least 32 random bytes in base64url or hex, as <text>, 1:<text> or 2:<new>,1:<old> (make one: openssl rand -hex 32)',
  secret: true,
  parse: (text) => {
    const peppers = readPeppers(text);
    return peppers.ok ? peppers.value : null;
  },
};

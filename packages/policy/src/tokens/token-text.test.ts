import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { generateToken } from './generate-token.js';
import { parseToken } from './parse-token.js';
import { TOKEN_ENVIRONMENTS, TOKEN_TYPES } from './token-format.js';

const CHARACTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-. \n\0é';
const live = () => generateToken({ type: 'k', environment: 'live', randomBytes }).text;

test('a generated token reads back as what it was made from', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...TOKEN_TYPES),
      fc.constantFrom(...TOKEN_ENVIRONMENTS),
      fc.constantFrom('tg', 'acme', 'x9'),
      (type, environment, brand) => {
        const { text, publicId } = generateToken({ type, environment, randomBytes, brand });
        expect(parseToken(text, brand)).toEqual({ ok: true, value: { text, type, environment, publicId } });
        expect(text).toMatch(new RegExp(`^${brand}${type}_${environment}_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$`));
      },
    ),
  );
});

test('the secret holds all bits of its random bytes', () => {
  const texts = [0, 1, 255].map(
    (byte) =>
      generateToken({
        type: 'k',
        environment: 'live',
        randomBytes: (n) => new Uint8Array(n).fill(byte),
        publicId: 'a'.repeat(12),
      }).text,
  );
  expect(new Set(texts).size).toBe(3);
  expect(texts[0]).toContain(`_${'0'.repeat(43)}`);
});

test('a further secret of a key keeps its public id', () => {
  expect(generateToken({ type: 'a', environment: 'test', randomBytes, publicId: 'Abcdefghij01' }).text).toContain(
    'tga_test_Abcdefghij01_',
  );
});

test('every edit of one character is refused', () => {
  fc.assert(
    fc.property(fc.nat(70), fc.nat(CHARACTERS.length - 1), (at, pick) => {
      const text = live();
      const character = CHARACTERS[pick] as string;
      fc.pre(text[at] !== character);
      expect(parseToken(text.slice(0, at) + character + text.slice(at + 1)).ok).toBe(false);
    }),
    { numRuns: 2_000 },
  );
});

test('two characters that changed places are refused', () => {
  fc.assert(
    fc.property(fc.nat(69), (at) => {
      const text = live();
      fc.pre(text[at] !== text[at + 1]);
      const swapped = `${text.slice(0, at)}${text[at + 1]}${text[at]}${text.slice(at + 2)}`;
      expect(parseToken(swapped).ok).toBe(false);
    }),
  );
});

test('a cut, padded or re-cased token is refused', () => {
  const text = live();
  for (let length = 0; length < text.length; length += 1) expect(parseToken(text.slice(0, length)).ok).toBe(false);
  for (const bad of [` ${text}`, `${text} `, `${text}\n`, `${text}0`, `"${text}"`, `${text}\0`]) {
    expect(parseToken(bad)).toEqual({ ok: false, error: 'wrong_length' });
  }
  for (const bad of [text.toUpperCase(), text.toLowerCase()]) expect(parseToken(bad).ok).toBe(false);
});

test('each refusal names its reason', () => {
  const text = live();
  const reasons = {
    wrong_length: 'sk-proj-abc',
    wrong_prefix: text.replace('tgk', 'abk'),
    wrong_type: text.replace('tgk', 'tgx'),
    wrong_environment: text.replace('live', 'prod'),
    wrong_character: `${text.slice(0, 30)}-${text.slice(31)}`,
    wrong_checksum: text.slice(0, -6) + (text.endsWith('000000') ? '000001' : '000000'),
  };
  for (const [reason, bad] of Object.entries(reasons)) expect(parseToken(bad)).toEqual({ ok: false, error: reason });
});

test('no text whatever makes it throw', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', minLength: 0, maxLength: 100 }), (text) => void parseToken(text)));
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 62, maxLength: 62 }), (tail) => void parseToken(`tgk_live_${tail}`)),
  );
});

import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { generateToken } from '../tokens/generate-token.js';
import { TOKEN_ENVIRONMENTS, TOKEN_TYPES } from '../tokens/token-format.js';
import { findTokens, findTokensInText, maskTokens } from './find-tokens.js';

const make = (type: (typeof TOKEN_TYPES)[number] = 'k', environment: 'live' | 'test' = 'live', brand = 'tg') =>
  generateToken({ type, environment, brand, randomBytes }).text;
const bytes = (text: string) => Buffer.from(text, 'utf8');

test('every type and environment is found, wherever it stands in a text', () => {
  const tokens = TOKEN_TYPES.flatMap((type) => TOKEN_ENVIRONMENTS.map((environment) => make(type, environment)));
  fc.assert(
    fc.property(
      fc.subarray(tokens),
      fc.array(fc.string({ unit: 'grapheme', maxLength: 40 }), { maxLength: 12 }),
      (chosen, texts) => {
        const parts = chosen.flatMap((token, index) => [texts[index] ?? ' ', token]);
        const whole = bytes([...parts, texts.at(-1) ?? ''].join(''));
        const found = findTokens(whole);
        expect(found.map(({ token }) => token.text).sort()).toEqual([...chosen].sort());
        for (const { at, token } of found) expect(whole.toString('latin1', at, at + token.text.length)).toBe(token.text);
      },
    ),
  );
});

test('what is not whole, of another brand, or does not fit its checksum is none', () => {
  const token = make();
  const last = token.at(-1) === '0' ? '1' : '0';
  const near = [
    token.slice(0, -1),
    token.slice(0, -1) + last,
    token.replace('tgk', 'tgx'),
    token.replace('_live_', '_prod_'),
    token.toUpperCase(),
    make('k', 'live', 'acme'),
    `_live_${token.slice(9)}`,
    '_live_'.repeat(50),
    'tgk_live_',
    'tgk_test_0123456789ab_',
  ];
  for (const text of near) expect(findTokens(bytes(`a ${text} b`)), text).toEqual([]);
  expect(findTokens(bytes(make('a', 'test', 'acme')), 'acme')).toHaveLength(1);
});

test('stars take the place of the secret, and nothing else changes, nor any length', () => {
  const [first, second] = [make(), make('a', 'test')];
  const body = bytes(JSON.stringify({ content: `mine is ${first}, yours ${second}`, after: 'ä' }));
  const before = body.toString();
  maskTokens(body, findTokens(body));
  const hidden = (token: string): string => token.slice(0, -49) + '*'.repeat(49);
  expect(body.toString()).toBe(before.replace(first, hidden(first)).replace(second, hidden(second)));
  expect(findTokens(body)).toEqual([]);
});

test('a part of a larger buffer is looked at alone', () => {
  const token = make();
  const whole = bytes(`${token} ${token}`);
  expect(findTokens(whole.subarray(10))).toMatchObject([{ at: token.length + 1 - 10 }]);
});

test('in a URL, also where it is escaped', () => {
  const token = make();
  expect(findTokensInText(`/v1/models/${token}`)).toHaveLength(1);
  expect(findTokensInText(`/v1/models/${token.replace('_', '%5F')}?q=a%20b`)).toHaveLength(1);
  expect(findTokensInText('/v1/models/gpt_live_1?%')).toEqual([]);
});

/** CPU of this thread alone: what else the machine does is no matter of ours. */
const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

test('a megabyte made of what is searched for is read in bounded time', () => {
  const hostile = bytes('tgk_live_'.repeat(120_000));
  const start = cpuMs();
  expect(findTokens(hostile)).toEqual([]);
  expect(cpuMs() - start).toBeLessThan(250);
});

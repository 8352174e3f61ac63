import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { generateToken } from './generate-token.js';
import { parseToken } from './parse-token.js';
import { TOKEN_ENVIRONMENTS, TOKEN_TYPES } from './token-format.js';

const read = (name: string): string =>
  readFileSync(new URL(`../../../../deploy/secret-scanning/${name}`, import.meta.url), 'utf8');
const one = (text: string, pattern: RegExp): string => {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`${pattern} is not in the file`);
  return found;
};
const README = read('README.md');
const blockAfter = (title: string): string => one(README, new RegExp(`${title}[^\\n]*\\n\\n\`\`\`\\n([^]*?)\\n\`\`\``));
// As GitHub puts the three together; \A and \z are ^ and $ here.
const github = `(?:${blockAfter('Before secret').replace('\\A', '^')})(${blockAfter('Secret format')})(?:${blockAfter('After secret').replace('\\z', '$')})`;

const RULES: readonly (readonly [name: string, pattern: string, keywords: readonly string[] | null])[] = [
  [
    'gitleaks',
    one(read('gitleaks.toml'), /^regex = '''(.*)'''$/m),
    [...one(read('gitleaks.toml'), /keywords = \[([^\]]*)\]/).matchAll(/"([^"]+)"/g)].map(([, word = '']) => word),
  ],
  [
    'trufflehog',
    one(read('trufflehog.yaml'), /^ +token: '(.*)'$/m),
    [...read('trufflehog.yaml').matchAll(/^ +- (tg\S+)$/gm)].map(([, word = '']) => word),
  ],
  ['GitHub', github, null],
];

const fresh = TOKEN_TYPES.flatMap((type) =>
  TOKEN_ENVIRONMENTS.flatMap((environment) =>
    Array.from({ length: 50 }, () => generateToken({ type, environment, randomBytes }).text),
  ),
);
const around = [
  (token: string) => token,
  (token: string) => `API_KEY=${token}\n`,
  (token: string) => `{"key":"${token}"}`,
  (token: string) => `Authorization: Bearer ${token}, x`,
  (token: string) => `MY_${token};`,
];

test.each(RULES)('%s finds fresh tokens of every type, whole, in any setting', (_, pattern, keywords) => {
  const rule = new RegExp(pattern);
  for (const token of fresh) {
    for (const setting of around) expect(rule.exec(setting(token))?.[1], setting(token)).toBe(token);
    // A scanner looks no further where none of its keywords stands.
    if (keywords !== null) expect(keywords.some((word) => token.includes(word))).toBe(true);
  }
});

test.each(RULES.filter(([name]) => name !== 'GitHub'))('%s finds both of two that stand side by side', (_, pattern) => {
  const [first = '', second = ''] = fresh;
  const found = [...`${first} ${second}`.matchAll(new RegExp(pattern, 'g'))].map(([, token]) => token);
  expect(found).toEqual([first, second]);
});

test.each(RULES)('%s finds no near miss', (_, pattern) => {
  const rule = new RegExp(pattern);
  const [token = ''] = fresh;
  const near = [
    token.slice(0, -1),
    `${token}0`,
    `a${token}`,
    token.replace('tgk', 'tgx'),
    token.replace('tgk', 'TGK'),
    token.replace('_live_', '_prod_'),
    token.replace(/_(?=[^_]*$)/, '-'),
    `${token.slice(0, -10)}-${token.slice(-9)}`,
    `${token.slice(0, 21)}_[redacted]`,
    'tgk_live_...',
  ];
  for (const text of near) expect(rule.exec(text), text).toBeNull();
});

test('the test strings of the page are tokens in shape and checksum, one of each type', () => {
  const strings = blockAfter('Test strings')
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '');
  expect(strings.map((text) => text[2])).toEqual([...TOKEN_TYPES]);
  for (const text of strings) {
    expect(parseToken(text)).toMatchObject({ ok: true });
    for (const [, pattern] of RULES) expect(new RegExp(pattern).test(text)).toBe(true);
  }
});

test('no pattern asks for what engines without backtracking lack', () => {
  for (const [, pattern] of RULES) expect(pattern).not.toMatch(/\(\?[=!<]|\\\d/);
});

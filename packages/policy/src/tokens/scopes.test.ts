import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchGlob } from './match-glob.js';
import { modelAllowed } from './model-allowed.js';
import { scopeAllows, scopesBeyond } from './scope-allows.js';

test('a star stands for any run of characters, all else for itself', () => {
  const yes: [string, string][] = [
    ['llm:chat', 'llm:chat'],
    ['llm:*', 'llm:chat'],
    ['*', ''],
    ['*', 'a:b'],
    ['admin:*', 'admin:tokens:write'],
    ['mcp:call:*/read', 'mcp:call:git/read'],
    ['a*b*c', 'axxbxbxc'],
    ['**a', 'ba'],
    ['openai/*', 'openai/gpt-4o'],
  ];
  const no: [string, string][] = [
    ['llm:chat', 'llm:chats'],
    ['llm:*', 'llm'],
    ['', 'a'],
    ['a*', 'ba'],
    ['a*b*c', 'axxbxbx'],
    ['a.c', 'abc'],
    ['[a-z]', 'b'],
    ['LLM:*', 'llm:chat'],
    ['openai/*', 'openai'],
  ];
  for (const [pattern, text] of yes) expect(matchGlob(pattern, text), `${pattern} ~ ${text}`).toBe(true);
  for (const [pattern, text] of no) expect(matchGlob(pattern, text), `${pattern} !~ ${text}`).toBe(false);
});

test('globs agree with a reference', () => {
  const reference = (pattern: string, text: string): boolean =>
    pattern === ''
      ? text === ''
      : pattern[0] === '*'
        ? reference(pattern.slice(1), text) || (text !== '' && reference(pattern, text.slice(1)))
        : text !== '' && pattern[0] === text[0] && reference(pattern.slice(1), text.slice(1));
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 7 });
  const plain = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 9 });
  fc.assert(
    fc.property(letters, plain, (pattern, text) => {
      expect(matchGlob(pattern, text)).toBe(reference(pattern, text));
    }),
    { numRuns: 3_000 },
  );
});

/** CPU of this thread alone: what else the machine does is no matter of ours. */
const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

test('a hostile pattern costs no more than pattern times text', () => {
  const started = cpuMs();
  expect(matchGlob('*a'.repeat(60), `${'a'.repeat(5_000)}b`)).toBe(false);
  expect(cpuMs() - started).toBeLessThan(100);
});

test('default deny', () => {
  expect(scopeAllows([], 'llm:chat')).toBe(false);
  expect(scopeAllows(['llm:embed', 'usage:*'], 'llm:chat')).toBe(false);
  expect(scopeAllows(['llm:embed', 'llm:chat'], 'llm:chat')).toBe(true);
});

test('what a caller does not hold it cannot hand on', () => {
  expect(scopesBeyond(['llm:chat'], ['llm:*', 'llm:c*', 'llm:chat', '*'])).toEqual(['llm:*', 'llm:c*', '*']);
  expect(scopesBeyond(['llm:*', 'admin:tokens:*'], ['llm:*', 'llm:chat*', 'admin:tokens:read', 'admin:*'])).toEqual(['admin:*']);
});

test('handed-on scopes never admit what the giver could not do', () => {
  const scope = fc.string({ unit: fc.constantFrom('a', ':', '*'), maxLength: 5 });
  const wanted = fc.string({ unit: fc.constantFrom('a', ':'), maxLength: 6 });
  fc.assert(
    fc.property(fc.array(scope, { maxLength: 3 }), fc.array(scope, { maxLength: 3 }), wanted, (held, asked, text) => {
      const given = asked.filter((each) => scopesBeyond(held, [each]).length === 0);
      if (scopeAllows(given, text)) expect(scopeAllows(held, text)).toBe(true);
    }),
    { numRuns: 3_000 },
  );
});

test('deny overrides allow and an empty allow-list allows none', () => {
  const models = (allow: string[], deny: string[]) => ({ models: { allow, deny } });
  expect(modelAllowed(models(['*'], ['openai/o1*']), 'openai/gpt-4o')).toBe(true);
  expect(modelAllowed(models(['*'], ['openai/o1*']), 'openai/o1-pro')).toBe(false);
  expect(modelAllowed(models([], []), 'gpt-4o')).toBe(false);
});

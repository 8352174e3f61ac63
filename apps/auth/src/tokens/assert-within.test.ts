import { EMPTY_POLICY, type LimitSpec, type TokenPolicy } from '@tollgate/contracts';
import { modelAllowed, scopeAllows } from '@tollgate/policy';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { beyondOf } from './assert-within.js';

const policy = (changes: Partial<TokenPolicy> = {}): TokenPolicy => ({
  ...EMPTY_POLICY,
  scopes: ['llm:chat'],
  ...changes,
});
const rate = (limit: number, seconds: number, burst: number): LimitSpec[] => [
  {
    bucket: 'requests:tok_1',
    kind: 'requests',
    models: null,
    subject: 'token',
    rate: { limit, periodMs: seconds * 1_000, burst },
  },
];
const cap = (outputTokens: number | null): TokenPolicy['caps'] => ({ ...EMPTY_POLICY.caps, outputTokens });

test('each bound is named where it is passed, and only there', () => {
  const cases: [Partial<TokenPolicy>, Partial<TokenPolicy>, readonly string[]][] = [
    [{}, {}, []],
    [{}, { scopes: ['llm:*'] }, ['the scope llm:*']],
    [{}, { models: { allow: ['*'], deny: [] } }, []],
    [{ models: { allow: ['demo/*'], deny: [] } }, { models: { allow: ['demo/echo', '*'], deny: [] } }, ['the model *']],
    [{ models: { allow: ['*'], deny: ['openai/*'] } }, { models: { allow: ['*'], deny: ['openai/*', 'x'] } }, []],
    [
      { models: { allow: ['*'], deny: ['openai/*'] } },
      { models: { allow: ['*'], deny: ['openai/o1'] } },
      ['the model openai/*, which must be denied'],
    ],
    [{ limits: rate(60, 60, 60) }, { limits: rate(1, 1, 60) }, []],
    [{ limits: rate(60, 60, 60) }, { limits: rate(61, 60, 60) }, ['that many requests']],
    [{ limits: rate(60, 60, 60) }, { limits: rate(60, 60, 61) }, ['that many requests']],
    [{ limits: rate(60, 60, 60) }, { limits: [] }, ['that many requests']],
    [{ caps: cap(10) }, { caps: cap(10) }, []],
    [{ caps: cap(10) }, { caps: cap(11) }, ['that many output tokens']],
    [{ caps: cap(10) }, { caps: cap(null) }, ['that many output tokens']],
  ];
  for (const [held, wanted, beyond] of cases) expect(beyondOf(policy(held), policy(wanted), 'k')).toEqual(beyond);
});

test('a management key that is bound to models makes none that is not', () => {
  const held = policy({ models: { allow: ['demo/*'], deny: [] } });
  expect(beyondOf(held, policy(), 'a')).toEqual(['all models']);
  expect(beyondOf(held, policy(), 'k')).toEqual([]);
});

test('nothing that is handed on allows what its giver is not allowed to hand on', () => {
  const glob = fc.string({ unit: fc.constantFrom('a', 'b', '*'), minLength: 1, maxLength: 4 });
  const globs = fc.array(glob, { maxLength: 3 });
  const some = fc.array(glob, { minLength: 1, maxLength: 3 });
  const plain = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 5 });
  const any = (allow: fc.Arbitrary<string[]>) =>
    fc
      .record({ scopes: globs, allow, deny: globs })
      .map(({ scopes, allow, deny }) => policy({ scopes, models: { allow, deny } }));
  let handedOn = 0;
  fc.assert(
    fc.property(any(some), any(globs), plain, (held, wanted, text) => {
      if (beyondOf(held, wanted, 'k').length > 0) return;
      handedOn += 1;
      if (modelAllowed(wanted, text)) expect(modelAllowed(held, text)).toBe(true);
      if (scopeAllows(wanted.scopes, text)) expect(scopeAllows(held.scopes, text)).toBe(true);
    }),
    { numRuns: 5_000 },
  );
  expect(handedOn).toBeGreaterThan(50);
});

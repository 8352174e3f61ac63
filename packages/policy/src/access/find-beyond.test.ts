import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchesAny } from '../tokens/match-glob.js';
import { findAdmitted, findBeyond, type GlobRules } from './find-beyond.js';

const admits = ({ allow, deny }: GlobRules, text: string): boolean => matchesAny(allow, text) && !matchesAny(deny, text);

/** Every text of up to six letters out of three; the patterns name two of them. */
const TEXTS: string[] = [];
for (let front = ['']; (front[0]?.length ?? 0) < 6; ) {
  front = front.flatMap((text) => ['a', 'b', 'c'].map((letter) => text + letter));
  TEXTS.push(...front);
}

const glob = fc.string({ unit: fc.constantFrom('a', 'b', '*'), minLength: 1, maxLength: 5 });
const rules = fc.record({ allow: fc.array(glob, { minLength: 1, maxLength: 3 }), deny: fc.array(glob, { maxLength: 3 }) });

test('says what brute force says: a text where one is beyond, nothing where none is', () => {
  let contained = 0;
  fc.assert(
    fc.property(rules, rules, (inner, outer) => {
      const beyond = findBeyond(inner, outer);
      if (beyond.kind === 'text') expect([admits(inner, beyond.text), admits(outer, beyond.text)]).toEqual([true, false]);
      else {
        expect(beyond.kind).toBe('none');
        contained += 1;
        for (const text of TEXTS) if (admits(inner, text)) expect(admits(outer, text), text).toBe(true);
      }
    }),
    { numRuns: 1_500 },
  );
  expect(contained).toBeGreaterThan(100);
});

test('a union covers what none of its parts does', () => {
  const upTo = (allow: string[], deny: string[] = []): GlobRules => ({ allow, deny });
  expect(findBeyond(upTo(['gpt-*']), upTo(['gpt-4*', 'gpt-*'], []))).toEqual({ kind: 'none' });
  expect(findBeyond(upTo(['a*b']), upTo(['ab', 'a*b*b', 'a*']))).toEqual({ kind: 'none' });
  expect(findBeyond(upTo(['*'], ['a*']), upTo(['*'], ['ab*']))).toEqual({ kind: 'none' });
  expect(findBeyond(upTo(['*'], ['ab*']), upTo(['*'], ['a*']))).toEqual({ kind: 'text', text: 'a' });
  expect(findBeyond(upTo(['demo/*']), upTo(['demo/e*', 'demo/x']))).toMatchObject({ kind: 'text' });
  expect(findBeyond(upTo(['demo/echo']), upTo(['demo/e*'], ['*echo']))).toEqual({ kind: 'text', text: 'demo/echo' });
});

test('rules that deny all they allow admit nothing', () => {
  expect(findAdmitted({ allow: ['gpt-*', 'o1'], deny: ['gpt*', 'o*'] })).toEqual({ kind: 'none' });
  expect(findAdmitted({ allow: ['gpt-*'], deny: ['gpt-4*'] })).toEqual({ kind: 'text', text: 'gpt-' });
  expect(findAdmitted({ allow: [], deny: [] })).toEqual({ kind: 'none' });
});

test('hundreds of names are compared at once, hostile patterns are given up in bounded time', () => {
  const names = Array.from({ length: 500 }, (_, index) => `vendor-${index % 7}/model-${index}*`);
  const started = performance.now();
  expect(findBeyond({ allow: names, deny: [] }, { allow: [...names].reverse(), deny: [] })).toEqual({ kind: 'none' });
  const hostile = Array.from(
    { length: 60 },
    (_, index) => `*${'ab'.repeat((index % 9) + 1)}*${'ba'.repeat(index % 7)}*${index}*`,
  );
  expect(findBeyond({ allow: ['*a*b*a*b*'], deny: hostile }, { allow: hostile, deny: [] }).kind).not.toBe('none');
  expect(findBeyond({ allow: ['*'], deny: [] }, { allow: [...hostile, '*'], deny: [] })).toEqual({ kind: 'none' });
  expect(performance.now() - started).toBeLessThan(5_000);
});

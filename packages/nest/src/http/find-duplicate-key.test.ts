import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findDuplicateKey } from './find-duplicate-key.js';

test.each([
  ['{"a":1,"a":2}', '/a'],
  ['{"a":1,"\\u0061":2}', '/a'],
  ['{"x":[{"b":1},{"b":1,"c":{"d":"b","d":2}}]}', '/x/1/c/d'],
  ['[0,{"a/b~":[],"a/b~":0}]', '/1/a~1b~0'],
  ['{"":1,"":1}', '/'],
  ['{"a":"x\\"},{","a":0}', '/a'],
])('the name that stands twice is found: %s', (text, pointer) => {
  expect(() => JSON.parse(text)).not.toThrow();
  expect(findDuplicateKey(text)).toBe(pointer);
});

test.each(['{"a":{"a":1},"b":{"a":"a"}}', '["a","a",{"a":["a"]}]', '{"a":"\\\\","b":"\\"a\\":1"}', '"a"', '1'])(
  'the same name elsewhere is none: %s',
  (text) => {
    expect(findDuplicateKey(text)).toBeNull();
  },
);

test('no value that was written by a machine has any', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(findDuplicateKey(JSON.stringify(JSON.parse(text)))).toBeNull();
    }),
    { numRuns: 1_000 },
  );
});

test('depth and length cost no more than their length', () => {
  const deep = '[{"a":'.repeat(100_000);
  const started = performance.now();
  expect(findDuplicateKey(`${deep}1${'}]'.repeat(100_000)}`)).toBeNull();
  expect(performance.now() - started).toBeLessThan(2_000);
});

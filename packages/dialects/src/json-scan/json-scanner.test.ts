import { encodeUtf8 } from '@tollgate/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type JsonScanError, JsonScanner } from './json-scanner.js';
import { JsonScanPlan } from './plan.js';

const plan = new JsonScanPlan({
  members: [
    { name: 'model', keepMax: 64 },
    { name: 'max_tokens', keepMax: 16 },
    { name: 'stream', keepMax: 16 },
    { name: 'messages', keepMax: 0, childrenMax: 1000 },
  ],
});

function scan(
  bytes: Uint8Array,
  cuts: readonly number[] = [],
): { readonly scanner: JsonScanner; readonly error: JsonScanError | null } {
  const scanner = new JsonScanner(plan);
  const points = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  let error: JsonScanError | null = null;
  for (let i = 1; i < points.length; i += 1) error ??= scanner.push(bytes.slice(points[i - 1], points[i]));
  return { scanner, error: error ?? scanner.finish() };
}

const members = (scanner: JsonScanner) => plan.members.map((_, index) => scanner.at(index));
const anyObject = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 6 }));
const cutPoints = fc.array(fc.nat(4096), { maxLength: 12 });

test('every JSON object is accepted, however it is cut', () => {
  fc.assert(
    fc.property(anyObject, cutPoints, fc.constantFrom(undefined, 1, '\t'), (value, cuts, space) => {
      const { error } = scan(encodeUtf8(JSON.stringify(value, null, space)), cuts);
      if (error !== null) expect(error.kind).toBe('ambiguous');
    }),
  );
});

test('what JSON.parse refuses is refused, and the other way round', () => {
  const fragment = fc.constantFrom(
    ...[
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      '"a"',
      '"\\u00',
      '1',
      '0',
      '-',
      '.',
      'e',
      '+',
      'true',
      'false',
      'null',
      'nul',
      ' ',
      '\n',
      '\u0001',
      '\u00e9',
    ],
  );
  const text = fc.array(fragment, { maxLength: 14 }).map((parts) => `{"a":${parts.join('')}}`);
  fc.assert(
    fc.property(text, cutPoints, (candidate, cuts) => {
      let good = true;
      try {
        JSON.parse(candidate);
      } catch {
        good = false;
      }
      expect(scan(encodeUtf8(candidate), cuts).error === null, candidate).toBe(good);
    }),
    { numRuns: 3000 },
  );
});

test('members are found at the same places whole, byte by byte and at random cuts', () => {
  const text =
    '{"x":{"model":"inner"}, "mod\\u0065l" : "gpt-4\\"o é" ,"max_tokens":-1.5e3,"messages":[[1,2],{"a":[]},3],"stream":true}';
  const bytes = encodeUtf8(text);
  const whole = members(scan(bytes).scanner);
  expect(new TextDecoder().decode(bytes.subarray(whole[0]?.start, whole[0]?.end))).toBe('"gpt-4\\"o é"');
  expect(whole[1]).toMatchObject({ kind: 'number', bytes: encodeUtf8('-1.5e3') });
  expect(whole[2]).toMatchObject({ kind: 'true' });
  expect(whole[3]).toMatchObject({ kind: 'array', children: 3 });
  const each = Array.from({ length: bytes.length }, (_, i) => i);
  expect(members(scan(bytes, each).scanner)).toEqual(whole);
  fc.assert(
    fc.property(cutPoints, (cuts) => {
      expect(members(scan(bytes, cuts).scanner)).toEqual(whole);
    }),
  );
});

test.each([
  ['twice', '{"model":"a","model":"b"}', 'duplicate'],
  ['twice, once in escapes', '{"model":"a","mod\\u0065l":"b"}', 'duplicate'],
  ['in another case, which Go reads as the same', '{"model":"a","Model":"b"}', 'ambiguous'],
  ['with the long s', '{"ſtream":true}', 'ambiguous'],
  ['with the Kelvin sign in escapes', '{"max_to\\u212aens":1}', 'ambiguous'],
])('a member that matters is refused %s', (_, text, kind) => {
  expect(scan(encodeUtf8(text)).error).toMatchObject({ kind });
});

test('an overlong form of a letter is not UTF-8', () => {
  const bytes = new Uint8Array([...encodeUtf8('{"mod'), 0xc1, 0xa5, ...encodeUtf8('l":1}')]);
  expect(scan(bytes).error).toMatchObject({ kind: 'syntax', message: expect.stringContaining('UTF-8') });
});

test('a depth of 64 is taken, 65 and 100,000 are refused at the byte where it is passed', () => {
  const nested = (depth: number) => encodeUtf8(`{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`);
  expect(scan(nested(64)).error).toBeNull();
  expect(scan(nested(65)).error).toMatchObject({ kind: 'too_deep', offset: 5 + 63 });
  expect(scan(nested(100_000), [10, 40]).error).toMatchObject({ kind: 'too_deep', offset: 5 + 63 });
});

test('too many children are refused before the end', () => {
  expect(scan(encodeUtf8(`{"messages":[${'1,'.repeat(999)}1]}`)).error).toBeNull();
  expect(scan(encodeUtf8(`{"messages":[${'1,'.repeat(1001)}`)).error).toMatchObject({ kind: 'too_many', member: 'messages' });
});

test('a value over the bound is located but not kept', () => {
  const { scanner } = scan(encodeUtf8(`{"model":"${'x'.repeat(500)}"}`), [20, 200]);
  expect(scanner.at(0)).toEqual({ start: 9, end: 511, kind: 'string', children: 0, bytes: null });
});

test.each([
  '',
  ' ',
  '[]',
  '"a"',
  '{',
  '{"a":1}x',
  '{"a":1,}',
  '{"a":01}',
  '{"a":"\n"}',
  '\ufeff{}',
  '{a:1}',
  "{'a':1}",
  '{"a":NaN}',
])('no JSON object: %j', (text) => {
  expect(scan(encodeUtf8(text)).error).toMatchObject({ kind: 'syntax', offset: expect.any(Number) });
});

/** CPU of this thread alone: what else the machine does is no matter of ours. */
const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

test('a 10 MB string in chunks of 64 KB never holds the loop for long', () => {
  const body = encodeUtf8(`{"model":"m","messages":[{"content":"${'A'.repeat(10 * 1024 * 1024)}"}]}`);
  const scanner = new JsonScanner(plan);
  let longest = 0;
  for (let at = 0; at < body.length; at += 65_536) {
    const from = cpuMs();
    expect(scanner.push(body.subarray(at, at + 65_536))).toBeNull();
    longest = Math.max(longest, cpuMs() - from);
  }
  expect(scanner.finish()).toBeNull();
  expect(longest).toBeLessThan(50);
});

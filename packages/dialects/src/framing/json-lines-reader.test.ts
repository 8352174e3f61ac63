import { encodeUtf8 } from '@tollgate/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type JsonLine, JsonLinesReader } from './json-lines-reader.js';

function read(text: string, cuts: readonly number[] = [], lineBytesMax?: number): JsonLine[] {
  const bytes = encodeUtf8(text);
  const seen: JsonLine[] = [];
  const reader = new JsonLinesReader((json) => seen.push(json), lineBytesMax);
  const points = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  for (let i = 1; i < points.length; i += 1) reader.push(bytes.slice(points[i - 1], points[i]));
  reader.finish();
  return seen;
}

test('each line is one object, the last one also without its line feed', () => {
  expect(read('{"a":1}\r\n\n{"b":"é"}')).toEqual([{ a: 1 }, { b: 'é' }]);
});

test('what is no object is malformed', () => {
  expect(read('[1]\nnonsense\n7\n{"a":1}\n')).toEqual(['malformed', 'malformed', 'malformed', { a: 1 }]);
});

test('whole and cut anywhere agree', () => {
  const piece = fc.constantFrom('{"a":1}', '{"b":"é🌧"}', '\n', '\r\n', 'x', ' ');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), fc.array(fc.nat(400), { maxLength: 8 }), (pieces, cuts) => {
      expect(read(pieces.join(''), cuts)).toEqual(read(pieces.join('')));
    }),
    { numRuns: 500 },
  );
});

test('a line over the bound ends the reading, whole or in pieces', () => {
  const long = `{"a":"${'x'.repeat(100)}"}\n{"b":1}\n`;
  expect(read(long, [], 50)).toEqual(['too_large']);
  expect(read(long, [10, 20, 30, 60, 90], 50)).toEqual(['too_large']);
});

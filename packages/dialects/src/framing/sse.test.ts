import { concatBytes, decodeUtf8, encodeUtf8 } from '@tollgate/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SseSplitter } from './sse.js';

function split(text: string, cuts: readonly number[], eventBytesMax?: number) {
  const bytes = encodeUtf8(text);
  const events: string[] = [];
  const splitter = new SseSplitter(
    {
      onEvent: (from, start, end) => events.push(decodeUtf8(from.subarray(start, end))),
      onTail: (from, start, end) => {
        events[events.length - 1] += decodeUtf8(from.subarray(start, end));
      },
    },
    eventBytesMax,
  );
  const points = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  let good = true;
  for (let i = 1; i < points.length; i += 1) good = splitter.push(bytes.slice(points[i - 1], points[i])) && good;
  return { events, rest: decodeUtf8(splitter.rest()), good };
}

test.each([
  ['line feeds', '\n'],
  ['carriage returns and line feeds', '\r\n'],
  ['carriage returns', '\r'],
])('events end at blank lines made of %s', (_, end) => {
  const events = [`data: a${end}${end}`, `: note${end}${end}`, `event: x${end}data: é${end}${end}`];
  expect(split(events.join(''), [])).toEqual({ events, rest: '', good: true });
});

test('whole, byte by byte and at random cuts agree, to the letter', () => {
  const piece = fc.constantFrom('data: {"a":1}', ': c', 'é', '\n', '\r\n', '\r', '\n\n', '\r\n\r\n', 'x');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), fc.array(fc.nat(400), { maxLength: 8 }), (pieces, cuts) => {
      const text = pieces.join('');
      const whole = split(text, []);
      expect(whole.events.join('') + whole.rest).toBe(text);
      expect(
        split(
          text,
          Array.from({ length: text.length * 2 }, (_, i) => i),
        ),
      ).toEqual(whole);
      expect(split(text, cuts)).toEqual(whole);
    }),
    { numRuns: 500 },
  );
});

test('an event over the bound is refused, whole or in pieces', () => {
  expect(split(`data: ${'x'.repeat(100)}\n\n`, [], 50).good).toBe(false);
  expect(split(`data: ${'x'.repeat(100)}`, [10, 20, 30, 60, 70], 50).good).toBe(false);
});

test('an event that lies in one chunk is not copied', () => {
  const chunk = encodeUtf8('data: 1\n\ndata: 2\n\n');
  const seen: Uint8Array[] = [];
  new SseSplitter({ onEvent: (bytes) => seen.push(bytes), onTail: () => {} }).push(chunk);
  expect(seen.every((bytes) => bytes === chunk)).toBe(true);
  expect(concatBytes(seen).length).toBe(chunk.length * 2);
});

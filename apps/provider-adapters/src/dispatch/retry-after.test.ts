import { expect, test } from 'vitest';
import { readRetryAfter } from './retry-after.js';

const NOW = Date.UTC(2026, 0, 1, 12);

test.each<[Record<string, string | string[]>, number | null]>([
  [{}, null],
  [{ 'retry-after': '3' }, 3_000],
  [{ 'retry-after': ' 1.5 ' }, 1_500],
  [{ 'retry-after': '3', 'retry-after-ms': '120' }, 120],
  [{ 'retry-after': ['4', '5'] }, 4_000],
  [{ 'retry-after': 'Thu, 01 Jan 2026 12:00:09 GMT' }, 9_000],
  [{ 'retry-after': 'Thu, 01 Jan 2026 11:00:00 GMT' }, 0],
  [{ 'retry-after': 'soon' }, null],
  [{ 'retry-after': '-5' }, null],
  [{ 'retry-after': '99999999999' }, 86_400_000],
])('%j asks to wait %j ms', (headers, expected) => {
  expect(readRetryAfter(headers, NOW)).toBe(expected);
});

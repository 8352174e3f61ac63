import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dayOfId, newId, timeOfId } from './ids.js';

test('an id carries its time and sorts by it', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 45), fc.nat(2 ** 45), (a, b) => {
      const [first, second] = [newId('req', a, randomBytes), newId('req', b, randomBytes)];
      expect(timeOfId(first)).toBe(a);
      if (a < b) expect(first < second).toBe(true);
    }),
  );
});

test('the day of an id is the UTC day', () => {
  expect(dayOfId(newId('req', Date.UTC(2026, 1, 28, 23, 59, 59, 999), randomBytes))).toBe('2026-02-28');
});

test('a text that is no id has no time', () => {
  for (const text of ['', 'req_', 'req_short', `req_${'u'.repeat(26)}`]) expect(timeOfId(text)).toBeNull();
});

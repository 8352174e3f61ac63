import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type PepperSet, readPeppers } from '../tokens/read-peppers.js';
import { keepSecret, openKept } from './keep-secret.js';

const peppers = (text: string): PepperSet => {
  const read = readPeppers(text);
  if (!read.ok) throw new Error(read.error);
  return read.value;
};
const [one, two] = ['1:'.concat('ab'.repeat(32)), '2:'.concat('cd'.repeat(32))];

test('what is kept can be read again in its place, also after the next pepper has come', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const kept = keepSecret(peppers(one), text, 'rot_1');
      expect(openKept(peppers(one), kept, 'rot_1')).toBe(text);
      expect(openKept(peppers(`${two},${one}`), kept, 'rot_1')).toBe(text);
    }),
  );
});

test('it opens nowhere else, not without its pepper, and not changed by a single bit', () => {
  const kept = keepSecret(peppers(one), 'tgk_live_secret', 'rot_1');
  expect(openKept(peppers(one), kept, 'rot_2')).toBeNull();
  expect(openKept(peppers(two), kept, 'rot_1')).toBeNull();
  expect(openKept(peppers(`1:${'ee'.repeat(32)}`), kept, 'rot_1')).toBeNull();
  for (let bit = 0; bit < kept.length * 8; bit += 1) {
    const changed = Buffer.from(kept);
    changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
    expect(openKept(peppers(one), changed, 'rot_1')).toBeNull();
  }
  for (let length = 0; length < kept.length; length += 1) {
    expect(openKept(peppers(one), kept.subarray(0, length), 'rot_1')).toBeNull();
  }
});

test('the text is not in it, and the same text never looks the same', () => {
  const kept = () => keepSecret(peppers(one), 'tgk_live_secret', 'rot_1').toString('latin1');
  expect(kept()).not.toContain('tgk_live_secret');
  expect(kept()).not.toBe(kept());
});

import { expect, test } from 'vitest';
import { createRandom } from './random.js';

const fixed = (fill: number) => (length: number) => new Uint8Array(length).fill(fill);

test('the same seed gives the same draws, another seed others', () => {
  const draw = (fill: number): number[] => Array.from({ length: 20 }, createRandom(fixed(fill)));
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
});

test.each([0, 1, 255])('draws fill [0, 1) evenly, whatever the seed (%i)', (fill) => {
  const random = createRandom(fixed(fill));
  const buckets = new Array<number>(10).fill(0);
  for (let index = 0; index < 100_000; index += 1) {
    const value = random();
    expect(value >= 0 && value < 1).toBe(true);
    const bucket = Math.floor(value * 10);
    buckets[bucket] = (buckets[bucket] as number) + 1;
  }
  // Five standard deviations of a fair draw are 475.
  for (const count of buckets) expect(Math.abs(count - 10_000)).toBeLessThan(500);
});

import type { RandomBytes } from './clock.js';

/**
 * Numbers in [0, 1) for draws by weight and for jitter, never for secrets: sfc32 (Chris Doty-Humphrey, PractRand), seeded
 * once from `randomBytes`. A test gives fixed bytes and gets the same draws each time.
 */
export function createRandom(randomBytes: RandomBytes): () => number {
  const seed = randomBytes(12);
  const word = (at: number): number =>
    (seed[at] as number) | ((seed[at + 1] as number) << 8) | ((seed[at + 2] as number) << 16) | ((seed[at + 3] as number) << 24);
  let [a, b, c, counter] = [word(0), word(4), word(8), 1];
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  // The first draws still look like the seed.
  for (let round = 0; round < 12; round += 1) next();
  return next;
}

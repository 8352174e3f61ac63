import type { RandomBytes } from '@tollgate/kernel';

const POOL_BYTES = 4096;

/** The same randomness, drawn in larger pieces: a draw of 16 bytes costs as much as one of 4 KiB. Each byte is used once. */
export function poolRandom(randomBytes: RandomBytes): RandomBytes {
  let pool = new Uint8Array(0);
  let used = 0;
  return (length) => {
    if (length > POOL_BYTES) return randomBytes(length);
    if (used + length > pool.length) {
      pool = new Uint8Array(randomBytes(POOL_BYTES));
      used = 0;
    }
    used += length;
    return pool.subarray(used - length, used);
  };
}

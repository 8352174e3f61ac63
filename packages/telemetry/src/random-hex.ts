import type { RandomBytes } from '@tollgate/kernel';

const POOL_BYTES = 4_096;

/** Hex ids out of a pool: one draw from the system's generator serves some 170 calls. Never all zero, as W3C asks. */
export function createRandomHex(randomBytes: RandomBytes): (bytes: number) => string {
  let pool: Buffer = Buffer.alloc(0);
  let offset = 0;
  const next = (bytes: number): string => {
    if (offset + bytes > pool.length) {
      const drawn = randomBytes(POOL_BYTES);
      pool = Buffer.from(drawn.buffer, drawn.byteOffset, drawn.byteLength);
      offset = 0;
    }
    const hex = pool.toString('hex', offset, offset + bytes);
    offset += bytes;
    return /^0+$/.test(hex) ? `${hex.slice(1)}1` : hex;
  };
  return next;
}

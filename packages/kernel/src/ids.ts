import type { RandomBytes } from './clock.js';

/** Crockford's base 32, lower case: sorts as its value does and has no look-alikes. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_LENGTH = 10;
const RANDOM_LENGTH = 16;

/**
 * A prefixed, time-ordered id: `<prefix>_` + 10 characters of milliseconds + 16 characters (80 bits) of randomness,
 * the layout of ULID (https://github.com/ulid/spec) in lower case.
 */
export function newId(prefix: string, nowMs: number, randomBytes: RandomBytes): string {
  let time = '';
  let rest = nowMs;
  for (let i = 0; i < TIME_LENGTH; i += 1) {
    time = ALPHABET[rest % 32] + time;
    rest = Math.floor(rest / 32);
  }
  const random = randomBytes(RANDOM_LENGTH);
  let tail = '';
  for (let i = 0; i < RANDOM_LENGTH; i += 1) tail += ALPHABET[(random[i] as number) & 31];
  return `${prefix}_${time}${tail}`;
}

/** Milliseconds since the epoch that a {@link newId} carries, or null where the text is not such an id. */
export function timeOfId(id: string): number | null {
  const body = id.slice(id.lastIndexOf('_') + 1);
  if (body.length !== TIME_LENGTH + RANDOM_LENGTH) return null;
  let value = 0;
  for (let i = 0; i < TIME_LENGTH; i += 1) {
    const digit = ALPHABET.indexOf(body[i] as string);
    if (digit < 0) return null;
    value = value * 32 + digit;
  }
  return value;
}

/** The UTC day (`YYYY-MM-DD`) that an id belongs to: the partition key of everything stored by request. */
export function dayOfId(id: string): string | null {
  const time = timeOfId(id);
  return time === null ? null : new Date(time).toISOString().slice(0, 10);
}

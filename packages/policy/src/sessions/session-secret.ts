import { createHmac, timingSafeEqual } from 'node:crypto';
import type { RandomBytes } from '@tollgate/kernel';
import type { Pepper, PepperSet } from '../tokens/read-peppers.js';

const SECRET_BYTES = 32;
const SECRET = /^[0-9A-Za-z_-]{43}$/;

/** 256 random bits, base64url: all that a browser holds of a session. */
export const makeSessionSecret = (randomBytes: RandomBytes): string =>
  Buffer.from(randomBytes(SECRET_BYTES)).toString('base64url');

export const isSessionSecret = (text: string): boolean => SECRET.test(text);

/** What is stored and asked for; of another domain than the digests of tokens. */
export const digestSession = ({ key }: Pepper, secret: string): Buffer =>
  createHmac('sha256', key).update('tollgate-session-v1\n').update(secret).digest();

/**
 * A second text that belongs to the session and is no cookie: a page of another origin can make a browser send the cookie,
 * but it can neither read nor guess this.
 */
export const csrfTokenOf = ({ key }: Pepper, secret: string): string =>
  createHmac('sha256', key).update('tollgate-csrf-v1\n').update(secret).digest('base64url');

export function csrfTokenMatches(peppers: PepperSet, secret: string, given: string): boolean {
  const bytes = Buffer.from(given);
  return peppers.some((pepper) => {
    const wanted = Buffer.from(csrfTokenOf(pepper, secret));
    return wanted.length === bytes.length && timingSafeEqual(wanted, bytes);
  });
}

import { createHmac, timingSafeEqual } from 'node:crypto';
import type { RandomBytes } from '@tollgate/kernel';
import type { Pepper, PepperSet } from '@tollgate/policy';

export const DEVICE_LIFETIME_S = 180 * 86_400;
const NONCE = /^[0-9A-Za-z_-]{22}$/;

const macOf = ({ key }: Pepper, email: string, nonce: string): Buffer =>
  createHmac('sha256', key).update(`tollgate-device-v1\n${nonce}\n${email}`).digest();

/** Says that this browser has signed in to this account. It signs nobody in: it only stands apart from those who guess. */
export function makeDeviceCookie([pepper]: PepperSet, email: string, randomBytes: RandomBytes): string {
  const nonce = Buffer.from(randomBytes(16)).toString('base64url');
  return `${nonce}.${macOf(pepper, email, nonce).toString('base64url')}`;
}

/** The device's own name; null where the cookie is not ours, or of another account. */
export function readDeviceCookie(peppers: PepperSet, email: string, cookie: string | null): string | null {
  const [nonce = '', mac = ''] = cookie?.split('.') ?? [];
  if (!NONCE.test(nonce)) return null;
  const given = Buffer.from(mac, 'base64url');
  const good = peppers.some((pepper) => {
    const wanted = macOf(pepper, email, nonce);
    return wanted.length === given.length && timingSafeEqual(wanted, given);
  });
  return good ? nonce : null;
}

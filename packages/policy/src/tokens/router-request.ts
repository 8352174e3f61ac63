import { createHmac, createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { Pepper, PepperSet } from './read-peppers.js';

/** Where a router asks auth directly while the message bus is out of reach; not part of the public origin. */
export const DIRECT_RESOLVE_PATH = '/internal/v1/tokens/resolve';
export const ROUTER_SIGNATURE_HEADER = 'x-tollgate-router-signature';

/** Clocks of two machines differ by less; an observed request is worth nothing after it, and before it only its own answer. */
const WINDOW_MS = 30_000;
const KEY_BYTES = 32;
const LABEL = 'router-to-auth';
const SIGNATURE = /^1\.(\d{1,6})\.(\d{1,15})\.([0-9A-Za-z_-]{43})$/;

/** RFC 5869: a key for this one purpose, so that no signature can ever be the digest of a token. Derived once per pepper. */
const keys = new WeakMap<KeyObject, KeyObject>();
function keyOf(pepper: Pepper): KeyObject {
  let key = keys.get(pepper.key);
  if (key === undefined) {
    key = createSecretKey(Buffer.from(hkdfSync('sha256', pepper.key, Buffer.alloc(0), LABEL, KEY_BYTES)));
    keys.set(pepper.key, key);
  }
  return key;
}

const macOf = (pepper: Pepper, atMs: number | string, publicId: string): Buffer =>
  createHmac('sha256', keyOf(pepper)).update(`${DIRECT_RESOLVE_PATH}\n${atMs}\n${publicId}`).digest();

/** `1.<version of the pepper>.<milliseconds since the epoch>.<HMAC-SHA256, base64url>`: the value of the signature header. */
export const signRouterRequest = (peppers: PepperSet, publicId: string, nowMs: number): string =>
  `1.${peppers[0].version}.${Math.round(nowMs)}.${macOf(peppers[0], Math.round(nowMs), publicId).toString('base64url')}`;

/** Was this signed within the last half minute by somebody who has one of the peppers? */
export function verifyRouterRequest(peppers: PepperSet, publicId: string, nowMs: number, signature: unknown): boolean {
  const [, version, atMs, mac] = (typeof signature === 'string' ? SIGNATURE.exec(signature) : null) ?? [];
  if (version === undefined || atMs === undefined || mac === undefined) return false;
  if (Math.abs(nowMs - Number(atMs)) > WINDOW_MS) return false;
  const pepper = peppers.find((each) => each.version === Number(version));
  return pepper !== undefined && timingSafeEqual(macOf(pepper, atMs, publicId), Buffer.from(mac, 'base64url'));
}

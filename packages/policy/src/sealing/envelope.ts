import { createHash, createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from 'node:crypto';

/** First byte of a sealed text; another way of sealing gets another one. */
export const VERSION = 1;
export const KEY_BYTES = 32;
export const IV_BYTES = 12;
export const TAG_BYTES = 16;
/** version, ephemeral public key, iv; then the ciphertext and its tag. */
export const HEADER_BYTES = 1 + KEY_BYTES + IV_BYTES;

const PKCS8_X25519 = Buffer.from('302e020100300506032b656e04220420', 'hex');
const SPKI_X25519 = Buffer.from('302a300506032b656e032100', 'hex');

/** RFC 8410 wraps the raw 32 bytes in a fixed prefix. */
export const privateKeyOf = (raw: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([PKCS8_X25519, checked(raw)]), format: 'der', type: 'pkcs8' });
export const publicKeyOf = (raw: Uint8Array): KeyObject =>
  createPublicKey({ key: Buffer.concat([SPKI_X25519, checked(raw)]), format: 'der', type: 'spki' });
export const rawPublicKeyOf = (key: KeyObject): Uint8Array =>
  (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'der', type: 'spki' }).subarray(SPKI_X25519.length);

/** First 16 hex digits of the SHA-256 of the raw public key. */
export const keyIdOf = (publicKeyRaw: Uint8Array): string => createHash('sha256').update(publicKeyRaw).digest('hex').slice(0, 16);

/** Both public keys go into the key, so that it is bound to this sender and this receiver (as in RFC 9180). */
export function contentKey(shared: Uint8Array, ephemeral: Uint8Array, receiver: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', shared, Buffer.concat([ephemeral, receiver]), 'tollgate credential v1', 32));
}

function checked(raw: Uint8Array): Uint8Array {
  if (raw.length !== KEY_BYTES) throw new RangeError('an X25519 key has 32 bytes');
  return raw;
}

import { KEY_BYTES, keyIdOf, privateKeyOf, rawPublicKeyOf } from './envelope.js';

/** What a process that opens secrets presents of itself; the shape of `sealingKey` in AdapterHello. */
export interface SealingKey {
  readonly id: string;
  /** base64url of the 32 raw bytes. */
  readonly publicKey: string;
}

/** The public half of a raw X25519 private key; throws `RangeError` where it has not 32 bytes. */
export function sealingKeyPair(privateKeyRaw: Uint8Array): SealingKey {
  const publicKey = rawPublicKeyOf(privateKeyOf(privateKeyRaw));
  return { id: keyIdOf(publicKey), publicKey: Buffer.from(publicKey).toString('base64url') };
}

/** The raw bytes of a presented public key, or null where it is none or its id is not its own. */
export function readSealingKey(key: SealingKey): Uint8Array | null {
  const raw = Buffer.from(key.publicKey, 'base64url');
  return raw.length === KEY_BYTES && keyIdOf(raw) === key.id ? raw : null;
}

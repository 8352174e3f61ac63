import { createDecipheriv, diffieHellman } from 'node:crypto';
import {
  contentKey,
  HEADER_BYTES,
  KEY_BYTES,
  privateKeyOf,
  publicKeyOf,
  rawPublicKeyOf,
  TAG_BYTES,
  VERSION,
} from './envelope.js';

/**
 * The plaintext of a sealed secret, or null where it cannot be opened: another key, another place, another version, or a
 * changed byte (which of them is nobody's business). For provider-adapters alone; the room check enforces it.
 */
export function openSecret(privateKeyRaw: Uint8Array, sealed: string, aad: string): string | null {
  const bytes = Buffer.from(sealed, 'base64url');
  // Node ignores what is no base64url, so a changed text could decode to the same bytes.
  if (bytes.length < HEADER_BYTES + TAG_BYTES || bytes[0] !== VERSION || bytes.toString('base64url') !== sealed) return null;
  const ephemeralRaw = bytes.subarray(1, 1 + KEY_BYTES);
  const iv = bytes.subarray(1 + KEY_BYTES, HEADER_BYTES);
  try {
    const privateKey = privateKeyOf(privateKeyRaw);
    const shared = diffieHellman({ privateKey, publicKey: publicKeyOf(ephemeralRaw) });
    const key = contentKey(shared, ephemeralRaw, rawPublicKeyOf(privateKey));
    const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.concat([Buffer.of(VERSION), Buffer.from(aad, 'utf8')]));
    decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
    const start = decipher.update(bytes.subarray(HEADER_BYTES, bytes.length - TAG_BYTES));
    return Buffer.concat([start, decipher.final()]).toString('utf8');
  } catch {
    return null;
  }
}

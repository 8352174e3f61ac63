import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { Pepper, PepperSet } from '../tokens/read-peppers.js';

const VERSION = 1;
const LABEL = 'tollgate kept secret v1';
const [SALT_BYTES, IV_BYTES, TAG_BYTES, KEY_BYTES] = [16, 12, 16, 32];
const HEADER_BYTES = 1 + 4 + SALT_BYTES + IV_BYTES;

/**
 * Encrypts what must lie in Postgres for a while and be read again by auth alone: AES-256-GCM under a key of its own, which
 * HKDF-SHA256 derives from the pepper and a random salt. A dump of the database without the pepper holds nothing. `place`
 * (the id of the row) is bound to it: moved elsewhere it no longer opens. Randomness comes from node:crypto and not from an
 * argument, because a repeated key and iv would give the text away.
 */
export function keepSecret([pepper]: PepperSet, text: string, place: string): Buffer {
  const salt = randomBytes(SALT_BYTES);
  const iv = randomBytes(IV_BYTES);
  const header = Buffer.alloc(1 + 4);
  header.writeUInt8(VERSION, 0);
  header.writeUInt32BE(pepper.version, 1);
  const cipher = createCipheriv('aes-256-gcm', keyOf(pepper, salt), iv);
  cipher.setAAD(Buffer.concat([header, Buffer.from(place, 'utf8')]));
  return Buffer.concat([header, salt, iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
}

/** null where it was changed, belongs elsewhere, or was made with a pepper that is gone. */
export function openKept(peppers: PepperSet, kept: Uint8Array, place: string): string | null {
  const bytes = Buffer.from(kept);
  if (bytes.length < HEADER_BYTES + TAG_BYTES || bytes[0] !== VERSION) return null;
  const pepper = peppers.find(({ version }) => version === bytes.readUInt32BE(1));
  if (pepper === undefined) return null;
  const salt = bytes.subarray(5, 5 + SALT_BYTES);
  const iv = bytes.subarray(5 + SALT_BYTES, HEADER_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', keyOf(pepper, salt), iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.concat([bytes.subarray(0, 5), Buffer.from(place, 'utf8')]));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    return decipher.update(bytes.subarray(HEADER_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return null;
  }
}

const keyOf = ({ key }: Pepper, salt: Uint8Array): Buffer => Buffer.from(hkdfSync('sha256', key, salt, LABEL, KEY_BYTES));

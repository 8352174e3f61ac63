import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { VariableSpec } from '@tollgate/kernel';

/** What checkpoints and exports are signed with. */
export interface AuditKey {
  /** RFC 7638 thumbprint. */
  readonly id: string;
  /** The 32 raw bytes, base64url. */
  readonly publicKey: string;
  /** Ed25519, base64url. */
  sign(text: string): string;
}

/** What signatures are checked with. */
export interface AuditPublicKey {
  readonly id: string;
  readonly publicKey: string;
  verifies(text: string, signature: string): boolean;
}

const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** RFC 8410 wraps the raw 32 bytes in a fixed prefix. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

/** Reads 32 bytes in base64url or hex, or a PEM of PKCS #8; null where it is neither. */
export function readAuditKey(text: string): AuditKey | null {
  const key = privateKeyOf(text.trim());
  if (key === null) return null;
  const { id, publicKey } = describe(createPublicKey(key));
  return { id, publicKey, sign: (message) => sign(null, Buffer.from(message), key).toString('base64url') };
}

/** Reads the 32 raw bytes in base64url, or a PEM of SPKI; null where it is neither. */
export function readAuditPublicKey(text: string): AuditPublicKey | null {
  const key = publicKeyOf(text.trim());
  if (key === null) return null;
  return {
    ...describe(key),
    verifies: (message, signature) => {
      const bytes = strictBase64url(signature, SIGNATURE_BYTES);
      return bytes !== null && verify(null, Buffer.from(message), key, bytes);
    },
  };
}

/** RFC 7638: SHA-256 over the required members of the JWK in the order of the alphabet. */
const thumbprintOf = (x: string): string =>
  createHash('sha256')
    .update(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }))
    .digest('base64url');

function describe(key: KeyObject): { readonly id: string; readonly publicKey: string } {
  const publicKey = key.export({ format: 'der', type: 'spki' }).subarray(SPKI.length).toString('base64url');
  return { id: thumbprintOf(publicKey), publicKey };
}

function privateKeyOf(text: string): KeyObject | null {
  if (text.startsWith('-----BEGIN ')) return ed25519Of(() => createPrivateKey(text));
  const raw = /^[0-9a-fA-F]{64}$/.test(text) ? Buffer.from(text, 'hex') : strictBase64url(text, KEY_BYTES);
  if (raw === null) return null;
  return createPrivateKey({ key: Buffer.concat([PKCS8, raw]), format: 'der', type: 'pkcs8' });
}

function publicKeyOf(text: string): KeyObject | null {
  // A private key would do as well, and would then lie about where it should not.
  if (text.startsWith('-----BEGIN PUBLIC KEY-----')) return ed25519Of(() => createPublicKey(text));
  const raw = strictBase64url(text, KEY_BYTES);
  return raw === null ? null : createPublicKey({ key: Buffer.concat([SPKI, raw]), format: 'der', type: 'spki' });
}

function ed25519Of(read: () => KeyObject): KeyObject | null {
  try {
    const key = read();
    return key.asymmetricKeyType === 'ed25519' ? key : null;
  } catch {
    return null;
  }
}

/** The last letter has bits that carry nothing: of the spellings of the same bytes only one is taken. */
function strictBase64url(text: string, length: number): Buffer | null {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.length === length && bytes.toString('base64url') === text ? bytes : null;
}

export const AUDIT_KEY_VARIABLE: VariableSpec<AuditKey> = {
  name: 'TOLLGATE_AUDIT_KEY',
  purpose: 'The private key that checkpoints of the audit trail are signed with (Ed25519).',
  expected: '32 random bytes in base64url or hex, or a PEM of an Ed25519 key (make one: openssl rand -hex 32)',
  secret: true,
  parse: readAuditKey,
};

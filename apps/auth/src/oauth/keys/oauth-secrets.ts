import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import type { RandomBytes, VariableSpec } from '@tollgate/kernel';
import type { PepperSet } from '@tollgate/policy';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const LABEL = { seal: 'oauth-signing-keys', cookies: 'oauth-cookies' } as const;

/** Where none is given, keys are derived from the peppers; an operator who wants them apart gives one. */
export const OAUTH_KEY_VARIABLE: VariableSpec<KeyObject | null> = {
  name: 'TOLLGATE_OAUTH_KEY',
  purpose: 'Seals the signing keys of the OAuth server in Postgres; unset: a key derived from TOLLGATE_TOKEN_PEPPER.',
  expected: '32 random bytes in base64url or hex (make some: openssl rand -hex 32)',
  secret: true,
  fallback: null,
  parse: (text) => {
    const bytes = Buffer.from(text, /^[0-9a-fA-F]{64}$/.test(text) ? 'hex' : 'base64url');
    return bytes.length === KEY_BYTES && /^[0-9A-Za-z_-]+$/.test(text) ? createSecretKey(bytes) : null;
  },
};

interface Root {
  /** What a sealed text notes, so that it is opened with the same one. */
  readonly name: string;
  readonly key: KeyObject;
}

/** Everything secret that the OAuth server needs, each derived for one purpose (RFC 5869). */
export class OAuthSecrets {
  readonly #roots: readonly Root[];

  constructor(
    peppers: PepperSet,
    own: KeyObject | null,
    private readonly randomBytes: RandomBytes,
  ) {
    const derived = peppers.map(({ version, key }) => ({ name: `pepper:${version}`, key }));
    this.#roots = own === null ? derived : [{ name: 'own', key: own }, ...derived];
  }

  /** Of cookies: the first signs, all are accepted. */
  get cookieKeys(): Buffer[] {
    return this.#roots.map(({ key }) => Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), LABEL.cookies, KEY_BYTES)));
  }

  /** AES-256-GCM under the first root: nonce, tag, text. `name` is bound to it. */
  seal(name: string, text: string): { readonly sealed: Buffer; readonly with: string } {
    const root = this.#roots[0] as Root;
    const nonce = this.randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', sealingKey(root), nonce).setAAD(Buffer.from(name));
    const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return { sealed: Buffer.concat([nonce, cipher.getAuthTag(), body]), with: root.name };
  }

  /** null where the root is no longer there, or the text was tampered with. */
  open(name: string, sealed: Buffer, sealedWith: string): string | null {
    const root = this.#roots.find((each) => each.name === sealedWith);
    if (root === undefined || sealed.length <= NONCE_BYTES + TAG_BYTES) return null;
    const decipher = createDecipheriv('aes-256-gcm', sealingKey(root), sealed.subarray(0, NONCE_BYTES))
      .setAAD(Buffer.from(name))
      .setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    try {
      return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8');
    } catch {
      return null;
    }
  }
}

const sealingKey = ({ key }: Root): KeyObject =>
  createSecretKey(Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), LABEL.seal, KEY_BYTES)));

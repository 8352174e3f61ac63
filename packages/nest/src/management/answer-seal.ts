import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import type { RandomBytes } from '@tollgate/kernel';
import type { Pepper, PepperSet } from '@tollgate/policy';

const IV_BYTES = 12;
const TAG_BYTES = 16;
const VERSION_BYTES = 4;

const keyOf = ({ key }: Pepper): Buffer => Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), 'tollgate-idempotency-v1', 32));

/**
 * Answers that are kept for a repeated request may hold a secret that is shown once. Postgres gets them sealed (AES-256-GCM)
 * under a key made from the pepper, which it never sees; `context` binds them to their place.
 */
export class AnswerSeal {
  private readonly keys: readonly { readonly version: number; readonly key: Buffer }[];

  constructor(
    peppers: PepperSet,
    private readonly randomBytes: RandomBytes,
  ) {
    this.keys = peppers.map((pepper) => ({ version: pepper.version, key: keyOf(pepper) }));
  }

  seal(answer: unknown, context: string): Buffer {
    const [current] = this.keys;
    if (current === undefined) throw new Error('there is always a pepper');
    const iv = this.randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', current.key, iv).setAAD(Buffer.from(context));
    const body = Buffer.concat([cipher.update(JSON.stringify(answer ?? null), 'utf8'), cipher.final()]);
    const version = Buffer.alloc(VERSION_BYTES);
    version.writeUInt32BE(current.version);
    return Buffer.concat([version, iv, cipher.getAuthTag(), body]);
  }

  /** null where it was sealed under a pepper that is no longer live. */
  open(sealed: Buffer, context: string): { readonly answer: unknown } | null {
    const version = sealed.readUInt32BE(0);
    const key = this.keys.find((each) => each.version === version)?.key;
    if (key === undefined) return null;
    const iv = sealed.subarray(VERSION_BYTES, VERSION_BYTES + IV_BYTES);
    const tag = sealed.subarray(VERSION_BYTES + IV_BYTES, VERSION_BYTES + IV_BYTES + TAG_BYTES);
    const cipher = createDecipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(context)).setAuthTag(tag);
    const body = Buffer.concat([cipher.update(sealed.subarray(VERSION_BYTES + IV_BYTES + TAG_BYTES)), cipher.final()]);
    return { answer: JSON.parse(body.toString('utf8')) };
  }
}

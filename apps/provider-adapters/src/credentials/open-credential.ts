import { createHash } from 'node:crypto';
import type { Credential } from '@tollgate/contracts';
import { fail, ok, type Result } from '@tollgate/kernel';
import { openSecret } from '@tollgate/policy';

export interface CredentialKeys {
  /** Raw X25519 private key. */
  readonly sealingKey: Uint8Array;
  readonly sealingKeyId: string;
  /** Provider variables of this process's environment: name -> value. */
  readonly environment: Readonly<Record<string, string>>;
}

const OPENED_MAX = 4096;
/** What can stand in a header; anything else is a wrongly pasted key. */
const HEADER_VALUE = /^[\x21-\x7e]([\x20-\x7e]{0,8190}[\x21-\x7e])?$/;

/**
 * Opens credentials when they are first needed and keeps them in memory only, by id and sealed text, so that a changed
 * credential is opened anew. A failure says why, without the secret; null = the provider needs none.
 */
export class CredentialOpener {
  private readonly opened = new Map<string, string>();

  constructor(private readonly keys: CredentialKeys) {}

  open(credential: Credential): Result<string | null, string> {
    if (credential.source === 'none') return ok(null);
    if (credential.source === 'environment') {
      const { environment } = this.keys;
      const value = Object.hasOwn(environment, credential.variable) ? environment[credential.variable] : undefined;
      if (value === undefined)
        return fail(`variable ${credential.variable} of credential ${credential.id} is not set in the adapter's environment`);
      return this.checked(credential.id, value.trim());
    }
    const key = `${credential.id} ${createHash('sha256').update(credential.sealed).digest('base64')}`;
    const known = this.opened.get(key);
    if (known !== undefined) return ok(known);
    const secret = openSecret(this.keys.sealingKey, credential.sealed, credential.id);
    if (secret === null) {
      const { sealingKeyId } = this.keys;
      const why =
        credential.keyId === sealingKeyId
          ? 'it was changed or moved'
          : `it is sealed to key ${credential.keyId}, this adapter has ${sealingKeyId}`;
      return fail(`credential ${credential.id} cannot be opened: ${why}`);
    }
    const checked = this.checked(credential.id, secret);
    if (checked.ok) this.keep(key, secret);
    return checked;
  }

  private checked(id: string, secret: string): Result<string, string> {
    return HEADER_VALUE.test(secret) ? ok(secret) : fail(`credential ${id} holds characters that no header can carry`);
  }

  private keep(key: string, secret: string): void {
    if (this.opened.size >= OPENED_MAX) {
      const [oldest] = this.opened.keys();
      if (oldest !== undefined) this.opened.delete(oldest);
    }
    this.opened.set(key, secret);
  }
}

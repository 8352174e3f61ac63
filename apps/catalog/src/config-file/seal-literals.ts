import { readSealingKey, type SealingKey, sealSecret } from '@tollgate/policy';
import type { CredentialSpec } from '../store/put-provider.js';

interface Sealed {
  readonly secret: string;
  readonly keyId: string;
  readonly credentialId: string;
}

/** Remembers which literal key of the file is sealed in which credential, so that reading the file again changes nothing. */
export class SealedLiterals {
  private readonly byProvider = new Map<string, Sealed>();

  /** The credential that holds this secret already, sealed to the current key. */
  held(provider: string, secret: string, key: SealingKey): string | null {
    const sealed = this.byProvider.get(provider);
    return sealed?.secret === secret && sealed.keyId === key.id ? sealed.credentialId : null;
  }

  spec(provider: string, secret: string, key: SealingKey): CredentialSpec {
    return {
      source: 'sealed',
      keyId: key.id,
      seal: (credentialId) => {
        const publicKey = readSealingKey(key);
        if (publicKey === null) throw new Error('the stored sealing key is none');
        this.byProvider.set(provider, { secret, keyId: key.id, credentialId });
        return sealSecret(publicKey, secret, credentialId);
      },
    };
  }
}

import { TollgateError } from '@tollgate/kernel';
import { readSealingKey, sealSecret } from '@tollgate/policy';
import { readStoredSealingKey } from '../registration/sealing-key.js';
import type { CredentialSpec } from '../store/put-provider.js';
import type { Query } from '../store/session.js';

/** The secret, to be encrypted to the adapters' public key. Without a key there is nothing that it could be stored as. */
export async function sealForAdapters(query: Query, secret: string): Promise<CredentialSpec> {
  const key = await readStoredSealingKey(query);
  const publicKey = key === null ? null : readSealingKey(key);
  if (key === null || publicKey === null) {
    throw new TollgateError(
      'no_adapter',
      'No provider adapter has presented its sealing key yet, so a secret cannot be stored. Start one and try again.',
      { retryAfterMs: 2_000 },
    );
  }
  return { source: 'sealed', keyId: key.id, seal: (credentialId) => sealSecret(publicKey, secret, credentialId) };
}

import type { CreateCredential } from '@tollgate/contracts';
import { TollgateError } from '@tollgate/kernel';
import { readSealingKey, sealSecret } from '@tollgate/policy';
import type { Transport } from '@tollgate/transport';
import { readStoredSealingKey } from '../registration/sealing-key.js';
import type { CatalogStore } from '../store/catalog-store.js';
import type { TriedSecret } from '../store/put-provider.js';
import { type TestableProvider, testBeforeStoring } from './test-secret.js';

export interface ManagementParts {
  readonly store: CatalogStore;
  readonly transport: Transport;
}

/**
 * Encrypts a secret to the adapters' public key and has it tried, before any transaction is open: a provider may take seconds
 * to answer. Without a key of the adapters there is nothing that it could be stored as.
 */
export async function sealAndTry(
  { store, transport }: ManagementParts,
  provider: TestableProvider,
  { secret, test }: Pick<CreateCredential, 'secret' | 'test'>,
): Promise<TriedSecret> {
  const key = await readStoredSealingKey(store.query);
  const publicKey = key === null ? null : readSealingKey(key);
  if (key === null || publicKey === null) {
    throw new TollgateError(
      'no_adapter',
      'No provider adapter has presented its sealing key yet, so a secret cannot be stored. Start one and try again.',
      { retryAfterMs: 2_000 },
    );
  }
  const id = store.newId('cred');
  const sealed = sealSecret(publicKey, secret, id);
  const reply = await testBeforeStoring(transport, test, provider, { id, source: 'sealed', keyId: key.id, sealed });
  return { id, keyId: key.id, sealed, test: reply };
}

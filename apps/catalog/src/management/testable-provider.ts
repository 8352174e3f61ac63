import type { Credential } from '@tollgate/contracts';
import type { ProviderSpec } from '../store/put-provider.js';
import type { Query } from '../store/session.js';
import { type CredentialRow, credentialOf, type ProviderRow, upstreamProvider } from '../views/load-views.js';
import type { TestableProvider } from './test-secret.js';

/** One that is about to be made. */
export const testableSpec = ({ check, ...spec }: ProviderSpec): TestableProvider => ({
  provider: {
    id: spec.name,
    name: spec.name,
    baseUrl: spec.baseUrl,
    auth: spec.auth,
    serves: [...spec.serves],
    headers: spec.headers,
    quirks: [...spec.quirks],
    allowPrivateNetwork: spec.allowPrivateNetwork,
  },
  check,
});

/** A stored one; null where it is not there. A server that has wanted no key so far takes the first one as bearer. */
export async function testableProvider(query: Query, providerId: string): Promise<TestableProvider | null> {
  const [row] = await query<ProviderRow>(
    `SELECT id, name, base_url, auth, serves, headers, quirks, allow_private_network, credential_id, timeouts, credential_check
       FROM catalog.providers WHERE id = $1`,
    [providerId],
  );
  if (row === undefined) return null;
  const provider = upstreamProvider(row);
  const auth = provider.auth.type === 'none' ? ({ type: 'bearer' } as const) : provider.auth;
  return { provider: { ...provider, auth }, check: row.credential_check };
}

/** As the adapters get it; null where it is not there. */
export async function storedCredential(query: Query, id: string): Promise<Credential | null> {
  const [row] = await query<CredentialRow>('SELECT id, source, variable, key_id, sealed FROM catalog.credentials WHERE id = $1', [
    id,
  ]);
  return row === undefined ? null : credentialOf(row);
}

import type { ProviderRow } from '@tollgate/providers';
import type { ProviderSpec } from '../store/put-provider.js';
import type { Origin } from '../store/session.js';

/** A vendor's row as a provider of the catalogue. */
export const specOfRow = (row: ProviderRow, origin: Origin, baseUrl: string | null = null): ProviderSpec => ({
  name: row.name,
  title: row.title,
  baseUrl: baseUrl ?? row.baseUrl,
  auth: row.auth,
  serves: row.serves,
  headers: {},
  quirks: row.quirks,
  // The environment belongs to the operator: an address that stands there is meant.
  allowPrivateNetwork: row.localByDefault || (origin === 'environment' && baseUrl !== null),
  pricesId: row.pricesId,
  origin,
});

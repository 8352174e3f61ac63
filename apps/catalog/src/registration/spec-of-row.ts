import { fail, ok, type Result } from '@tollgate/kernel';
import { type PlaceProblem, type PlaceWish, type ProviderRow, placeProvider } from '@tollgate/providers';
import type { ProviderSpec } from '../store/put-provider.js';
import type { Origin } from '../store/session.js';
import { UNKNOWN_CHECK } from './unknown-check.js';

/** A vendor's row, placed by what an operator said of it, as a provider of the catalogue. */
export function specOfRow(
  row: ProviderRow,
  origin: Origin,
  wish: PlaceWish & { readonly secret?: boolean } = {},
): Result<ProviderSpec, readonly PlaceProblem[]> {
  const placed = placeProvider(row, wish);
  if (!placed.ok) return fail(placed.error);
  const { baseUrl, auth, serves, check } = placed.value;
  return ok({
    name: row.name,
    title: row.title,
    baseUrl,
    // A server of one's own that was started with a key takes it as bearer.
    auth: auth.type === 'none' && row.localByDefault && wish.secret === true ? { type: 'bearer' } : auth,
    serves,
    headers: row.headers,
    quirks: row.quirks,
    // With a key such a server wants it for its models, too.
    check: check ?? (row.localByDefault && wish.secret === true ? UNKNOWN_CHECK : null),
    // The environment belongs to the operator: an address that stands there is meant.
    allowPrivateNetwork: row.localByDefault || (origin === 'environment' && (wish.baseUrl ?? null) !== null),
    pricesId: row.pricesId,
    origin,
  });
}

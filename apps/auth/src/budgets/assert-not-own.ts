import { TollgateError } from '@tollgate/kernel';
import type { Act } from '../changes/act.js';

/** A key does not change what bounds itself, whatever it may do to the limits and budgets of others. */
export function assertNotOwn({ held }: Act, bound: { readonly budget: string } | { readonly bucket: string }): void {
  if (held === null || held.keyId === null) return;
  const { limits, budgets } = held.policy;
  const own =
    'budget' in bound
      ? budgets.some(({ id, subject }) => subject === 'token' && id === bound.budget)
      : limits.some(({ bucket, subject }) => subject === 'token' && bucket === bound.bucket);
  if (own)
    throw new TollgateError('permission_denied', 'This bounds the very token that you use: somebody else has to change it.');
}

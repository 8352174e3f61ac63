import type { Page } from '@tollgate/contracts';
import { InvalidFieldsError } from '@tollgate/nest';

/** The last id of the page before; null for the first page. Newest first, so what comes next has smaller ids. */
export function afterOf({ cursor }: { readonly cursor?: string | undefined }, prefix: string): string | null {
  if (cursor === undefined) return null;
  const id = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!new RegExp(`^${prefix}_[0-9a-z]{26}$`).test(id)) {
    throw new InvalidFieldsError([{ pointer: 'cursor', detail: 'is not one of ours' }]);
  }
  return id;
}

/** `rows` holds one more than the page where there is another. */
export function pageOfRows<R extends { readonly id: string }, T>(
  rows: readonly R[],
  limit: number,
  view: (row: R) => T,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    data: shown.map(view),
    next_cursor: last === undefined ? null : Buffer.from(last.id).toString('base64url'),
    has_more: last !== undefined,
  };
}

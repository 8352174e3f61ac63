import type { Page } from '@tollgate/contracts';
import { InvalidFieldsError } from '@tollgate/nest';

/** The cursor is the last id seen, so a page costs the same wherever it stands. */
export function readCursor(cursor: string, prefix: string): string {
  const id = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!new RegExp(`^${prefix}_[0-9a-z]{26}$`).test(id)) {
    throw new InvalidFieldsError([{ pointer: 'cursor', detail: 'is not one of ours' }]);
  }
  return id;
}

/** `rows` holds one more than the page shows, where there is one. */
export function pageOfRows<T extends { readonly id: string }>(rows: readonly T[], limit: number): Page<T> {
  const data = rows.slice(0, limit);
  const last = rows.length > limit ? data.at(-1) : undefined;
  return {
    data,
    next_cursor: last === undefined ? null : Buffer.from(last.id).toString('base64url'),
    has_more: last !== undefined,
  };
}

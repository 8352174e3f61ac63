import type { Page, PageQuery } from '@tollgate/contracts';
import { InvalidFieldsError } from '@tollgate/nest';

/** The sort key that a cursor stands for; the empty text sorts before all. */
export function afterOf({ cursor }: PageQuery): string {
  if (cursor === undefined) return '';
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  if (text === '' || text.includes('\0') || Buffer.from(text, 'utf8').toString('base64url') !== cursor) {
    throw new InvalidFieldsError([{ pointer: 'cursor', detail: 'is not a cursor of this list' }]);
  }
  return text;
}

/** A page of rows that were read with one more than the limit. */
export function pageOfRows<R, V>(
  rows: readonly R[],
  { limit }: PageQuery,
  keyOf: (row: R) => string,
  view: (row: R) => V,
): Page<V> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const more = rows.length > limit && last !== undefined;
  return {
    data: shown.map(view),
    next_cursor: more ? Buffer.from(keyOf(last), 'utf8').toString('base64url') : null,
    has_more: more,
  };
}

/** A column of a bulk statement: its values go as one array parameter. */
export interface Column<R> {
  readonly name: string;
  /** Postgres type of one value. */
  readonly type: string;
  value(row: R): string | number | boolean | null;
}

/**
 * Array literals by hand: `pg` would quote and escape every value, which costs more than the rest of a batch. Joined in one go:
 * a text that grows is a rope of millions of pieces, and a third of the work was clearing them away.
 */
export function arrayLiteral<R>(rows: readonly R[], column: Column<R>): string {
  const values = new Array<string>(rows.length);
  for (let index = 0; index < values.length; index += 1) {
    const value = column.value(rows[index] as R);
    if (value === null) values[index] = 'NULL';
    else values[index] = typeof value === 'string' ? quoted(value) : String(value);
  }
  return `{${values.join(',')}}`;
}

/** https://www.postgresql.org/docs/18/arrays.html#ARRAYS-IO */
const SPECIAL = /["\\]/;
const quoted = (text: string): string => `"${SPECIAL.test(text) ? text.replace(/["\\]/g, '\\$&') : text}"`;

export const namesOf = <R>(columns: readonly Column<R>[]): string => columns.map(({ name }) => name).join(', ');

/** `unnest($1::text[], $2::date[] ...)`, parameters counted from `first`. */
export const unnestOf = <R>(columns: readonly Column<R>[], first = 1): string =>
  `unnest(${columns.map(({ type }, index) => `$${index + first}::${type}[]`).join(', ')})`;

export const parametersOf = <R>(columns: readonly Column<R>[], rows: readonly R[]): string[] =>
  columns.map((column) => arrayLiteral(rows, column));

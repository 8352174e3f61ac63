/** A column of a bulk statement: its values go as one array parameter. */
export interface Column<R> {
  readonly name: string;
  /** Postgres type of one value. */
  readonly type: string;
  value(row: R): string | number | boolean | null;
}

/** Array literals by hand: `pg` would quote and escape every value, which costs more than the rest of a batch. */
export function arrayLiteral<R>(rows: readonly R[], column: Column<R>): string {
  let text = '{';
  let separator = '';
  for (const row of rows) {
    const value = column.value(row);
    text += separator;
    separator = ',';
    if (value === null) text += 'NULL';
    else if (typeof value === 'string') text += quoted(value);
    else text += value;
  }
  return `${text}}`;
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

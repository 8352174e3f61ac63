import { type ListTokensQuery, TOKEN_SORTS } from '@tollgate/contracts';
import { InvalidFieldsError } from '@tollgate/nest';
import type { SelectQueryBuilder } from 'typeorm';
import type { TokenRow } from '../database/entities.js';

type Sort = ListTokensQuery['sort'];
type Column = (typeof TOKEN_SORTS)[number];

/** Outside the times that Postgres and JavaScript both know as such: no expiry is the latest, no use the earliest. */
const NEVER = '9999-12-31T23:59:59.999Z';
const NOT_YET = '0001-01-01T00:00:00.000Z';

interface Order {
  readonly expression: string;
  valueOf(row: TokenRow): string;
  readonly value: RegExp;
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const ID = /^tok_[0-9a-z]{26}$/;
const ORDERS: Readonly<Record<Column, Order>> = {
  created_at: { expression: 'token.id', valueOf: ({ id }) => id, value: ID },
  name: { expression: 'token.name', valueOf: ({ name }) => name, value: /^\P{Cc}{1,100}$/u },
  expires_at: {
    expression: `COALESCE(token.expires_at, '${NEVER}')`,
    valueOf: ({ expiresAt }) => expiresAt?.toISOString() ?? NEVER,
    value: TIME,
  },
  last_used_at: {
    expression: `COALESCE(token.last_used_at, '${NOT_YET}')`,
    valueOf: ({ lastUsedAt }) => lastUsedAt?.toISOString() ?? NOT_YET,
    value: TIME,
  },
};

const columnOf = (sort: Sort): Column => TOKEN_SORTS.find((column) => sort.endsWith(column)) ?? 'created_at';

/** By the column and, where that is the same, by the id; after the place that the cursor names. */
export function orderTokens(builder: SelectQueryBuilder<TokenRow>, sort: Sort, cursor: string | undefined): void {
  const descending = sort.startsWith('-');
  const { expression } = ORDERS[columnOf(sort)];
  const direction = descending ? 'DESC' : 'ASC';
  // TypeORM orders by an expression only where that has a name of its own, and a column must keep the one it has.
  if (expression.startsWith('COALESCE')) builder.addSelect(expression, 'place').orderBy('place', direction);
  else if (expression !== 'token.id') builder.orderBy(expression, direction);
  builder.addOrderBy('token.id', direction);
  if (cursor === undefined) return;
  const [value, id] = readCursor(cursor, sort);
  builder.andWhere(`(${expression}, token.id) ${descending ? '<' : '>'} (:value, :id)`, { value, id });
}

export const cursorAfter = (row: TokenRow, sort: Sort): string =>
  Buffer.from(JSON.stringify([sort, ORDERS[columnOf(sort)].valueOf(row), row.id])).toString('base64url');

function readCursor(cursor: string, sort: Sort): readonly [string, string] {
  const parts = jsonOf(cursor);
  const [own, value, id] = Array.isArray(parts) && parts.length === 3 ? (parts as unknown[]) : [];
  const isOurs = own === sort && typeof value === 'string' && typeof id === 'string';
  if (isOurs && ORDERS[columnOf(sort)].value.test(value) && !Number.isNaN(timeOf(value, sort)) && ID.test(id)) return [value, id];
  throw new InvalidFieldsError([{ pointer: 'cursor', detail: 'is not one of ours, or of another order' }]);
}

/** What looks like a time must be one; 0 where no time is meant. */
const timeOf = (value: string, sort: Sort): number => (ORDERS[columnOf(sort)].value === TIME ? Date.parse(value) : 0);

function jsonOf(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return null;
  }
}

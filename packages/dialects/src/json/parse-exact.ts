import type { JsonValue } from './json-value.js';

/** In Node since 21 (https://github.com/tc39/proposal-json-parse-with-source), not yet in TypeScript's library. */
interface ExactJson {
  parse(text: string, reviver: (name: string, value: unknown, context: { readonly source?: string }) => unknown): unknown;
  rawJSON(text: string): object;
  isRawJSON(value: unknown): boolean;
}
const exact = JSON as unknown as ExactJson;

/** Where a number of sixteen digits or more may stand: ids of messages and posts, bounds of 64 bits in schemas. */
const LONG_NUMBER = /[[:,]\s*-?\d{16}/;

/** Parses JSON; a whole number that a double cannot hold keeps its digits, so that it is written as it was read. */
export function parseExact(text: string): JsonValue {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text) as JsonValue;
  return exact.parse(text, (_, value, { source }) =>
    typeof value === 'number' && source !== undefined && /^-?\d{16,}$/.test(source) && String(value) !== source
      ? exact.rawJSON(source)
      : value,
  ) as JsonValue;
}

/** A number with its digits, which looks like an object. */
export const isRawNumber = (value: unknown): boolean => exact.isRawJSON(value);

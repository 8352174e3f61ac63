import { isArray, isObject, type JsonObject, type JsonValue } from './json-value.js';

// Tolerant readers for what upstreams send: another type than the wanted one counts as absent.
const NOTHING: JsonObject = Object.freeze({});
const NO_ITEMS: readonly JsonValue[] = Object.freeze([]);

export const takeText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
export const takeNumber = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;
export const takeBoolean = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined);
export const takeObject = (value: unknown): JsonObject => (isObject(value) ? value : NOTHING);
export const takeArray = (value: unknown): readonly JsonValue[] => (isArray(value) ? value : NO_ITEMS);

/** A count of tokens that can be believed, or null. */
export const takeCount = (value: unknown): number | null =>
  typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? Math.round(value) : null;

/** The members that the form has no place for; undefined where there are none. Null stands for absent in every dialect. */
export function takeRest(value: JsonObject, known: ReadonlySet<string>): JsonObject | undefined {
  let rest: Record<string, JsonValue> | undefined;
  for (const name in value) {
    if (known.has(name)) continue;
    const member = value[name];
    if (member === undefined || member === null) continue;
    // Without a prototype: a member named `__proto__` is then a member like any other.
    rest ??= Object.create(null) as Record<string, JsonValue>;
    rest[name] = member;
  }
  return rest;
}

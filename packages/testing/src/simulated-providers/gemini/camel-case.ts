import { isObject } from '../engine/json.js';

/** Values whose names are the caller's own. */
const FREE = new Set([
  'args',
  'response',
  'parametersJsonSchema',
  'responseJsonSchema',
  'properties',
  'labels',
  'example',
  'default',
]);

/** Protobuf's JSON takes names in snake_case, too: brings them to one form, without touching what callers named themselves. */
export function camelCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelCase);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const camel = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
      if (camel === 'properties' && isObject(inner)) {
        return [camel, Object.fromEntries(Object.entries(inner).map(([own, schema]) => [own, camelCase(schema)]))];
      }
      return [camel, FREE.has(camel) ? inner : camelCase(inner)];
    }),
  );
}

import { isObject, type Json, listOf, textOf } from '../engine/json.js';

const DEPTH_MAX = 8;

/** The smallest value that a JSON Schema accepts, always the same one. Types may be written large, as Gemini does. */
export function exampleOfSchema(schema: unknown, root: unknown = schema, depth = 0): unknown {
  if (!isObject(schema) || depth > DEPTH_MAX) return {};
  if ('const' in schema) return schema.const;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  const reference = textOf(schema.$ref);
  if (reference.startsWith('#/')) return exampleOfSchema(resolve(root, reference), root, depth + 1);
  const union = listOf(schema.anyOf)[0] ?? listOf(schema.oneOf)[0] ?? listOf(schema.allOf)[0];
  if (union !== undefined) return exampleOfSchema(union, root, depth + 1);
  const type = (Array.isArray(schema.type) ? textOf(schema.type[0]) : textOf(schema.type)).toLowerCase();
  switch (type) {
    case 'string':
      return 'amber'.padEnd(typeof schema.minLength === 'number' ? schema.minLength : 0, 'x');
    case 'integer':
    case 'number':
      return typeof schema.minimum === 'number' ? schema.minimum : 7;
    case 'boolean':
      return true;
    case 'null':
      return null;
    case 'array':
      return Array.from({ length: Math.max(1, Number(schema.minItems ?? 1)) }, () =>
        exampleOfSchema(schema.items, root, depth + 1),
      );
    default:
      return exampleOfObject(schema, root, depth);
  }
}

/** All properties: structured outputs of most vendors require each of them. */
function exampleOfObject(schema: Json, root: unknown, depth: number): Json {
  const properties = isObject(schema.properties) ? schema.properties : {};
  return Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, exampleOfSchema(inner, root, depth + 1)]));
}

function resolve(root: unknown, reference: string): unknown {
  return reference
    .slice(2)
    .split('/')
    .reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), root);
}

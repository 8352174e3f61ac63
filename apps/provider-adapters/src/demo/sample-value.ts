import { type Fields, isFields } from './fields.js';

const DEPTH_MAX = 6;
const PROPERTIES_MAX = 64;

/** A value that a simple JSON Schema takes, always the same; references and rules of form are not looked at. */
export function sampleValue(schema: unknown, depth = 0): unknown {
  if (!isFields(schema) || depth > DEPTH_MAX) return 'demo';
  if ('const' in schema) return schema['const'];
  if ('default' in schema) return schema['default'];
  if (Array.isArray(schema['enum'])) return schema['enum'][0];
  for (const name of ['anyOf', 'oneOf', 'allOf']) {
    const choices = schema[name];
    if (Array.isArray(choices)) return sampleValue(choices[0], depth + 1);
  }
  switch (typeOf(schema)) {
    case 'object':
      return sampleObject(schema, depth);
    case 'array':
      return [sampleValue(schema['items'], depth + 1)];
    case 'integer':
    case 'number':
      return typeof schema['minimum'] === 'number' ? schema['minimum'] : 1;
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return 'demo';
  }
}

function typeOf(schema: Fields): unknown {
  const type = schema['type'];
  if (Array.isArray(type)) return type[0];
  return type ?? (isFields(schema['properties']) ? 'object' : 'string');
}

function sampleObject(schema: Fields, depth: number): Record<string, unknown> {
  const properties = isFields(schema['properties']) ? schema['properties'] : {};
  const names = Object.keys(properties).filter((name) => name !== '__proto__');
  const result: Record<string, unknown> = {};
  for (const name of names.slice(0, PROPERTIES_MAX)) result[name] = sampleValue(properties[name], depth + 1);
  return result;
}

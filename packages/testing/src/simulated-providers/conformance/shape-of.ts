import { isObject, type Json } from '../engine/json.js';

/** Values whose names are the caller's or the model's own. */
const FREE = /\.(args|input|arguments|parameters|metadata|schema|tools\[\]|format|categories)$/;

const typeOf = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value);

/** Every path of a value with the type that stands there: `.usage.input_tokens: number`, `.content[].text: string`. */
export function shapeOf(value: unknown, path = '', found = new Set<string>()): Set<string> {
  if (path !== '') found.add(`${path}: ${typeOf(value)}`);
  if (FREE.test(path)) return found;
  if (Array.isArray(value)) for (const inner of value) shapeOf(inner, `${path}[]`, found);
  else if (isObject(value)) for (const [name, inner] of Object.entries(value)) shapeOf(inner, `${path}.${name}`, found);
  return found;
}

export const shapeOfAll = (values: readonly unknown[]): Set<string> => {
  const found = new Set<string>();
  for (const value of values) shapeOf(value, '', found);
  return found;
};

/** What stands in each of them. */
export function commonShape(values: readonly Json[]): Set<string> {
  const [first, ...rest] = values.map((value) => shapeOf(value));
  return new Set([...(first ?? [])].filter((path) => rest.every((shape) => shape.has(path))));
}

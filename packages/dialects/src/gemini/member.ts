import type { JsonObject, JsonValue } from '../json/json-value.js';

const snake = new Map<string, string>();

/** Google's JSON takes each name in two spellings, `inlineData` and `inline_data` (https://protobuf.dev/programming-guides/json/). */
export function member(fields: JsonObject, name: string): JsonValue | undefined {
  const value = fields[name];
  if (value !== undefined) return value;
  let other = snake.get(name);
  if (other === undefined) {
    other = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    snake.set(name, other);
  }
  return fields[other];
}

/** Both spellings of names, for `takeRest`. */
export const bothSpellings = (names: string): ReadonlySet<string> =>
  new Set(names.split(/\s+/).flatMap((name) => [name, name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)]));

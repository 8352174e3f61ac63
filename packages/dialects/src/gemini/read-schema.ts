import { isArray, isObject, type JsonObject, type JsonValue } from '../json/json-value.js';
import { isRawNumber } from '../json/parse-exact.js';

type Copy = Record<string, JsonValue> | JsonValue[];

/**
 * Google's own schema (https://ai.google.dev/api/caching#Schema) as JSON schema: types in lower case, `nullable` as a type.
 * The depth of the body is bounded before; the copy is made with a stack of its own all the same.
 */
export function readSchema(schema: JsonObject): JsonObject {
  const root: Record<string, JsonValue> = {};
  const stack: (readonly [from: JsonObject | readonly JsonValue[], to: Copy])[] = [[schema, root]];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const [from, to] = next;
    const put = (name: string | number, value: JsonValue | undefined): void => {
      if (value === undefined || name === '__proto__') return;
      let copy: JsonValue = value;
      if ((isObject(value) || isArray(value)) && !isRawNumber(value)) {
        const inner: Copy = isArray(value) ? [] : {};
        stack.push([value, inner]);
        copy = inner as JsonValue;
      } else if (name === 'type' && typeof value === 'string' && isSchema(from)) copy = value.toLowerCase();
      (to as Record<string | number, JsonValue>)[name] = copy;
    };
    if (isArray(from))
      from.forEach((value, index) => {
        put(index, value);
      });
    else for (const name in from) put(name, (from as JsonObject)[name]);
  }
  return root;
}

const TYPES: ReadonlySet<unknown> = new Set(['STRING', 'NUMBER', 'INTEGER', 'BOOLEAN', 'ARRAY', 'OBJECT', 'NULL']);

/** A member `type` whose value is one of Google's words, not a property that happens to be called so. */
const isSchema = (from: JsonObject | readonly JsonValue[]): boolean => !isArray(from) && TYPES.has((from as JsonObject)['type']);

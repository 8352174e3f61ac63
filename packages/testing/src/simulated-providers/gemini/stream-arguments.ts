import { isObject, type Json } from '../engine/json.js';

interface Leaf {
  readonly path: string;
  readonly value: unknown;
}

/** Every value of the arguments under its JSONPath, in order. */
function leavesOf(value: unknown, path = '$'): readonly Leaf[] {
  if (Array.isArray(value)) return value.flatMap((inner, index) => leavesOf(inner, `${path}[${index}]`));
  if (isObject(value)) return Object.entries(value).flatMap(([name, inner]) => leavesOf(inner, `${path}.${name}`));
  return [{ path, value }];
}

function partsOf({ path, value }: Leaf): readonly Json[] {
  if (typeof value === 'number') return [{ jsonPath: path, numberValue: value }];
  if (typeof value === 'boolean') return [{ jsonPath: path, boolValue: value }];
  if (value === null) return [{ jsonPath: path, nullValue: 'NULL_VALUE' }];
  // The last piece of a text is empty and does not continue.
  const pieces = String(value).match(/[\s\S]{1,6}/gu) ?? [];
  return [
    ...pieces.map((stringValue) => ({ jsonPath: path, stringValue, willContinue: true })),
    { jsonPath: path, stringValue: '' },
  ];
}

/**
 * A call as `streamFunctionCallArguments` asks for it: its name, its arguments piece by piece under their paths, and an empty
 * call at the end. One without arguments comes whole.
 */
export function streamArguments(name: string, args: unknown): readonly Json[] {
  const leaves = leavesOf(args).filter(({ path }) => path !== '$');
  if (leaves.length === 0) return [{ name }];
  const pieces = leaves.flatMap(partsOf).map((part) => ({ partialArgs: [part], willContinue: true }));
  return [{ name, willContinue: true }, ...pieces, {}];
}

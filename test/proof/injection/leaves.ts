import type { Operation } from '@tollgate/contracts';

/** What says how a body or a query looks. */
export type Schema = NonNullable<Operation['body']>;

/** A place for a value in a body or a query. */
export interface Leaf {
  readonly path: readonly string[];
  /** Free text, a number, a word of a list ... as the schema calls it. */
  readonly kind: string;
}

type Def = Record<string, unknown> & { readonly type: string };
const defOf = (schema: unknown): Def => (schema as Schema)._zod.def as unknown as Def;

const WRAPPERS = new Set(['optional', 'nullable', 'default', 'prefault', 'nonoptional', 'readonly', 'catch']);

/** Every place that the schema knows, however deep; lists have one entry, and records one key. */
export function leavesOf(schema: Schema, path: readonly string[] = []): readonly Leaf[] {
  const def = defOf(schema);
  if (WRAPPERS.has(def.type)) return leavesOf(def['innerType'] as Schema, path);
  switch (def.type) {
    case 'object':
      return Object.entries(def['shape'] as Record<string, Schema>).flatMap(([key, field]) => leavesOf(field, [...path, key]));
    case 'array':
      return leavesOf(def['element'] as Schema, [...path, '0']);
    case 'record':
      return leavesOf(def['valueType'] as Schema, [...path, 'key']);
    case 'union':
      return distinct((def['options'] as Schema[]).flatMap((option) => leavesOf(option, path)));
    case 'pipe':
      return leavesOf(def['in'] as Schema, path);
    default:
      return [{ path, kind: def.type }];
  }
}

const distinct = (leaves: readonly Leaf[]): Leaf[] => [...new Map(leaves.map((leaf) => [leaf.path.join('/'), leaf])).values()];

type Json = Record<string, unknown> | unknown[];

/** What stands there; undefined where nothing does. */
export function valueAt(body: unknown, path: readonly string[]): unknown {
  let value = body;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

/** A copy of the body with that value there; what is missing on the way is made. */
export function withValue(body: unknown, path: readonly string[], value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  const copy: Json =
    typeof body === 'object' && body !== null
      ? Array.isArray(body)
        ? [...(body as unknown[])]
        : { ...body }
      : step === '0'
        ? []
        : {};
  const inside = (copy as Record<string, unknown>)[step];
  (copy as Record<string, unknown>)[step] = withValue(inside, rest, value);
  return copy;
}

/** A body that may or may not be good, for operations that nobody has written one for. */
export function guessOf(schema: Schema): unknown {
  const def = defOf(schema);
  if (WRAPPERS.has(def.type)) return guessOf(def['innerType'] as Schema);
  switch (def.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(def['shape'] as Record<string, Schema>).map(([key, field]) => [key, guessOf(field)]),
      );
    case 'array':
      return [guessOf(def['element'] as Schema)];
    case 'record':
      return { key: guessOf(def['valueType'] as Schema) };
    case 'union':
      return guessOf((def['options'] as Schema[])[0] as Schema);
    case 'pipe':
      return guessOf(def['in'] as Schema);
    case 'enum':
      return Object.values(def['entries'] as Record<string, unknown>)[0];
    case 'literal':
      return (def['values'] as unknown[])[0];
    case 'number':
      return 1;
    case 'boolean':
      return false;
    default:
      return 'guess';
  }
}

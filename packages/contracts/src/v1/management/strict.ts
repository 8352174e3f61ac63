import { z } from 'zod';

type Def = Record<string, unknown> & { readonly type: string };

/**
 * The same schema, but every object in it refuses unknown fields, however deep. What a caller misspells must be an error
 * and never a silent default; an object that says itself what it does with the rest (`z.looseObject`, `.catchall`) is left so.
 */
export function strictSchema<T extends z.ZodType>(schema: T): T {
  const def = schema._zod.def as unknown as Def;
  const change = changeOf(def);
  return change === null ? schema : (z.core.clone(schema, { ...def, ...change } as unknown as T['_zod']['def']) as T);
}

const each = (schemas: unknown): z.ZodType[] => (schemas as z.ZodType[]).map((schema) => strictSchema(schema));

function changeOf(def: Def): Record<string, unknown> | null {
  switch (def.type) {
    case 'object': {
      const shape = Object.entries(def['shape'] as Record<string, z.ZodType>);
      return {
        shape: Object.fromEntries(shape.map(([key, field]) => [key, strictSchema(field)])),
        catchall: def['catchall'] ?? z.never(),
      };
    }
    case 'array':
      return { element: strictSchema(def['element'] as z.ZodType) };
    case 'record':
      return { valueType: strictSchema(def['valueType'] as z.ZodType) };
    case 'union':
      return { options: each(def['options']) };
    case 'tuple':
      return { items: each(def['items']) };
    case 'pipe':
      return { in: strictSchema(def['in'] as z.ZodType) };
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'nonoptional':
    case 'readonly':
      return { innerType: strictSchema(def['innerType'] as z.ZodType) };
    default:
      return null;
  }
}

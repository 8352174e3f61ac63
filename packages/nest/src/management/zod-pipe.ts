import { Body, Param, type PipeTransform, Query } from '@nestjs/common';
import { strictSchema } from '@tollgate/contracts';
import type { z } from 'zod';
import { InvalidFieldsError, invalidFieldsOf } from './invalid-fields.js';

type Source = 'body' | 'query' | 'path';

/** Parses with the schema made strict: unknown fields are refused, each with its pointer. */
export class ZodPipe<T extends z.ZodType> implements PipeTransform<unknown, z.output<T>> {
  private readonly schema: T;

  constructor(
    schema: T,
    private readonly source: Source,
    /** Of a path parameter. */
    private readonly name = '',
  ) {
    this.schema = strictSchema(schema);
  }

  transform(value: unknown): z.output<T> {
    if (this.source === 'body' && value === undefined) {
      throw new InvalidFieldsError([{ pointer: '', detail: 'The request needs a JSON body (Content-Type: application/json).' }]);
    }
    const forbidden = prototypeKey(value, '');
    if (forbidden !== null) throw new InvalidFieldsError([{ pointer: forbidden, detail: 'is a forbidden name' }]);
    const result = this.schema.safeParse(value);
    if (result.success) return result.data;
    const fields = invalidFieldsOf(result.error, this.source);
    throw new InvalidFieldsError(this.name === '' ? fields : fields.map((field) => ({ ...field, pointer: this.name })));
  }
}

/** The body, checked: `create(@ZodBody(CreateTokenSchema) body: CreateToken)`. */
export const ZodBody = (schema: z.ZodType): ParameterDecorator => Body(new ZodPipe(schema, 'body'));
/** The query, checked; values come as texts, so schemas coerce. */
export const ZodQuery = (schema: z.ZodType): ParameterDecorator => Query(new ZodPipe(schema, 'query'));
/** One path parameter, checked. */
export const ZodParam = (name: string, schema: z.ZodType): ParameterDecorator => Param(name, new ZodPipe(schema, 'path', name));

const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);
const DEPTH_MAX = 64;

/** Pointer of the first key that could reach a prototype, or of what is nested too deep; null where all is well. */
function prototypeKey(value: unknown, pointer: string, depth = 0): string | null {
  if (typeof value !== 'object' || value === null) return null;
  if (depth > DEPTH_MAX) return pointer.slice(0, 128);
  for (const key of Object.keys(value)) {
    const here = `${pointer}/${key}`;
    if (FORBIDDEN.has(key)) return here;
    const found = prototypeKey((value as Record<string, unknown>)[key], here, depth + 1);
    if (found !== null) return found;
  }
  return null;
}

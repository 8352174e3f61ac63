import { TollgateError } from '@tollgate/kernel';
import type { z } from 'zod';

export interface InvalidField {
  /** RFC 6901 pointer into the body, or the name of a query parameter. */
  readonly pointer: string;
  readonly detail: string;
  /** For machines, where the detail says more than that the field is wrong. */
  readonly reason?: string;
}

/** A request that is well-formed but wrong, with every field that is at fault. */
export class InvalidFieldsError extends TollgateError {
  constructor(readonly fields: readonly InvalidField[]) {
    const [first] = fields;
    const where = first === undefined || first.pointer === '' ? '' : `${first.pointer}: `;
    const more = fields.length > 1 ? ` (and ${fields.length - 1} more)` : '';
    super('invalid_request', `${where}${first?.detail ?? 'The request is not usable.'}${more}`);
  }
}

export function invalidFieldsOf(error: z.ZodError, source: 'body' | 'query' | 'path'): readonly InvalidField[] {
  const point = (path: readonly PropertyKey[]): string => (source === 'body' ? pointerOf(path) : path.map(String).join('.'));
  return error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ pointer: point([...issue.path, key]), detail: 'is not a known field' }))
      : [{ pointer: point(issue.path), detail: issue.message }],
  );
}

/** RFC 6901. */
export const pointerOf = (path: readonly PropertyKey[]): string => path.map((part) => `/${escapePointer(String(part))}`).join('');

const escapePointer = (part: string): string => part.slice(0, 128).replaceAll('~', '~0').replaceAll('/', '~1');

import type { ErrorCode } from '@tollgate/kernel';
import { ERROR_SHAPES, type ErrorShape } from './error-shapes.js';
import { ERROR_WORDS } from './error-words.js';
import type { AnswerHeaders } from './read-retry-after.js';

/** What a vendor says of a failure, in the same fields whatever its shape. */
export interface VendorError {
  /** null = it gives none. */
  readonly message: string | null;
  readonly type: string | null;
  readonly code: string | number | null;
  /** What its words mean where they say more than a status; null = go by the status. */
  readonly meaning: ErrorCode | null;
}

/** Reads the parsed body of an error. The more specific word (the code) goes before the general one (the type). */
export function readVendorError(shape: ErrorShape, body: unknown, headers: AnswerHeaders): VendorError {
  const paths = ERROR_SHAPES[shape];
  const whole: unknown = Array.isArray(body) ? body[0] : body;
  const named = paths.header === null ? undefined : headers[paths.header];
  const header = (Array.isArray(named) ? named[0] : named)?.split(/[:;]/, 1)[0]?.trim() ?? '';
  const type = header === '' ? wordOf(textAt(whole, paths.type)) : header;
  const code = textAt(whole, paths.code);
  const message = textAt(whole, paths.message);
  return { message: message === null ? null : String(message), type, code, meaning: meaningOf(code) ?? meaningOf(type) };
}

function meaningOf(word: string | number | null): ErrorCode | null {
  const key = String(word).toLowerCase();
  return Object.hasOwn(ERROR_WORDS, key) ? (ERROR_WORDS[key] as ErrorCode) : null;
}

/** AWS writes a type with its namespace: `com.amazon.coral.service#AccessDeniedException`. */
const wordOf = (value: string | number | null): string | null =>
  value === null ? null : (String(value).split('#').at(-1) ?? null);

function textAt(whole: unknown, paths: readonly string[]): string | number | null {
  for (const path of paths) {
    let value: unknown = whole;
    for (const step of path.split('.')) {
      value =
        typeof value === 'object' && value !== null && Object.hasOwn(value, step)
          ? (value as Record<string, unknown>)[step]
          : undefined;
    }
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number') return value;
  }
  return null;
}

import { fail, ok, type Result } from '@tollgate/kernel';
import type { RequestRefusal } from '../canonical/dialect.js';
import { isArray, isObject, type JsonObject, type JsonValue } from './json-value.js';
import { parseJson } from './parse-json.js';

// Strict readers for what callers send: another type than the wanted one is refused by name. Null counts as absent.

/** Thrown inside a reader of requests and caught by {@link readBody}: never leaves the room. */
export class Unwanted extends Error {
  constructor(
    readonly param: string,
    message: string,
    readonly code: RequestRefusal['code'] = 'invalid_request',
  ) {
    super(message);
  }
}

const unwanted = (path: string, wanted: string): Unwanted => new Unwanted(path, `"${path}" must be ${wanted}.`);
const absent = (value: unknown): value is null | undefined => value === undefined || value === null;

export function wantText(value: unknown, path: string): string | undefined {
  if (absent(value)) return undefined;
  if (typeof value !== 'string') throw unwanted(path, 'a string');
  return value;
}

export function needText(value: unknown, path: string): string {
  const text = wantText(value, path);
  if (text === undefined) throw new Unwanted(path, `"${path}" is missing.`);
  return text;
}

export function wantNumber(value: unknown, path: string, min = -Infinity, max = Infinity): number | undefined {
  if (absent(value)) return undefined;
  if (typeof value !== 'number' || value < min || value > max)
    throw unwanted(path, Number.isFinite(min) ? `a number from ${min} to ${max}` : 'a number');
  return value;
}

export function wantCount(value: unknown, path: string, min = 0): number | undefined {
  const count = wantNumber(value, path);
  if (count !== undefined && (!Number.isSafeInteger(count) || count < min)) throw unwanted(path, `a whole number from ${min}`);
  return count;
}

export function wantBoolean(value: unknown, path: string): boolean | undefined {
  if (absent(value)) return undefined;
  if (typeof value !== 'boolean') throw unwanted(path, 'true or false');
  return value;
}

export function wantObject(value: unknown, path: string): JsonObject | undefined {
  if (absent(value)) return undefined;
  if (!isObject(value)) throw unwanted(path, 'an object');
  return value;
}

export function needObject(value: unknown, path: string): JsonObject {
  const object = wantObject(value, path);
  if (object === undefined) throw unwanted(path, 'an object');
  return object;
}

export function wantArray(value: unknown, path: string): readonly JsonValue[] | undefined {
  if (absent(value)) return undefined;
  if (!isArray(value)) throw unwanted(path, 'an array');
  return value;
}

/** Parses a caller's body and reads it; what a reader throws as unwanted becomes the refusal. */
export function readBody<T>(body: Uint8Array, read: (fields: JsonObject) => T): Result<T, RequestRefusal> {
  const parsed = parseJson(body);
  if (!parsed.ok)
    return fail(
      parsed.error === 'too_deep'
        ? { code: 'invalid_request', message: 'The body is nested deeper than 64 levels.', param: null }
        : { code: 'invalid_json', message: 'The body is not valid JSON.', param: null },
    );
  if (!isObject(parsed.value)) return fail({ code: 'invalid_json', message: 'The body must be a JSON object.', param: null });
  try {
    return ok(read(parsed.value));
  } catch (error) {
    if (error instanceof Unwanted) return fail({ code: error.code, message: error.message, param: error.param });
    throw error;
  }
}

/** A parsed JSON object whose fields nobody has looked at yet. */
export type Json = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export const objectsOf = (value: unknown): readonly Json[] => listOf(value).filter(isObject);

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Absent and null are the same to most vendors. */
export const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

/** Null where the text is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** The first field that is not in the list. */
export const strangeField = (value: Json, known: readonly string[]): string | undefined =>
  Object.keys(value).find((name) => !known.includes(name));

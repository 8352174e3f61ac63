const REPLACEMENT = '\u{fffd}';

/** The same JSON value with every text made storable: Postgres has no NUL, and UTF-8 no half of a surrogate pair. */
export function storable(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('\0', REPLACEMENT).toWellFormed();
  if (Array.isArray(value)) return value.map(storable);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [storable(key), storable(inner)]));
  }
  return value;
}

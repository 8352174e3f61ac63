type Headers = Readonly<Record<string, string | string[] | undefined>>;

const RETRY_AFTER_MS_MAX = 24 * 60 * 60 * 1000;

/** How long an upstream asks to wait: `retry-after-ms`, else `Retry-After` in seconds or as a date (RFC 9110, 10.2.3); null = it does not say. */
export function readRetryAfter(headers: Headers, nowMs: number): number | null {
  const exact = numberOf(headers['retry-after-ms']);
  if (exact !== null) return bounded(exact);
  const text = textOf(headers['retry-after']);
  if (text === null) return null;
  const seconds = numberOf(text);
  if (seconds !== null) return bounded(seconds * 1000);
  // Date.parse takes nearly anything (`-5` is a year): a date of HTTP begins with the day's name.
  const date = /^[A-Z][a-z]{2,8},? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? null : bounded(date - nowMs);
}

const textOf = (value: string | string[] | undefined): string | null =>
  Array.isArray(value) ? (value[0] ?? null) : (value ?? null);

function numberOf(value: string | string[] | undefined): number | null {
  const text = textOf(value)?.trim();
  return text !== undefined && /^\d{1,12}(\.\d{1,6})?$/.test(text) ? Number(text) : null;
}

const bounded = (ms: number): number => Math.min(RETRY_AFTER_MS_MAX, Math.max(0, Math.ceil(ms)));

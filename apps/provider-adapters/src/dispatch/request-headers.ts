/** Of the caller's headers only these go on, whatever a router sends; all else would tell a provider about our callers. */
const FORWARDED: ReadonlySet<string> = new Set(['idempotency-key', 'openai-beta', 'anthropic-beta', 'x-client-request-id']);
const PRINTABLE = /^[\x20-\x7e]{1,1024}$/;

/** The fixed headers of a target followed by the caller's allowed ones; the fixed array itself where there are none. */
export function requestHeaders(
  fixed: readonly string[],
  given: Readonly<Record<string, string>>,
  traceparent: string | null,
): readonly string[] {
  let headers: string[] | null = null;
  for (const name in given) {
    const value = given[name] as string;
    if (!FORWARDED.has(name) || !PRINTABLE.test(value)) continue;
    headers ??= [...fixed];
    headers.push(name, value);
  }
  if (traceparent === null) return headers ?? fixed;
  headers ??= [...fixed];
  headers.push('traceparent', traceparent);
  return headers;
}

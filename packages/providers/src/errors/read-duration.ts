const PART = /(\d{1,9}(?:\.\d{1,15})?)(ms|h|m|s)/y;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a duration as Go writes it: `1s`, `6m0s`, `2m59.56s`, `120ms`, `1h2m3s`; null for anything else. */
export function readDuration(text: string): number | null {
  let total = 0;
  let at = 0;
  while (at < text.length) {
    PART.lastIndex = at;
    const found = PART.exec(text);
    if (found === null) return null;
    total += Number(found[1]) * (UNIT_MS[found[2] as string] as number);
    at = PART.lastIndex;
  }
  return at === 0 ? null : total;
}

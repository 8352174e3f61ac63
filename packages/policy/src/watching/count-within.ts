/** So many parts of a window are counted apart: what is older than it goes in steps of that size. */
const PARTS = 12;

/** Counts by part of time, the oldest first. */
export type WindowCounts = readonly (readonly [part: number, count: number])[];

/** How many there were within the window that ends now, to a twelfth of it; `counts` is what is kept for the next time. */
export function countWithin(
  before: WindowCounts,
  { at, count, windowMs }: { readonly at: number; readonly count: number; readonly windowMs: number },
): { readonly counts: WindowCounts; readonly total: number } {
  const partMs = windowMs / PARTS;
  const now = Math.floor(at / partMs);
  const kept = new Map(before.filter(([part]) => part > now - PARTS && part <= now));
  kept.set(now, (kept.get(now) ?? 0) + count);
  const counts = [...kept].sort(([a], [b]) => a - b);
  return { counts, total: counts.reduce((sum, [, each]) => sum + each, 0) };
}

/** Names with the time when each was last seen. */
export type SeenNames = Readonly<Record<string, number>>;
const NAMES_MAX = 64;

/** Which different names were seen within the window that ends now. */
export function namesWithin(
  before: SeenNames,
  { at, name, windowMs }: { readonly at: number; readonly name: string; readonly windowMs: number },
): SeenNames {
  const seen = Object.entries(before).filter(([other, time]) => other !== name && time > at - windowMs);
  const newest = seen.sort(([, a], [, b]) => b - a).slice(0, NAMES_MAX - 1);
  return Object.fromEntries([[name, at], ...newest]);
}

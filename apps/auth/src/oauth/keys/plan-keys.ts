const DAY_MS = 86_400_000;
/** A key signs for so long. */
export const KEY_LIFE_MS = 30 * DAY_MS;
/** Before it signs, everybody has heard of it: routers at once, others when their copy of the JWKS has aged. */
export const KEY_NOTICE_MS = 600_000;
/** After its successor has begun: twelve times what its last token lives. */
export const KEY_AFTERLIFE_MS = 3_600_000;

export interface KeyTimes {
  readonly kid: string;
  /** Milliseconds since the epoch. */
  readonly activeFrom: number;
}

export interface KeyPlan {
  /** When a new key shall begin to sign; null = none is needed. */
  readonly make: number | null;
  readonly remove: readonly string[];
}

/** What is due at `now`. There is always one that signs; a change of keys overlaps on both sides. */
export function planKeys(keys: readonly KeyTimes[], now: number): KeyPlan {
  const signing = signingKey(keys, now);
  if (signing === null) return { make: now, remove: [] };
  const next = keys.some(({ activeFrom }) => activeFrom > now);
  const make = !next && now - signing.activeFrom >= KEY_LIFE_MS ? now + KEY_NOTICE_MS : null;
  const old = keys.filter(({ activeFrom }) => activeFrom < signing.activeFrom);
  return { make, remove: signing.activeFrom + KEY_AFTERLIFE_MS <= now ? old.map(({ kid }) => kid) : [] };
}

/** The newest that has begun. */
export function signingKey<K extends KeyTimes>(keys: readonly K[], now: number): K | null {
  let found: K | null = null;
  for (const key of keys) if (key.activeFrom <= now && (found === null || key.activeFrom > found.activeFrom)) found = key;
  return found;
}

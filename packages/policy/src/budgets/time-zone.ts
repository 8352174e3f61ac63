const DAY_MS = 86_400_000;

/** A date on the wall calendar; month 1 to 12. */
export interface CalendarDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();
const FORMATS_MAX = 1_000;

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'iso8601',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  if (formats.size < FORMATS_MAX) formats.set(timeZone, made);
  return made;
}

/** True of an IANA name that this Node knows, for instance Europe/Vienna. */
export function isTimeZone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

/** What the clocks of the zone are ahead of UTC at that moment, in milliseconds. */
export function offsetAt(timeZone: string, atMs: number): number {
  if (timeZone === 'UTC') return 0;
  const fields: Record<string, number> = {};
  for (const { type, value } of formatOf(timeZone).formatToParts(atMs)) fields[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = fields;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(atMs / 1_000) * 1_000;
}

export function dateAt(timeZone: string, atMs: number): CalendarDate {
  const local = new Date(atMs + offsetAt(timeZone, atMs));
  return { year: local.getUTCFullYear(), month: local.getUTCMonth() + 1, day: local.getUTCDate() };
}

/** The first moment of a day. Where the clocks change at midnight it is the moment of the change or the later midnight. */
export function startOfDate(timeZone: string, { year, month, day }: CalendarDate): number {
  const wall = Date.UTC(year, month - 1, day);
  // Two offsets come into question: that of the day before and that of the day after.
  const first = wall - offsetAt(timeZone, wall - DAY_MS);
  const second = wall - offsetAt(timeZone, wall + DAY_MS);
  const [earlier, later] = first <= second ? [first, second] : [second, first];
  return isOnOrAfter(timeZone, earlier, wall) ? earlier : later;
}

const isOnOrAfter = (timeZone: string, atMs: number, wall: number): boolean => atMs + offsetAt(timeZone, atMs) >= wall;

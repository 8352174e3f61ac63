import { type TimeWindow, WEEK_DAYS } from '@tollgate/contracts';

const MINUTES_OF_DAY = 1_440;
export const MINUTES_OF_WEEK = 7 * MINUTES_OF_DAY;
const TIME = /^([01][0-9]|2[0-3]):([0-5][0-9])$/;

/** The minutes of one week, wall-clock time of one zone, Monday 00:00 first: 1 = open. */
export type Week = Uint8Array;

/** Minutes since midnight; null where the text is no time. 24:00 is the end of a day. */
export function readTime(text: string): number | null {
  if (text === '24:00') return MINUTES_OF_DAY;
  const match = TIME.exec(text);
  return match === null ? null : Number(match[1]) * 60 + Number(match[2]);
}

/** Windows of one zone as one week. A window that passes midnight belongs to the day on which it begins. */
export function weekOf(windows: readonly TimeWindow[]): Week {
  const week = new Uint8Array(MINUTES_OF_WEEK);
  for (const { days, from, to } of windows) {
    const [begin, end] = [readTime(from), readTime(to)];
    if (begin === null || end === null) continue;
    const minutes = end > begin ? end - begin : end - begin + MINUTES_OF_DAY;
    for (const day of days) {
      const start = WEEK_DAYS.indexOf(day) * MINUTES_OF_DAY + begin;
      for (let minute = 0; minute < minutes; minute += 1) week[(start + minute) % MINUTES_OF_WEEK] = 1;
    }
  }
  return week;
}

/** By zone, so that what is open in the same zone can be compared minute by minute. */
export function weeksByZone(windows: readonly TimeWindow[]): Map<string, Week> {
  const zones = new Map<string, TimeWindow[]>();
  for (const window of windows) {
    const zone = canonicalZone(window.timeZone) ?? window.timeZone;
    zones.set(zone, [...(zones.get(zone) ?? []), window]);
  }
  return new Map([...zones].map(([zone, own]) => [zone, weekOf(own)]));
}

export const isAlways = (week: Week): boolean => week.every((minute) => minute === 1);
export const isNever = (week: Week): boolean => week.every((minute) => minute === 0);
/** The first minute that is open in one and not in the other; -1 where there is none. */
export const firstBeyond = (week: Week, bound: Week): number =>
  week.findIndex((open, minute) => open === 1 && bound[minute] !== 1);

/** For people: `mon 08:30`. */
export const minuteText = (minute: number): string => {
  const time = minute % MINUTES_OF_DAY;
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${WEEK_DAYS[Math.floor(minute / MINUTES_OF_DAY)]} ${two(Math.floor(time / 60))}:${two(time % 60)}`;
};

/** The name as the time zone database writes it; null where there is no such zone. */
export function canonicalZone(name: string): string | null {
  // Offsets such as +02:00 are no zones: they know no summer time, and few people mean that.
  if (!/^[A-Za-z]/.test(name)) return null;
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return null;
  }
}

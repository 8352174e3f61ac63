import { MINUTES_OF_WEEK } from './week.js';

const DAYS: Readonly<Record<string, number>> = { Mon: 0, Tue: 1, Wed: 2, Thu: 3, Fri: 4, Sat: 5, Sun: 6 };
/** One per zone and process: making one costs a hundred times what using it does. There are about 600 zones. */
const formats = new Map<string, Intl.DateTimeFormat | null>();

/**
 * The wall clock of a zone: minutes since Monday 00:00, summer time and all. An hour that a clock jumps over is never there,
 * one that it repeats is there twice. -1 where there is no such zone (a policy from elsewhere): nothing is open then.
 */
export function minuteOfWeek(zone: string, now: number): number {
  const format = formatOf(zone);
  if (format === null) return -1;
  let [day, hour, minute] = [0, 0, 0];
  for (const { type, value } of format.formatToParts(now)) {
    if (type === 'weekday') day = DAYS[value] ?? 0;
    else if (type === 'hour') hour = Number(value);
    else if (type === 'minute') minute = Number(value);
  }
  return (day * 1_440 + hour * 60 + minute) % MINUTES_OF_WEEK;
}

function formatOf(zone: string): Intl.DateTimeFormat | null {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  let format: Intl.DateTimeFormat | null = null;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
  } catch {
    return null;
  }
  formats.set(zone, format);
  return format;
}

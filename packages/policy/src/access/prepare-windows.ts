import type { TimeWindow } from '@tollgate/contracts';
import { type Week, weeksByZone } from './week.js';
import { minuteOfWeek } from './zone-clock.js';

/** Is one of the windows open at this moment? `now` in ms since the epoch. */
export type WindowCheck = (now: number) => boolean;

const MINUTE_MS = 60_000;

/**
 * null where there are no windows. The verdict is kept for the minute it was made in: windows begin and end on whole
 * minutes, and so do the changes of every zone's clock since 1972.
 */
export function prepareWindows(windows: readonly TimeWindow[]): WindowCheck | null {
  if (windows.length === 0) return null;
  const zones: readonly (readonly [string, Week])[] = [...weeksByZone(windows)];
  let minute = Number.NaN;
  let verdict = false;
  return (now) => {
    const current = Math.floor(now / MINUTE_MS);
    if (current !== minute) {
      minute = current;
      verdict = zones.some(([zone, week]) => week[minuteOfWeek(zone, now)] === 1);
    }
    return verdict;
  };
}

import type { BudgetPeriod } from '@tollgate/contracts';
import { dateAt, offsetAt, startOfDate } from './time-zone.js';

const HOUR_MS = 3_600_000;

/** Milliseconds since the epoch; the end is the start of the next, null = there is none. */
export interface BudgetWindow {
  readonly startsAt: number;
  readonly endsAt: number | null;
}

/** The window that a moment lies in: hours, days, weeks (from Monday) and months as the clocks and calendars of the zone show them. */
export function budgetWindowAt(period: BudgetPeriod, timeZone: string, atMs: number): BudgetWindow {
  if (period === 'total') return { startsAt: 0, endsAt: null };
  if (period === 'hour') {
    const offset = offsetAt(timeZone, atMs);
    const startsAt = Math.floor((atMs + offset) / HOUR_MS) * HOUR_MS - offset;
    return { startsAt, endsAt: startsAt + HOUR_MS };
  }
  const { year, month, day } = dateAt(timeZone, atMs);
  const start = (days: number, months = 0) => {
    const date = new Date(Date.UTC(year, month - 1 + months, months === 0 && period !== 'month' ? day + days : 1));
    return startOfDate(timeZone, { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() });
  };
  if (period === 'month') return { startsAt: start(0, 0), endsAt: start(0, 1) };
  if (period === 'day') return { startsAt: start(0), endsAt: start(1) };
  const sinceMonday = (new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 6) % 7;
  return { startsAt: start(-sinceMonday), endsAt: start(7 - sinceMonday) };
}

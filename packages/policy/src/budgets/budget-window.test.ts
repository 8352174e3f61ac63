import { BUDGET_PERIODS } from '@tollgate/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { budgetWindowAt } from './budget-window.js';
import { offsetAt } from './time-zone.js';

const ZONES = [
  'UTC',
  'Europe/Vienna',
  'America/New_York',
  'Asia/Kolkata',
  'Africa/Cairo',
  'America/Havana',
  'Australia/Lord_Howe',
  'Pacific/Apia',
];
const iso = (period: (typeof BUDGET_PERIODS)[number], zone: string, at: string) => {
  const { startsAt, endsAt } = budgetWindowAt(period, zone, Date.parse(at));
  return [new Date(startsAt).toISOString(), endsAt === null ? null : new Date(endsAt).toISOString()];
};

test('a month is the month on the wall of the zone', () => {
  expect(iso('month', 'UTC', '2026-02-28T23:59:59.999Z')).toEqual(['2026-02-01T00:00:00.000Z', '2026-03-01T00:00:00.000Z']);
  expect(iso('month', 'Europe/Vienna', '2026-02-28T23:00:00Z')).toEqual(['2026-02-28T23:00:00.000Z', '2026-03-31T22:00:00.000Z']);
  expect(iso('month', 'America/New_York', '2027-01-01T04:59:59Z')).toEqual([
    '2026-12-01T05:00:00.000Z',
    '2027-01-01T05:00:00.000Z',
  ]);
});

test('a day on which the clocks change has 23 or 25 hours', () => {
  expect(iso('day', 'Europe/Vienna', '2026-03-29T12:00:00Z')).toEqual(['2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z']);
  expect(iso('day', 'Europe/Vienna', '2026-10-25T12:00:00Z')).toEqual(['2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z']);
});

test('where midnight does not exist the day begins with the change', () => {
  // Havana: 00:00 becomes 01:00.
  expect(iso('day', 'America/Havana', '2026-03-08T12:00:00Z')[0]).toBe('2026-03-08T05:00:00.000Z');
});

test('a week begins on Monday', () => {
  expect(iso('week', 'UTC', '2026-11-22T23:59:59Z')).toEqual(['2026-11-16T00:00:00.000Z', '2026-11-23T00:00:00.000Z']);
  expect(iso('week', 'UTC', '2026-11-23T00:00:00Z')[0]).toBe('2026-11-23T00:00:00.000Z');
});

test('an hour is the hour on the clock, also where it begins at half past', () => {
  expect(iso('hour', 'Asia/Kolkata', '2026-11-23T10:15:00Z')).toEqual(['2026-11-23T09:30:00.000Z', '2026-11-23T10:30:00.000Z']);
});

test('a total never ends', () => {
  expect(iso('total', 'UTC', '2026-11-23T10:15:00Z')[1]).toBeNull();
});

test('windows lie end to end: every moment is in one, and the next begins where it ends', () => {
  const time = fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2040, 0, 1) });
  fc.assert(
    fc.property(time, fc.constantFrom(...ZONES), fc.constantFrom(...BUDGET_PERIODS.slice(0, 4)), (at, zone, period) => {
      // Samoa left out a whole day: the only one that no calendar can begin.
      fc.pre(!(zone === 'Pacific/Apia' && at > Date.UTC(2011, 11, 20) && at < Date.UTC(2012, 0, 10)));
      fc.pre(!(zone === 'Australia/Lord_Howe' && period === 'hour'));
      const window = budgetWindowAt(period, zone, at);
      const { startsAt } = window;
      const endsAt = window.endsAt ?? 0;
      expect(startsAt).toBeLessThanOrEqual(at);
      expect(endsAt).toBeGreaterThan(at);
      expect(budgetWindowAt(period, zone, startsAt)).toEqual(window);
      expect(budgetWindowAt(period, zone, endsAt - 1)).toEqual(window);
      expect(budgetWindowAt(period, zone, endsAt).startsAt).toBe(endsAt);
    }),
    { numRuns: 2_000 },
  );
});

test('offsets are those of the calendar of that day', () => {
  expect(offsetAt('Europe/Vienna', Date.parse('2026-07-01T00:00:00Z'))).toBe(7_200_000);
  expect(offsetAt('Europe/Vienna', Date.parse('2026-01-01T00:00:00Z'))).toBe(3_600_000);
});

import type { TimeWindow } from '@tollgate/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { prepareWindows } from './prepare-windows.js';
import { canonicalZone } from './week.js';

const ALL = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const window = (days: TimeWindow['days'], from: string, to: string, timeZone = 'Europe/Vienna'): TimeWindow => ({
  days,
  from,
  to,
  timeZone,
});
const openAt = (windows: readonly TimeWindow[], time: string): boolean => prepareWindows(windows)?.(Date.parse(time)) ?? true;

test.each([
  ['before it begins', '2026-06-01T05:59:59.999Z', false],
  ['as it begins', '2026-06-01T06:00:00Z', true],
  ['before it ends', '2026-06-01T15:59:59.999Z', true],
  ['as it ends', '2026-06-01T16:00:00Z', false],
  ['on another day', '2026-06-06T10:00:00Z', false],
  ['in winter, an hour later by UTC', '2026-12-01T06:30:00Z', false],
])('office hours in Vienna: %s', (_, time, open) => {
  expect(openAt([window(['mon', 'tue', 'wed', 'thu', 'fri'], '08:00', '18:00')], time)).toBe(open);
});

test.each([
  ['Friday night', '2026-06-05T21:00:00Z', true],
  ['early on Saturday', '2026-06-06T03:59:00Z', true],
  ['as it ends on Saturday', '2026-06-06T04:00:00Z', false],
  ['Saturday night, which is not named', '2026-06-06T21:00:00Z', false],
  ['early on Friday, which belongs to Thursday', '2026-06-05T02:00:00Z', false],
])('from Friday 22:00 to 06:00: %s', (_, time, open) => {
  expect(openAt([window(['fri'], '22:00', '06:00')], time)).toBe(open);
});

test('Sunday night reaches into Monday', () => {
  const windows = [window(['sun'], '23:00', '01:00', 'UTC')];
  expect([openAt(windows, '2026-06-08T00:59:00Z'), openAt(windows, '2026-06-08T01:00:00Z')]).toEqual([true, false]);
});

test('where a clock jumps over the beginning, it opens after the jump; what is repeated is open twice', () => {
  const night = [window([...ALL], '02:30', '03:30')];
  // 29 March 2026: 02:00 CET becomes 03:00 CEST at 01:00 UTC.
  expect(['00:59', '01:00', '01:29', '01:30'].map((time) => openAt(night, `2026-03-29T${time}:00Z`))).toEqual([
    false,
    true,
    true,
    false,
  ]);
  // 25 October 2026: 03:00 CEST becomes 02:00 CET at 01:00 UTC.
  const quarter = [window([...ALL], '02:15', '02:45')];
  expect(['00:14', '00:15', '00:45', '01:15', '01:45'].map((time) => openAt(quarter, `2026-10-25T${time}:00Z`))).toEqual([
    false,
    true,
    false,
    true,
    false,
  ]);
});

test('a whole day, midnight as an end, and zones of half and quarter hours', () => {
  expect(openAt([window(['mon'], '00:00', '24:00', 'UTC')], '2026-06-01T23:59:59Z')).toBe(true);
  expect(openAt([window(['mon'], '00:00', '24:00', 'UTC')], '2026-06-02T00:00:00Z')).toBe(false);
  expect(openAt([window(['mon'], '09:00', '09:00', 'UTC')], '2026-06-02T08:59:00Z')).toBe(true);
  expect(openAt([window(['mon'], '05:45', '05:46', 'Asia/Kathmandu')], '2026-06-01T00:00:00Z')).toBe(true);
  expect(openAt([window([...ALL], '02:00', '02:30', 'Australia/Lord_Howe')], '2026-04-04T15:15:00Z')).toBe(false);
  expect(openAt([window(['mon'], '00:00', '24:00', 'Nowhere/Land')], '2026-06-01T10:00:00Z')).toBe(false);
});

test('one of several is enough, and the verdict changes on the minute', () => {
  const check = prepareWindows([window(['mon'], '10:00', '10:01', 'UTC'), window(['mon'], '12:30', '13:00', 'Europe/Vienna')]);
  const at = (time: string): boolean | undefined => check?.(Date.parse(`2026-06-01T${time}Z`));
  expect([at('09:59:59.999'), at('10:00:00'), at('10:00:59.999'), at('10:01:00'), at('10:30:00'), at('11:00:00')]).toEqual([
    false,
    true,
    true,
    false,
    true,
    false,
  ]);
});

test('agrees with the wall clock of the zone, whenever', () => {
  const zones = fc.constantFrom(
    'Europe/Vienna',
    'America/New_York',
    'Asia/Kathmandu',
    'Australia/Lord_Howe',
    'UTC',
    'Africa/Casablanca',
  );
  const time = fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2035, 0) });
  const minute = fc.integer({ min: 0, max: 1_439 });
  const text = (value: number): string =>
    `${String(Math.floor(value / 60)).padStart(2, '0')}:${String(value % 60).padStart(2, '0')}`;
  fc.assert(
    fc.property(zones, time, minute, minute, (timeZone, now, from, to) => {
      if (to <= from) return;
      const local = new Date(now).toLocaleString('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hour12: false });
      const [hour = 0, minutes = 0] = local.split(':').map(Number);
      const expected = hour * 60 + minutes >= from && hour * 60 + minutes < to;
      expect(prepareWindows([window([...ALL], text(from), text(to), timeZone)])?.(now)).toBe(expected);
    }),
    { numRuns: 300 },
  );
});

test('names of zones', () => {
  expect(['europe/vienna', 'Europe/Wien', '+02:00', '', 'UTC'].map(canonicalZone)).toEqual([
    'Europe/Vienna',
    null,
    null,
    null,
    'UTC',
  ]);
});

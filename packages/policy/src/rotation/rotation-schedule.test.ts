import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jitterOf, nextRun, type RotationTiming, readTiming } from './rotation-schedule.js';

const at = (text: string): number => Date.parse(text);
const NOW = at('2026-01-15T10:30:00Z');
const cron = (pattern: string, timeZone = 'UTC'): RotationTiming => ({ kind: 'cron', cron: pattern, timeZone });

test('every N days counts from the anchor, whatever was missed', () => {
  const timing: RotationTiming = { kind: 'every', days: 30 };
  expect(nextRun(timing, NOW, NOW)).toBe(at('2026-02-14T10:30:00Z'));
  expect(nextRun(timing, NOW, at('2026-02-14T10:30:00Z'))).toBe(at('2026-03-16T10:30:00Z'));
  expect(nextRun(timing, NOW, at('2027-01-01T00:00:00Z'))).toBe(at('2027-01-10T10:30:00Z'));
});

test('the next run lies after the moment and at most a period later', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 365 }), fc.nat(10 * 365 * 86_400_000), (days, passed) => {
      const next = nextRun({ kind: 'every', days }, NOW, NOW + passed) as number;
      expect(next).toBeGreaterThan(NOW + passed);
      expect(next - NOW - passed).toBeLessThanOrEqual(days * 86_400_000);
    }),
  );
});

test('cron keeps to the wall clock of its zone over a change of summer time', () => {
  const timing = cron('0 3 * * 1', 'Europe/Vienna');
  expect(nextRun(timing, 0, at('2026-03-23T12:00:00Z'))).toBe(at('2026-03-30T01:00:00Z'));
  expect(nextRun(timing, 0, at('2026-03-16T12:00:00Z'))).toBe(at('2026-03-23T02:00:00Z'));
});

test('the shortest gap is found', () => {
  expect(readTiming(cron('0 0 1 * *'), NOW)).toMatchObject({ ok: true, value: { gapMs: 28 * 86_400_000 } });
  expect(readTiming(cron('0 */6 * * *'), NOW)).toMatchObject({ ok: true, value: { gapMs: 6 * 3_600_000 } });
  expect(readTiming({ kind: 'every', days: 7 }, NOW)).toMatchObject({ ok: true, value: { gapMs: 7 * 86_400_000 } });
});

test.each([
  ['nonsense', 'UTC', 'no_cron'],
  ['* * * *', 'UTC', 'no_cron'],
  ['0 0 0 1 1 *', 'UTC', 'no_cron'],
  ['60 0 * * *', 'UTC', 'no_cron'],
  ['', 'UTC', 'no_cron'],
  ['0 0 30 2 *', 'UTC', 'never'],
  ['0 0 * * *', 'Mars/Olympus', 'unknown_zone'],
  ['* * * * *', 'UTC', 'too_often'],
  ['0,30 4 * * *', 'UTC', 'too_often'],
])('%s in %s is refused: %s', (pattern, zone, problem) => {
  expect(readTiming(cron(pattern, zone), NOW)).toEqual({ ok: false, error: problem });
});

test('jitter is below its bound, spread, and the same each time', () => {
  const values = Array.from({ length: 200 }, (_, index) => jitterOf(`tok_${index}`, NOW, 1_000));
  expect(values).toEqual(Array.from({ length: 200 }, (_, index) => jitterOf(`tok_${index}`, NOW, 1_000)));
  expect(Math.max(...values)).toBeLessThan(1_000);
  expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
  expect(new Set(values).size).toBeGreaterThan(150);
  expect(jitterOf('tok_1', NOW, 0)).toBe(0);
});

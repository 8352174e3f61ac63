import { expect, test } from 'vitest';
import { BREAKER_DEFAULTS, Breaker } from './breaker.js';

const { failuresMin, windowMs, pauseMs, pauseMsMax } = BREAKER_DEFAULTS;
const failTimes = (breaker: Breaker, times: number, now: number, atLeastMs = 0): void => {
  for (let i = 0; i < times; i += 1) {
    breaker.begin(now);
    breaker.fail(now, atLeastMs);
  }
};

test('opens with the failure that is one too many, not before', () => {
  const breaker = new Breaker(BREAKER_DEFAULTS);
  failTimes(breaker, failuresMin - 1, 0);
  expect(breaker.allows(0)).toBe(true);
  failTimes(breaker, 1, 0);
  expect(breaker.allows(pauseMs - 1)).toBe(false);
  expect(breaker.opensAt(0)).toBe(pauseMs);
  expect(breaker.allows(pauseMs)).toBe(true);
  expect(breaker.opensAt(pauseMs)).toBe(0);
});

test('stays closed while most calls are answered', () => {
  const breaker = new Breaker(BREAKER_DEFAULTS);
  for (let i = 0; i < 100; i += 1) {
    breaker.succeed(i);
    breaker.succeed(i);
    failTimes(breaker, 1, i);
    expect(breaker.allows(i)).toBe(true);
  }
});

test('failures of an earlier window do not count', () => {
  const breaker = new Breaker(BREAKER_DEFAULTS);
  failTimes(breaker, failuresMin - 1, 0);
  failTimes(breaker, failuresMin - 1, windowMs);
  expect(breaker.allows(windowMs)).toBe(true);
});

test('after the pause one call at a time is let through, and a success closes it', () => {
  const breaker = new Breaker(BREAKER_DEFAULTS);
  failTimes(breaker, failuresMin, 0);
  breaker.begin(pauseMs);
  expect(breaker.allows(pauseMs)).toBe(false);
  expect(breaker.opensAt(pauseMs)).toBe(pauseMs);
  breaker.succeed(pauseMs + 10);
  expect(breaker.allows(pauseMs + 10)).toBe(true);
  failTimes(breaker, failuresMin - 1, pauseMs + 20);
  expect(breaker.allows(pauseMs + 20)).toBe(true);
});

test('a trial that says nothing leaves room for the next', () => {
  const breaker = new Breaker(BREAKER_DEFAULTS);
  failTimes(breaker, failuresMin, 0);
  breaker.begin(pauseMs);
  breaker.release();
  expect(breaker.allows(pauseMs)).toBe(true);
});

test('each trial that fails doubles the pause up to the bound, and a success starts anew', () => {
  const breaker = new Breaker(BREAKER_DEFAULTS);
  failTimes(breaker, failuresMin, 0);
  const pauses: number[] = [];
  let now = 0;
  for (let i = 0; i < 10; i += 1) {
    const at = breaker.opensAt(now);
    pauses.push(at - now);
    now = at;
    failTimes(breaker, 1, now);
  }
  expect(pauses.slice(0, 7)).toEqual([5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000]);
  expect(Math.max(...pauses)).toBe(pauseMsMax);
  now = breaker.opensAt(now);
  breaker.begin(now);
  breaker.succeed(now);
  failTimes(breaker, failuresMin, now);
  expect(breaker.opensAt(now) - now).toBe(pauseMs);
});

test('a call that was under way when it opened does not lengthen the pause', () => {
  const breaker = new Breaker(BREAKER_DEFAULTS);
  breaker.begin(0);
  failTimes(breaker, failuresMin, 0);
  breaker.fail(1_000, 0);
  expect(breaker.opensAt(1_000)).toBe(pauseMs);
});

test('a time that the other side names opens it at once, for so long, within the bound', () => {
  const breaker = new Breaker(BREAKER_DEFAULTS);
  failTimes(breaker, 1, 0, 20_000);
  expect(breaker.opensAt(0)).toBe(20_000);
  const other = new Breaker(BREAKER_DEFAULTS);
  failTimes(other, 1, 0, 86_400_000);
  expect(other.opensAt(0)).toBe(pauseMsMax);
});

test('a probe is due once per pause, shortly before its end; what it finds ill gets another, longer pause', () => {
  const breaker = new Breaker({ ...BREAKER_DEFAULTS, pauseMs: 10_000 });
  expect(breaker.probeIsDue(0, 2_000)).toBe(false);
  breaker.fail(0, 1);
  expect(breaker.probeIsDue(7_999, 2_000)).toBe(false);
  expect(breaker.probeIsDue(8_000, 2_000)).toBe(true);
  expect(breaker.probeIsDue(8_001, 2_000)).toBe(false);
  breaker.extend(8_100);
  expect(breaker.allows(28_099)).toBe(false);
  expect(breaker.probeIsDue(26_100, 2_000)).toBe(true);
  breaker.succeed(26_200);
  expect(breaker.allows(26_200)).toBe(true);
});

test('a probe says nothing against a trial that is under way, nor against what has not failed', () => {
  const breaker = new Breaker({ ...BREAKER_DEFAULTS, pauseMs: 10_000 });
  breaker.extend(0);
  expect(breaker.allows(0)).toBe(true);
  breaker.fail(0, 1);
  breaker.begin(10_000);
  expect(breaker.probeIsDue(10_001, 2_000)).toBe(false);
  breaker.extend(10_001);
  breaker.succeed(10_002);
  expect(breaker.allows(10_002)).toBe(true);
});

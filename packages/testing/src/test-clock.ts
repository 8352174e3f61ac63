import type { Clock } from '@tollgate/kernel';

export interface TestClock extends Clock {
  /** Moves both times on by so many milliseconds. */
  advance(ms: number): void;
  /** Moves the wall clock alone, as an administrator or NTP does. */
  setNow(epochMs: number): void;
}

/** A clock that stands still until it is moved; starts at 2026-01-15T12:00:00Z. */
export function createTestClock(startMs = Date.UTC(2026, 0, 15, 12)): TestClock {
  let [now, monotonic] = [startMs, 1_000];
  return {
    now: () => now,
    monotonic: () => monotonic,
    advance(ms) {
      now += ms;
      monotonic += ms;
    },
    setNow(epochMs) {
      now = epochMs;
    },
  };
}

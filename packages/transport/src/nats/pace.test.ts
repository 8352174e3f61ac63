import { expect, test } from 'vitest';
import { Pace } from './pace.js';

function paceAt(): { readonly pace: Pace; at(ms: number): void } {
  let nowMs = 1_000;
  const pace = new Pace({ now: () => nowMs, monotonic: () => nowMs });
  return {
    pace,
    at: (ms) => {
      nowMs = 1_000 + ms;
    },
  };
}

test('a first write, and a few in a row, wait for nobody', () => {
  const { pace } = paceAt();
  for (let write = 0; write < 8; write += 1) {
    expect(pace.isFast()).toBe(false);
    pace.noteWrite();
  }
});

test('writes every two milliseconds never wait', () => {
  const { pace, at } = paceAt();
  for (let write = 0; write < 100; write += 1) {
    at(write * 2);
    expect(pace.isFast()).toBe(false);
    pace.noteWrite();
  }
});

test('writes that come five in a millisecond wait from the ninth on, until they have become fewer', () => {
  const { pace, at } = paceAt();
  const waits = Array.from({ length: 20 }, (_, write) => {
    at(write / 5);
    const fast = pace.isFast();
    pace.noteWrite();
    return fast;
  });
  expect(waits.indexOf(true)).toBe(8);
  expect(waits.slice(8).every(Boolean)).toBe(true);
  at(100);
  expect(pace.isFast()).toBe(false);
});

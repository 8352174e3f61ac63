import { createTestClock } from '@tollgate/testing';
import { expect, test } from 'vitest';
import { Circuit } from './circuit.js';

test('after a failure nobody asks for half a second, then one at a time until one succeeds', () => {
  const clock = createTestClock();
  const circuit = new Circuit(clock);
  expect([circuit.enter(), circuit.enter()]).toEqual([true, true]);
  circuit.failed();
  expect(circuit.enter()).toBe(false);
  clock.advance(500);
  expect([circuit.enter(), circuit.enter()]).toEqual([true, false]);
  circuit.failed();
  clock.advance(499);
  expect(circuit.enter()).toBe(false);
  clock.advance(1);
  expect(circuit.enter()).toBe(true);
  circuit.succeeded();
  expect([circuit.enter(), circuit.enter()]).toEqual([true, true]);
});

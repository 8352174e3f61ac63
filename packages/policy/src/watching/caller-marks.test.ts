import { expect, test } from 'vitest';
import { callerNetwork, callerProgram } from './caller-marks.js';

test.each([
  ['203.0.113.77', '203.0.113.0/24'],
  ['::ffff:203.0.113.77', '203.0.113.0/24'],
  ['2001:db8:17:ffff::1', '2001:db8:17::/48'],
  ['::1', '0:0:0::/48'],
  ['fe80::1%eth0', 'fe80:0:0::/48'],
  ['', ''],
  ['unix', ''],
])('the network of %s is %s', (address, network) => {
  expect(callerNetwork(address)).toBe(network);
});

test.each([
  ['OpenAI/Python 1.55.0', 'OpenAI'],
  ['python-requests/2.32', 'python-requests'],
  ['curl', 'curl'],
  ['Mozilla/5.0 (X11)', 'Mozilla'],
  [' spaced', ''],
  [undefined, ''],
  ['<script>', ''],
  [`tgk_live_0123456789ab_${'Q'.repeat(49)}`, ''],
  [`tgk_test_${'Q'.repeat(12)}`, ''],
  [`sk-${'a'.repeat(48)}`, ''],
])('the program of %s is %s', (header, program) => {
  expect(callerProgram(header)).toBe(program);
});

import { expect, test } from 'vitest';
import { MissLimiter } from './miss-limiter.js';

const clock = { now: () => 0, monotonic: () => 0 };

test('addresses of one line of IPv6 share what they may ask for', () => {
  const limiter = new MissLimiter(clock);
  for (let host = 1; host <= 50; host += 1) limiter.charge(`2001:db8::${host.toString(16)}`);
  expect(limiter.mayAsk('2001:db8::ffff')).toBe(false);
  expect(limiter.mayAsk('2001:db8:0:1::1')).toBe(true);
});

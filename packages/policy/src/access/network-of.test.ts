import { expect, test } from 'vitest';
import { networkOf } from './network-of.js';

test('an address of IPv4 stands for itself, however it is written', () => {
  expect(['192.0.2.7', '::ffff:192.0.2.7', '::ffff:c000:207'].map(networkOf)).toEqual(Array(3).fill('192.0.2.7'));
});

test('all addresses of one line of IPv6 are one, those of two lines are two', () => {
  const line = ['2001:db8:1:2::', '2001:db8:1:2::7', '2001:0DB8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:2::7%eth0'].map(networkOf);
  expect(new Set(line)).toEqual(new Set(['2001:0db8:0001:0002::/64']));
  expect(networkOf('2001:db8:1:3::7')).not.toBe(line[0]);
});

test('what is no address is nobody else', () => {
  expect([networkOf(''), networkOf('unknown'), networkOf('a:b')]).toEqual(['', 'unknown', 'a:b']);
});

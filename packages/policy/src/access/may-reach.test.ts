import { expect, test } from 'vitest';
import { mayReach, UPSTREAM_NETWORKS_VARIABLE } from './may-reach.js';
import { isPrivateAddress } from './private-address.js';

test.each([
  '127.0.0.1',
  '127.255.0.9',
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.192',
  '192.0.2.1',
  '192.88.99.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.51.100.7',
  '203.0.113.7',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::1%lo',
  '::ffff:127.0.0.1',
  '::ffff:8.8.8.8',
  '::ffff:7f00:1',
  '::127.0.0.1',
  '::ffff:0:7f00:1',
  '100::1',
  '2001::7f00:1',
  '2001:db8::1',
  '2002:7f00:1::',
  '2600:1f18::5efe:7f00:1',
  '2600:1f18::200:5efe:7f00:1',
  '3fff::1',
  '4000::1',
  '5f00::1',
  '64:ff9b::127.0.0.1',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b:1::8.8.8.8',
  'fd00:ec2::254',
  'fe80::1',
  'fec0::1',
  'ff02::1',
  '0x7f.0.0.1',
  '017700000001',
  '2130706433',
  '127.1',
  'localhost',
  '',
])('%s is not public', (address) => {
  expect(isPrivateAddress(address)).toBe(true);
  expect(mayReach(address, [])).toBe(false);
});

test.each([
  '8.8.8.8',
  '1.1.1.1',
  '172.32.0.1',
  '100.128.0.1',
  '192.0.1.1',
  '2606:4700::1111',
  '2001:4860:4860::8888',
  '2a00:1450:4001::1',
  '64:ff9b::8.8.8.8',
])('%s is public', (address) => {
  expect(isPrivateAddress(address)).toBe(false);
  expect(mayReach(address, [])).toBe(true);
});

const networks = (text: string) => UPSTREAM_NETWORKS_VARIABLE.parse(text);

test('what is allowed where nothing is said: private ranges and this machine, but no metadata service and nothing link-local', () => {
  const usual = UPSTREAM_NETWORKS_VARIABLE.fallback ?? [];
  const reached = ['127.0.0.1', '::1', '10.0.0.8', '172.20.0.1', '192.168.1.1', '100.64.0.1', 'fd12:3456::1', '::ffff:10.0.0.8'];
  expect(reached.filter((address) => !mayReach(address, usual))).toEqual([]);
  const refused = [
    '169.254.169.254',
    '169.254.170.2',
    '100.100.100.200',
    'fd00:ec2::254',
    '192.0.0.192',
    'fe80::1',
    'fd20:ce::254',
  ];
  const never = ['0.0.0.0', '224.0.0.1', '64:ff9b::a9fe:a9fe', '::ffff:169.254.169.254', 'nonsense'];
  expect([...refused, ...never].filter((address) => mayReach(address, usual))).toEqual([]);
});

test('a metadata service is reached only where its own address is named, not where a block holds it', () => {
  expect(mayReach('169.254.169.254', networks('169.254.0.0/16,0.0.0.0/0') ?? [])).toBe(false);
  expect(mayReach('169.254.169.254', networks('169.254.169.254') ?? [])).toBe(true);
});

test('none allows nothing, and a list with a mistake in it is refused whole', () => {
  expect(networks('none')).toEqual([]);
  expect(['10.0.0.0/8,', '10.0.0.1/8', 'all', ''].map(networks)).toEqual([null, null, null, null]);
});

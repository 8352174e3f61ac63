import { isPrivateAddress } from '@tollgate/policy';
import { expect, test } from 'vitest';
import { guardedConnector, guardedLookup } from './connect-guard.js';

test.each([
  '127.0.0.1',
  '127.255.0.9',
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:8.8.8.8',
  '::ffff:7f00:1',
  '::127.0.0.1',
  'fe80::1',
  'fd00:ec2::254',
  'ff02::1',
  '2002:7f00:1::',
  '64:ff9b::127.0.0.1',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b:1::8.8.8.8',
  'localhost',
  '',
])('%s is not public', (address) => {
  expect(isPrivateAddress(address)).toBe(true);
});

test.each(['8.8.8.8', '1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2001:4860:4860::8888', '64:ff9b::8.8.8.8'])(
  '%s is public',
  (address) => {
    expect(isPrivateAddress(address)).toBe(false);
  },
);

test('a name that leads to this machine is refused after the look-up', async () => {
  for (const all of [true, false]) {
    const error = await new Promise((resolve) => guardedLookup('localhost', { all }, (failure) => resolve(failure)));
    expect(error).toMatchObject({ code: 'TOLLGATE_PRIVATE_ADDRESS' });
  }
});

test.each(['127.0.0.1', '[::1]', '[::ffff:7f00:1]'])('the host %s is refused before the connect', async (hostname) => {
  const error = await new Promise((resolve) =>
    guardedConnector(1_000)({ hostname, protocol: 'http:', port: '1' }, (...[failure]) => resolve(failure)),
  );
  expect(error).toMatchObject({ code: 'TOLLGATE_PRIVATE_ADDRESS' });
});

test.each(['http://2130706433/', 'http://0x7f.1/', 'http://0177.0.0.1/', 'http://127.1/'])(
  '%s is the address that it means by the time we see it',
  (url) => {
    expect(new URL(url).hostname).toBe('127.0.0.1');
  },
);

import type { IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clientAddress, comesEncrypted, noteConnection, plainAddress, travelsOpenly } from './client-of.js';
import { readProxies } from './trusted-proxies.js';

/** A request from `peer`, as the front server has it; header values of several lines come joined from Node. */
function requestFrom(peer: string, headers: Record<string, string>, proxies: string | null, encrypted = false): IncomingMessage {
  const socket = { remoteAddress: peer, encrypted };
  noteConnection(socket as never, proxies === null ? null : readProxies(proxies));
  return { socket, headers } as unknown as IncomingMessage;
}
const addressOf = (peer: string, forwarded: string, proxies: string | null): string =>
  clientAddress(requestFrom(peer, { 'x-forwarded-for': forwarded }, proxies));

test.each([
  ['nobody is trusted', '203.0.113.9', '198.51.100.1', null, '203.0.113.9'],
  ['the peer is not among those that are', '203.0.113.9', '198.51.100.1', 'private', '203.0.113.9'],
  ['one proxy', '10.0.0.1', '198.51.100.1', 'private', '198.51.100.1'],
  ['two proxies', '10.0.0.1', '198.51.100.1, 10.0.0.2', 'private', '198.51.100.1'],
  ['what the caller made up stands further left', '10.0.0.1', '127.0.0.1, 198.51.100.1', 'private,loopback', '198.51.100.1'],
  ['all are trusted: the first', '10.0.0.1', '10.0.0.3,10.0.0.2', 'private', '10.0.0.3'],
  ['a port behind v4', '10.0.0.1', '198.51.100.1:4711', '10.0.0.1', '198.51.100.1'],
  ['a port behind v6', '10.0.0.1', '[2001:db8::7]:4711', '10.0.0.1', '2001:db8::7'],
  ['v4 mapped into v6, from the peer', '::ffff:10.0.0.1', '198.51.100.1', '10.0.0.0/8', '198.51.100.1'],
  ['v4 mapped into v6, in the header', '10.0.0.1', '::FFFF:198.51.100.1', 'private', '198.51.100.1'],
  ['v6 with a zone', 'fe80::1%eth0', '2001:DB8::7', 'fe80::/10', '2001:db8::7'],
  ['a v6 network', '2001:db8:1::9', '198.51.100.1', '2001:db8:1::/48', '198.51.100.1'],
  ['no address', '10.0.0.1', 'unknown', 'private', '10.0.0.1'],
  ['no address left of a proxy', '10.0.0.1', 'unknown, 10.0.0.2', 'private', '10.0.0.2'],
  ['an empty element', '10.0.0.1', '198.51.100.1,', 'private', '10.0.0.1'],
  ['a leading comma', '10.0.0.1', ', 10.0.0.2', 'private', '10.0.0.2'],
  ['an empty header', '10.0.0.1', '', 'private', '10.0.0.1'],
])('the address of the caller: %s', (_, peer, forwarded, proxies, expected) => {
  expect(addressOf(peer, forwarded, proxies)).toBe(expected);
});

test('a thousand proxies in a row are not all looked at', () => {
  const forwarded = `198.51.100.1${', 10.0.0.2'.repeat(1_000)}`;
  expect(addressOf('10.0.0.1', forwarded, 'private')).toBe('10.0.0.2');
});

test('whatever a caller puts in front, the address is the one that the proxy saw', () => {
  fc.assert(
    fc.property(fc.string(), fc.ipV4(), (made, seen) => {
      fc.pre(!seen.startsWith('10.'));
      expect(addressOf('10.0.0.1', `${made}, ${seen}`, '10.0.0.0/8')).toBe(seen);
    }),
  );
});

test.each([
  ['https', true],
  ['HTTPS', true],
  ['https, https', true],
  ['https,http', false],
  ['http, https', false],
  ['http', false],
  ['', false],
  ['https://', false],
])('X-Forwarded-Proto %j counts as encrypted: %s; from anybody else it never does', (value, encrypted) => {
  const headers = { 'x-forwarded-proto': value };
  expect(comesEncrypted(requestFrom('10.0.0.1', headers, 'private'))).toBe(encrypted);
  expect(comesEncrypted(requestFrom('10.0.0.1', headers, '192.168.0.1'))).toBe(false);
  expect(comesEncrypted(requestFrom('10.0.0.1', headers, null))).toBe(false);
  expect(comesEncrypted(requestFrom('10.0.0.1', headers, null, true))).toBe(true);
});

test.each([
  ['another machine', '203.0.113.9', {}, null, true],
  ['this machine', '127.0.0.1', {}, null, false],
  ['this machine by v6', '::1', {}, null, false],
  ['this machine by v4 in v6', '::ffff:127.0.0.1', {}, null, false],
  ['another machine that claims https', '203.0.113.9', { 'x-forwarded-proto': 'https' }, null, true],
  ['a proxy that says https', '10.0.0.1', { 'x-forwarded-proto': 'https' }, 'private', false],
  ['a proxy that says http', '10.0.0.1', { 'x-forwarded-proto': 'http' }, 'private', true],
  ['a proxy that says nothing', '10.0.0.1', {}, 'private', true],
  ['a proxy here, a caller here', '127.0.0.1', { 'x-forwarded-for': '127.0.0.1' }, 'loopback', false],
  ['a proxy here, a caller elsewhere', '127.0.0.1', { 'x-forwarded-for': '203.0.113.9' }, 'loopback', true],
  ['a proxy elsewhere, a caller who claims to be here', '10.0.0.1', { 'x-forwarded-for': '127.0.0.1' }, 'private', true],
])('could others read along: %s', (_, peer, headers, proxies, openly) => {
  expect(travelsOpenly(requestFrom(peer, headers as Record<string, string>, proxies))).toBe(openly);
});

test.each(['everybody', '10.0.0.0/33', '10.0.0.5/8', '0.0.0.0/0', '::/0', '10.1', '', 'private,', '010.0.0.1', 'fe80::1%eth0'])(
  '%j is no list of proxies',
  (text) => {
    expect(readProxies(text)).toBeNull();
  },
);

test('words and networks may stand side by side', () => {
  const check = readProxies('loopback, 2001:db8::/32 ,203.0.113.7');
  const seen = ['127.8.9.1', '::1', '2001:db8::9', '203.0.113.7', '203.0.113.8', '10.0.0.1', 'nonsense', ''].map((each) =>
    check?.(each),
  );
  expect(seen).toEqual([true, true, true, true, false, false, false, false]);
});

test('an address has one writing', () => {
  expect(['::FFFF:1.2.3.4', '1.2.3.4', 'FE80::1%2', '::1'].map(plainAddress)).toEqual(['1.2.3.4', '1.2.3.4', 'fe80::1', '::1']);
});

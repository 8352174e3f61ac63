import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readNetwork } from './networks.js';
import { prepareAddresses } from './prepare-addresses.js';

test.each([
  ['10.0.0.0/8', '10.255.0.1', true],
  ['10.0.0.0/8', '11.0.0.0', false],
  ['192.0.2.7', '192.0.2.7', true],
  ['192.0.2.7', '192.0.2.8', false],
  ['0.0.0.0/0', '203.0.113.9', true],
  ['0.0.0.0/0', '::1', false],
  ['2001:db8::/32', '2001:db8:ffff::1', true],
  ['2001:db8::/32', '2001:db9::', false],
  ['::/0', '2001:db8::1', true],
  ['10.0.0.0/8', '::ffff:10.1.2.3', true],
  ['::ffff:10.0.0.0/104', '10.1.2.3', true],
  ['::/0', '::ffff:10.1.2.3', false],
  ['::1', '::1', true],
  ['fe80::/10', 'fe80::1%eth0', true],
  ['10.0.0.0/8', '', false],
  ['0.0.0.0/0', '010.0.0.1', false],
  ['0.0.0.0/0', '10.1', false],
])('%s lets %s in: %s', (network, address, verdict) => {
  const check = prepareAddresses({ allow: [network], deny: [] });
  expect([check?.(address), check?.(address)]).toEqual([verdict, verdict]);
});

test.each([
  ['10.0.0.1/8', 'host_bits'],
  ['10.0.0.0/33', 'wrong_prefix'],
  ['10.0.0.0/08', 'wrong_prefix'],
  ['10.0.0.0/', 'wrong_prefix'],
  ['10.0.0/8', 'no_address'],
  ['012.0.0.0/8', 'no_address'],
  ['0x0a.0.0.0/8', 'no_address'],
  ['10.0.0.0/8/8', 'wrong_prefix'],
  ['::ffff:10.0.0.0/90', 'wrong_prefix'],
  ['2001:db8::1/32', 'host_bits'],
  ['fe80::1%eth0', 'zone'],
  ['localhost', 'no_address'],
  ['', 'no_address'],
])('%s is no network: %s', (text, problem) => {
  expect(readNetwork(text)).toEqual({ ok: false, problem });
});

test('deny overrides, however small the block, and nobody is asked where there are no rules', () => {
  expect(prepareAddresses({ allow: [], deny: [] })).toBeNull();
  const check = prepareAddresses({ allow: [], deny: ['10.1.0.0/16', '2001:db8::/32'] });
  expect(['10.0.255.255', '10.1.0.0', '10.1.255.255', '10.2.0.0'].map((address) => check?.(address))).toEqual([
    true,
    false,
    false,
    true,
  ]);
  expect([check?.('2001:db8::1'), check?.('::1')]).toEqual([false, true]);
});

test('says what looking at each block in turn says', () => {
  const block = fc.record({ value: fc.nat(255), prefix: fc.integer({ min: 24, max: 32 }) }).map(({ value, prefix }) => {
    const size = 2 ** (32 - prefix);
    return { text: `198.51.100.${value - (value % size)}/${prefix}`, first: value - (value % size), size };
  });
  const blocks = fc.array(block, { maxLength: 6 });
  fc.assert(
    fc.property(blocks, blocks, (allow, deny) => {
      const check = prepareAddresses({ allow: allow.map(({ text }) => text), deny: deny.map(({ text }) => text) });
      for (let last = 0; last < 256; last += 1) {
        const inside = (list: typeof allow): boolean => list.some(({ first, size }) => last >= first && last < first + size);
        const expected = (allow.length === 0 || inside(allow)) && !inside(deny);
        expect(check === null || check(`198.51.100.${last}`)).toBe(expected);
      }
    }),
    { numRuns: 100 },
  );
});

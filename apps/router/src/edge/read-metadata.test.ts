import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readMetadata } from './read-metadata.js';

const own = (value: unknown) => ({ 'x-tollgate-metadata': typeof value === 'string' ? value : JSON.stringify(value) });
const many = (count: number, value = 'v') =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, value]));

test('nothing sent, nothing kept', () => {
  expect(readMetadata({ host: 'x', 'helicone-auth': 'Bearer secret' })).toEqual({});
});

test('our own header is kept to the letter', () => {
  expect(readMetadata(own({ team: 'red', Feature: 'söker' }))).toEqual({ team: 'red', Feature: 'söker' });
  expect(readMetadata(own(many(16)))).toEqual(many(16));
});

test.each([
  ['17 keys', many(17)],
  ['over 2 KB', many(10, 'v'.repeat(250))],
  ['over 2 KB of UTF-8', many(10, 'ö'.repeat(110))],
  ['a value that is too long', { k: 'v'.repeat(513) }],
  ['a key that is too long', { ['k'.repeat(65)]: 'v' }],
  ['an empty key', { '': 'v' }],
  ['a number', { k: 1 }],
  ['a nested object', { k: {} }],
  ['a list', ['k']],
  ['no JSON', '{"k":'],
  ['null', 'null'],
  ['a name of prototypes', '{"__proto__":"v"}'],
])('our own header is refused: %s', (_, value) => {
  expect(readMetadata(own(value))).toBeNull();
});

test('the headers of other gateways are read, and ours wins', () => {
  const headers = {
    ...own({ user: 'ours', a: '1' }),
    'x-portkey-metadata': '{"_user":"u1","user":"portkey","n":7,"deep":{}}',
    'helicone-property-session': 's1',
    'helicone-property-user': 'helicone',
    'x-litellm-tags': 'blue,green',
  };
  expect(readMetadata(headers)).toEqual({ user: 'ours', a: '1', _user: 'u1', n: '7', session: 's1', tags: 'blue,green' });
});

test('the headers of other gateways never fail a call and never break the bounds', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ maxLength: 70 }), fc.string({ maxLength: 600 }), { maxKeys: 30 }),
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.dictionary(fc.string({ maxLength: 40 }), fc.string({ maxLength: 300 })).map((value) => JSON.stringify(value)),
      ),
      fc.string({ maxLength: 3_000 }),
      (properties, portkey, tags) => {
        const helicone = Object.fromEntries(
          Object.entries(properties).map(([name, value]) => [`helicone-property-${name}`, value]),
        );
        const metadata = readMetadata({ ...helicone, 'x-portkey-metadata': portkey, 'x-litellm-tags': tags });
        const entries = Object.entries(metadata ?? { failed: 'x'.repeat(3_000) });
        expect(entries.length).toBeLessThanOrEqual(16);
        expect(entries.reduce((sum, [key, value]) => sum + key.length + Buffer.byteLength(value), 0)).toBeLessThanOrEqual(2_048);
        expect(Object.getPrototypeOf(metadata)).toBe(Object.prototype);
      },
    ),
  );
});

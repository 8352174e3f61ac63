import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { type PepperSet, readPeppers } from './read-peppers.js';
import { DIRECT_RESOLVE_PATH, signRouterRequest, verifyRouterRequest } from './router-request.js';

const peppersOf = (text: string): PepperSet => {
  const peppers = readPeppers(text);
  if (!peppers.ok) throw new Error(peppers.error);
  return peppers.value;
};
const OLD = 'ab'.repeat(32);
const NEW = 'cd'.repeat(32);
const NOW = 1_700_000_000_000;
const ID = 'AbCdEf123456';

test('what one with the pepper signs is believed, by one who is about to change it too', () => {
  const signature = signRouterRequest(peppersOf(`1:${OLD}`), ID, NOW);
  expect(verifyRouterRequest(peppersOf(`1:${OLD}`), ID, NOW + 1_000, signature)).toBe(true);
  expect(verifyRouterRequest(peppersOf(`2:${NEW},1:${OLD}`), ID, NOW, signature)).toBe(true);
});

test('not for another token, not with another pepper, not half a minute later or earlier', () => {
  const peppers = peppersOf(`1:${OLD}`);
  const signature = signRouterRequest(peppers, ID, NOW);
  expect(verifyRouterRequest(peppers, 'AbCdEf123457', NOW, signature)).toBe(false);
  expect(verifyRouterRequest(peppersOf(`1:${NEW}`), ID, NOW, signature)).toBe(false);
  expect(verifyRouterRequest(peppersOf(`2:${OLD}`), ID, NOW, signature)).toBe(false);
  expect(verifyRouterRequest(peppers, ID, NOW + 30_001, signature)).toBe(false);
  expect(verifyRouterRequest(peppers, ID, NOW - 30_001, signature)).toBe(false);
});

test('a changed time breaks the signature', () => {
  const peppers = peppersOf(`1:${OLD}`);
  const signature = signRouterRequest(peppers, ID, NOW).replace(String(NOW), String(NOW + 20_000));
  expect(verifyRouterRequest(peppers, ID, NOW + 20_000, signature)).toBe(false);
});

test('the pepper itself is not the key', () => {
  const peppers = peppersOf(`1:${OLD}`);
  const mac = createHmac('sha256', peppers[0].key).update(`${DIRECT_RESOLVE_PATH}\n${NOW}\n${ID}`).digest('base64url');
  expect(verifyRouterRequest(peppers, ID, NOW, `1.1.${NOW}.${mac}`)).toBe(false);
});

test.each([undefined, '', '1.1', ['a'], `1.1.${NOW}.${'A'.repeat(42)}`, `2.1.${NOW}.${'A'.repeat(43)}`, 7])(
  'no signature: %s',
  (signature) => {
    expect(verifyRouterRequest(peppersOf(`1:${OLD}`), ID, NOW, signature)).toBe(false);
  },
);

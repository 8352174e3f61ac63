import { expect, test } from 'vitest';
import { readPeppers } from './read-peppers.js';
import { type Renewal, signRenewal, verifyRenewal } from './renewal-proof.js';

const pepperOf = (text: string) => {
  const peppers = readPeppers(text);
  if (!peppers.ok) throw new Error(peppers.error);
  return peppers.value[0];
};
const newer = pepperOf(`2:${'cd'.repeat(32)}`);
const renewal: Renewal = { secretId: 'sec_1', digest: 'new', pepperVersion: 2, replaces: 'old' };

test('who knows the pepper may renew, and nobody else, nor anything else with the same proof', () => {
  const proof = signRenewal(newer, renewal);
  expect(verifyRenewal(newer, renewal, proof)).toBe(true);
  expect(verifyRenewal(pepperOf(`2:${'ee'.repeat(32)}`), renewal, proof)).toBe(false);
  expect(verifyRenewal(pepperOf(`3:${'cd'.repeat(32)}`), renewal, proof)).toBe(false);
  for (const forged of [{ secretId: 'sec_2' }, { digest: 'mine' }, { replaces: 'other' }]) {
    expect(verifyRenewal(newer, { ...renewal, ...forged }, proof)).toBe(false);
  }
  for (const text of ['', 'x', `${proof}x`]) expect(verifyRenewal(newer, renewal, text)).toBe(false);
});

import { randomBytes } from 'node:crypto';
import { TollgateError } from '@tollgate/kernel';
import { beforeAll, expect, test } from 'vitest';
import { makeInitialPassword, Passwords } from './passwords.js';

let passwords: Passwords;
let stored: string;
beforeAll(async () => {
  passwords = new Passwords(randomBytes);
  stored = await passwords.hash('a walk in the rain');
});

test('argon2id with the cost that OWASP names, whatever way a character was composed', async () => {
  expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await passwords.matches('a walk in the rain', stored)).toBe(true);
  expect(await passwords.matches('A walk in the rain', stored)).toBe(false);
  expect(await passwords.matches('a caf\u00e9 in the rain', await passwords.hash('a cafe\u0301 in the rain'))).toBe(true);
});

test('nobody`s password is checked as long as somebody`s', async () => {
  const times: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] };
  for (let round = 0; round < 15; round += 1) {
    for (const [who, hash] of [
      ['known', stored],
      ['unknown', null],
    ] as const) {
      const since = performance.now();
      expect(await passwords.matches('a guess', hash)).toBe(false);
      times[who].push(performance.now() - since);
    }
  }
  // The fastest of each: what else the machine does only adds.
  const [known, unknown] = [Math.min(...times.known), Math.min(...times.unknown)];
  expect(Math.max(known, unknown) / Math.min(known, unknown)).toBeLessThan(2);
});

test('a flood is turned away: 42 are let in at once, and all others are told when to come again', async () => {
  const flood = await Promise.allSettled(Array.from({ length: 60 }, () => passwords.matches('a guess', stored)));
  const refused = flood.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
  expect(refused).toHaveLength(18);
  for (const reason of refused) {
    expect(reason).toBeInstanceOf(TollgateError);
    expect(reason).toMatchObject({ code: 'overloaded', retryAfterMs: 2_000 });
  }
  expect(await passwords.matches('a walk in the rain', stored)).toBe(true);
});

test('first passwords differ and can be read out', () => {
  const made = new Set(Array.from({ length: 200 }, () => makeInitialPassword(randomBytes)));
  expect(made.size).toBe(200);
  for (const each of made) expect(each).toMatch(/^([2-9a-hjkmnp-z]{5}-){4}[2-9a-hjkmnp-z]{5}$/);
});

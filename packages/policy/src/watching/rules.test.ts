import { PutWatchSettingsSchema } from '@tollgate/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countWithin, namesWithin, type WindowCounts } from './count-within.js';
import { countGarbage, countRefusal, judgeRefusal, NO_REFUSALS, type SentSecret, spentHow } from './judge-refusal.js';
import { judgeUse, type KeyHistory } from './judge-use.js';

const rules = PutWatchSettingsSchema.parse({});
const NOW = Date.UTC(2026, 0, 15);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const steps = fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 90_000 }), count: fc.integer({ min: 1, max: 9 }) }), {
  maxLength: 60,
});

test('a window counts all of its own time, and nothing that is more than a twelfth older', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1_000, max: 600_000 }), (given, windowMs) => {
      let counts: WindowCounts = [];
      let at = NOW;
      const seen: { at: number; count: number }[] = [];
      for (const { afterMs, count } of given) {
        at += afterMs;
        seen.push({ at, count });
        const step = countWithin(counts, { at, count, windowMs });
        counts = step.counts;
        const since = (ms: number) => seen.filter((one) => one.at > at - ms).reduce((sum, one) => sum + one.count, 0);
        expect(step.total).toBeGreaterThanOrEqual(since(windowMs * (11 / 12)));
        expect(step.total).toBeLessThanOrEqual(since(windowMs + 1));
        expect(counts.length).toBeLessThanOrEqual(12);
      }
    }),
  );
});

test('names are remembered for the window, and no more of them than there is room for', () => {
  let seen = namesWithin({}, { at: NOW, name: 'a', windowMs: 1_000 });
  seen = namesWithin(seen, { at: NOW + 500, name: 'b', windowMs: 1_000 });
  expect(Object.keys(seen).sort()).toEqual(['a', 'b']);
  expect(Object.keys(namesWithin(seen, { at: NOW + 1_200, name: 'c', windowMs: 1_000 })).sort()).toEqual(['b', 'c']);
  for (let index = 0; index < 200; index += 1) seen = namesWithin(seen, { at: NOW + index, name: `n${index}`, windowMs: DAY_MS });
  expect(Object.keys(seen).length).toBeLessThanOrEqual(64);
});

const active: SentSecret = { state: 'active', expiresAt: null, keyStatus: 'active', keyExpiresAt: null };
test.each([
  ['a live one', {}, null],
  ['one in its grace', { state: 'grace', expiresAt: NOW + 1 }, null],
  ['one that waits to be delivered', { state: 'pending' }, null],
  ['one of a suspended key', { keyStatus: 'suspended' }, null],
  ['one whose grace is over', { state: 'grace', expiresAt: NOW }, 'rotated'],
  ['one that was swept after its grace', { state: 'revoked', expiresAt: NOW - 1 }, 'rotated'],
  ['one that was revoked', { state: 'revoked' }, 'revoked'],
  ['one that was revoked before its grace was over', { state: 'revoked', expiresAt: NOW + 1 }, 'revoked'],
  ['one of a revoked key', { keyStatus: 'revoked' }, 'revoked'],
  ['one of an expired key', { keyExpiresAt: NOW }, 'expired'],
] as const)('%s', (_, fields, how) => {
  expect(spentHow({ ...active, ...fields } as SentSecret, NOW)).toBe(how);
});

const call = { secretId: 'sec_1', at: NOW, count: 1, network: '203.0.113.0/24', userAgent: 'curl' };
const history: KeyHistory = {
  firstUsedAt: NOW - 2 * DAY_MS,
  lastUsedAt: NOW - HOUR_MS,
  createdAt: NOW - 90 * DAY_MS,
  uses: 5,
  networkKnown: true,
  programKnown: true,
  honey: false,
};
const found = (fields: Partial<KeyHistory>, use: Partial<typeof call> = {}) =>
  judgeUse({ ...history, ...fields }, { ...call, ...use }, rules).map(({ rule }) => rule);

test('an ordinary use of a known key says nothing', () => {
  expect(found({})).toEqual([]);
});

test('what is new is remarkable only once the key is known', () => {
  const strange = { networkKnown: false, programKnown: false };
  expect(found(strange)).toEqual(['new_network', 'new_user_agent']);
  expect(found({ ...strange, firstUsedAt: null })).toEqual([]);
  expect(found({ ...strange, firstUsedAt: NOW - HOUR_MS })).toEqual([]);
  expect(found({ ...strange, firstUsedAt: NOW - HOUR_MS, uses: 1_000 })).toEqual(['new_network', 'new_user_agent']);
  // Nothing is known of this caller, so nothing can be said.
  expect(found(strange, { network: '', userAgent: '' })).toEqual([]);
});

test('a key sleeps from its last use, or from its making where there is none', () => {
  expect(found({ lastUsedAt: NOW - 30 * DAY_MS })).toEqual(['sleeping_key_woke']);
  expect(found({ lastUsedAt: NOW - 30 * DAY_MS + 1 })).toEqual([]);
  expect(found({ firstUsedAt: null, lastUsedAt: null })).toEqual(['sleeping_key_woke']);
  expect(found({ firstUsedAt: null, lastUsedAt: null, createdAt: NOW })).toEqual([]);
});

test('a decoy speaks at any use, at the first as well', () => {
  expect(found({ honey: true, firstUsedAt: null, lastUsedAt: null, createdAt: NOW })).toEqual(['honey_token_used']);
});

const refusal = { ...call, reason: 'permission_denied', permission: 'llm:chat', secret: active, honey: false };

test('nothing that a refusal leads to holds for somebody without a secret', () => {
  expect(judgeRefusal(refusal, NOW)).toEqual([]);
  const spent = judgeRefusal({ ...refusal, secret: { ...active, state: 'revoked' } }, NOW);
  expect(spent).toMatchObject([{ rule: 'spent_secret_used', severity: 'high', proven: true, secretId: 'sec_1' }]);
  expect(countGarbage([], { ...call, count: 100 }, rules).findings).toMatchObject([{ rule: 'garbage_burst', proven: false }]);
});

test('the burst begins at its number and not before; its window forgets', () => {
  let counts = NO_REFUSALS;
  const step = (at: number, reason = 'address_not_allowed') => {
    const next = countRefusal(counts, { ...refusal, reason, at }, rules);
    counts = next.counts;
    return next.findings.map(({ rule }) => rule);
  };
  for (let index = 1; index < 20; index += 1) expect(step(NOW + index)).toEqual([]);
  expect(step(NOW + 20)).toEqual(['refusal_burst']);
  expect(step(NOW + 700_000)).toEqual([]);
});

test('scopes are counted once each, however often they are tried', () => {
  let counts = NO_REFUSALS;
  const step = (permission: string) => {
    const next = countRefusal(counts, { ...refusal, permission }, { ...rules, refusals: { count: 1_000, window_seconds: 300 } });
    counts = next.counts;
    return next.findings.map(({ rule }) => rule);
  };
  for (const permission of ['a', 'b', 'c', 'a', 'b', 'c']) expect(step(permission)).toEqual([]);
  expect(step('d')).toEqual(['scope_probing']);
});

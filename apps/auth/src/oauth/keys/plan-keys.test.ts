import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KEY_AFTERLIFE_MS, KEY_LIFE_MS, KEY_NOTICE_MS, type KeyTimes, planKeys, signingKey } from './plan-keys.js';

test('the first key signs at once', () => {
  expect(planKeys([], 5)).toEqual({ make: 5, remove: [] });
});

test('a successor is announced before it signs, and the old one stays until its tokens are long gone', () => {
  const first = { kid: 'a', activeFrom: 0 };
  expect(planKeys([first], KEY_LIFE_MS - 1).make).toBeNull();
  const begins = KEY_LIFE_MS + KEY_NOTICE_MS;
  expect(planKeys([first], KEY_LIFE_MS)).toEqual({ make: begins, remove: [] });
  const second = { kid: 'b', activeFrom: begins };
  expect(planKeys([first, second], begins - 1)).toEqual({ make: null, remove: [] });
  expect(signingKey([first, second], begins - 1)?.kid).toBe('a');
  expect(signingKey([first, second], begins)?.kid).toBe('b');
  expect(planKeys([first, second], begins + KEY_AFTERLIFE_MS - 1).remove).toEqual([]);
  expect(planKeys([first, second], begins + KEY_AFTERLIFE_MS).remove).toEqual(['a']);
});

test('however seldom it is looked after: there is one that signs, and no key goes while its tokens may live', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: KEY_LIFE_MS * 2 }), { minLength: 1, maxLength: 40 }), (pauses) => {
      let now = 0;
      let keys: KeyTimes[] = [];
      let signedAt = new Map<string, number>();
      for (const pause of pauses) {
        const { make, remove } = planKeys(keys, now);
        for (const kid of remove) expect(now - (signedAt.get(kid) ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(300_000);
        keys = keys.filter(({ kid }) => !remove.includes(kid));
        if (make !== null) keys.push({ kid: `k${now}`, activeFrom: make });
        const signing = signingKey(keys, now);
        expect(signing).not.toBeNull();
        // Up to now all has been signed with the one that was the newest then.
        signedAt = new Map([...signedAt, [signing?.kid ?? '', now]]);
        now += pause;
        const last = signingKey(keys, now);
        if (last !== null && last.kid !== signing?.kid) signedAt.set(signing?.kid ?? '', last.activeFrom);
      }
    }),
  );
});

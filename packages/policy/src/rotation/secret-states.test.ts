import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  activatePending,
  endGraces,
  endSecret,
  isLive,
  isUsable,
  planPending,
  planRotation,
  SECRET_STATES,
  type SecretLife,
  type SecretStep,
} from './secret-states.js';

const life = (id: string, state: SecretLife['state'], expiresAt: number | null = null): SecretLife => ({ id, state, expiresAt });
const apply = (secrets: readonly SecretLife[], steps: readonly SecretStep[]): SecretLife[] =>
  secrets.map((secret) => steps.find((step) => step.id === secret.id) ?? secret);

const force = fc.boolean();
const overlapMs = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 100 }));
const act = fc.oneof(
  fc.record({ what: fc.constant('rotate' as const), overlapMs, force }),
  fc.record({ what: fc.constant('prepare' as const) }),
  fc.record({ what: fc.constant('activate' as const), overlapMs }),
  fc.record({ what: fc.constant('end' as const), index: fc.nat(8) }),
  fc.record({ what: fc.constant('sweep' as const) }),
  fc.record({ what: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 80 }) }),
);

test('whatever is done in whatever order, one secret is active, at most two live, and none comes back', () => {
  let [rotated, activated, refused] = [0, 0, 0];
  fc.assert(
    fc.property(fc.array(act, { minLength: 20, maxLength: 60 }), (acts) => {
      let now = 1_000;
      let secrets: SecretLife[] = [life('0', 'active')];
      for (const each of acts) {
        const before = secrets;
        const at = now;
        switch (each.what) {
          case 'wait':
            now += each.ms;
            break;
          case 'sweep':
            secrets = apply(secrets, endGraces(secrets, now));
            break;
          case 'rotate': {
            const planned = planRotation(secrets, { now, ...each });
            if (planned.ok) secrets = [...apply(secrets, planned.value), life(String(secrets.length), 'active')];
            if (planned.ok) rotated += 1;
            else refused += 1;
            expect(planned.ok || !each.force).toBe(true);
            break;
          }
          case 'prepare': {
            const planned = planPending(secrets, now);
            if (planned.ok) secrets = [...apply(secrets, planned.value), life(String(secrets.length), 'pending')];
            break;
          }
          case 'activate': {
            const id = secrets.find(({ state }) => state === 'pending')?.id ?? 'none';
            const planned = activatePending(secrets, id, { now, ...each });
            expect(planned.ok).toBe(id !== 'none');
            if (planned.ok) {
              secrets = apply(secrets, planned.value);
              activated += 1;
            }
            break;
          }
          case 'end': {
            const planned = endSecret(secrets, String(each.index));
            if (planned.ok) secrets = apply(secrets, planned.value);
            break;
          }
        }
        expect(secrets.filter(({ state }) => state === 'active')).toHaveLength(1);
        expect(secrets.filter((secret) => isLive(secret, now)).length).toBeLessThanOrEqual(2);
        for (const old of before) {
          const next = secrets.find(({ id }) => id === old.id) as SecretLife;
          expect(SECRET_STATES.indexOf(next.state)).toBeGreaterThanOrEqual(SECRET_STATES.indexOf(old.state));
          if (old.state === 'grace' && next.state === 'grace') expect(next.expiresAt).toBe(old.expiresAt);
          // A secret that worked stops early only by force, by its end, or by a rotation without an overlap.
          if (isUsable(old, at) && !isUsable(next, at)) expect(['rotate', 'activate', 'end']).toContain(each.what);
        }
      }
    }),
    { numRuns: 500 },
  );
  expect(Math.min(rotated, activated, refused)).toBeGreaterThan(50);
});

test('an overlap keeps the old secret to its deadline, excluded', () => {
  const planned = planRotation([life('a', 'active')], { now: 100, overlapMs: 50, force: false });
  expect(planned).toEqual({ ok: true, value: [life('a', 'grace', 150)] });
  expect([149, 150].map((now) => isUsable(life('a', 'grace', 150), now))).toEqual([true, false]);
});

test('without an overlap the old secret ends at once', () => {
  const planned = planRotation([life('a', 'active')], { now: 100, overlapMs: 0, force: false });
  expect(planned).toEqual({ ok: true, value: [life('a', 'revoked')] });
});

test('a third secret that works is refused, and by force the oldest ends', () => {
  const secrets = [life('a', 'grace', 500), life('b', 'active')];
  const wish = { now: 100, overlapMs: 50 };
  expect(planRotation(secrets, { ...wish, force: false })).toEqual({ ok: false, error: 'two_usable' });
  expect(planRotation(secrets, { ...wish, force: true })).toEqual({
    ok: true,
    value: [life('a', 'revoked'), life('b', 'grace', 150)],
  });
  expect(planRotation(secrets, { ...wish, now: 500, force: false }).ok).toBe(true);
});

test('while a new secret is on its way a second is refused, and by force takes its place', () => {
  const secrets = [life('a', 'active'), life('b', 'pending')];
  const wish = { now: 100, overlapMs: 50 };
  expect(planRotation(secrets, { ...wish, force: false })).toEqual({ ok: false, error: 'rotation_under_way' });
  expect(planPending(secrets, 100)).toEqual({ ok: false, error: 'rotation_under_way' });
  const forced = planRotation(secrets, { ...wish, force: true });
  expect(forced).toEqual({ ok: true, value: [life('b', 'revoked'), life('a', 'grace', 150)] });
});

test('a secret that failed to arrive ends and leaves the old one alone', () => {
  const secrets = [life('a', 'active'), life('b', 'pending')];
  expect(endSecret(secrets, 'b')).toEqual({ ok: true, value: [life('b', 'revoked')] });
});

test('the only secret of a key cannot be ended', () => {
  expect(endSecret([life('a', 'active')], 'a')).toEqual({ ok: false, error: 'active_secret' });
  expect(endSecret([life('a', 'active')], 'b')).toEqual({ ok: false, error: 'unknown_secret' });
});

import { EMPTY_POLICY, type LimitSpec, type TimeWindow, type TokenPolicy } from '@tollgate/contracts';
import { modelAllowed, PreparedAccess } from '@tollgate/policy';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Held } from '../changes/act.js';
import { type BoundToken, beyondOf, livesBeyond } from './beyond-of.js';

const KEY = 'tok_actor';
const policy = (changes: Partial<TokenPolicy> = {}): TokenPolicy => ({ ...EMPTY_POLICY, scopes: ['llm:chat'], ...changes });
const held = (changes: Partial<TokenPolicy> = {}, more: Partial<Held> = {}): Held => ({
  policy: policy(changes),
  parents: [],
  expiresAt: null,
  keyId: KEY,
  ...more,
});
const token = (changes: Partial<TokenPolicy> = {}, more: Partial<BoundToken> = {}): BoundToken => ({
  id: 'tok_other',
  parentId: null,
  type: 'k',
  policy: policy(changes),
  expiresAt: null,
  ...more,
});
const rate = (limit: number, seconds: number, burst: number, owner = KEY): LimitSpec => ({
  bucket: `requests:${owner}`,
  kind: 'requests',
  models: null,
  subject: 'token',
  rate: { limit, periodMs: seconds * 1_000, burst },
});
const tokens = (limit: number, models: string | null = null): LimitSpec => ({
  bucket: `tokens:${KEY}${models === null ? '' : `:${models}`}`,
  kind: 'tokens',
  models,
  subject: 'token',
  rate: { limit, periodMs: 60_000, burst: limit },
});
const slots = (limit: number, subject: 'token' | 'team' = 'token'): LimitSpec => ({
  bucket: `concurrency:${KEY}`,
  kind: 'concurrency',
  models: null,
  subject,
  rate: { limit },
});
const budget = (hard = true, subject: 'token' | 'team' = 'token') => [{ id: 'budget_1', models: null, subject, hard }];
const caps = (changes: Partial<TokenPolicy['caps']>): TokenPolicy['caps'] => ({ ...EMPTY_POLICY.caps, ...changes });
const office = (to: string): TimeWindow[] => [{ days: ['mon'], from: '08:00', to, timeZone: 'UTC' }];
const BESIDE = 'calls beside its own budget (make a child of it)';

type Case = [held: Partial<TokenPolicy>, wanted: Partial<TokenPolicy>, beyond: readonly string[]];
/** Whoever adds a field to policies says here what handing it on means. */
const FIELDS: Record<keyof TokenPolicy, Case[]> = {
  scopes: [
    [{}, {}, []],
    [{}, { scopes: ['llm:*'] }, ['the scope llm:*']],
    [{ scopes: [] }, {}, ['the scope llm:chat']],
  ],
  models: [
    [{}, { models: { allow: ['*'], deny: [] } }, []],
    [{ models: { allow: ['demo/*'], deny: [] } }, { models: { allow: ['demo/echo', '*'], deny: [] } }, ['the model *']],
    [{ models: { allow: ['*'], deny: ['a/*'] } }, { models: { allow: ['*'], deny: ['a/*', 'x'] } }, []],
    [
      { models: { allow: ['*'], deny: ['a/*'] } },
      { models: { allow: ['*'], deny: ['a/o1'] } },
      ['the model a/*, which must be denied'],
    ],
  ],
  addresses: [
    [{ addresses: { allow: ['10.0.0.0/8'], deny: [] } }, { addresses: { allow: ['10.1.0.0/16'], deny: [] } }, []],
    [{ addresses: { allow: ['10.0.0.0/8'], deny: [] } }, { addresses: { allow: ['::ffff:10.1.0.0/112'], deny: [] } }, []],
    [
      { addresses: { allow: ['10.0.0.0/8'], deny: [] } },
      { addresses: { allow: ['10.0.0.0/7'], deny: [] } },
      [expect.stringContaining('these addresses') as string],
    ],
    [
      { addresses: { allow: ['0.0.0.0/0'], deny: [] } },
      { addresses: { allow: ['2001:db8::/32'], deny: [] } },
      [expect.stringContaining('these addresses') as string],
    ],
    [{ addresses: { allow: [], deny: ['192.0.2.0/24'] } }, {}, [expect.stringContaining('these addresses') as string]],
  ],
  windows: [
    [{ windows: office('18:00') }, { windows: office('17:00') }, []],
    [{ windows: office('18:00') }, { windows: office('18:01') }, [expect.stringContaining('these times') as string]],
    [{ windows: office('18:00') }, {}, [expect.stringContaining('these times') as string]],
  ],
  limits: [
    [{ limits: [rate(60, 60, 60)] }, { limits: [rate(1, 1, 60, 'tok_other')] }, []],
    [{ limits: [rate(60, 60, 60)] }, { limits: [rate(61, 60, 60, 'tok_other')] }, ['that many requests']],
    [{ limits: [rate(60, 60, 60)] }, { limits: [rate(60, 60, 61, 'tok_other')] }, ['that many requests']],
    [{ limits: [rate(60, 60, 60)] }, {}, ['that many requests']],
    [{ limits: [rate(60, 60, 60), rate(9, 60, 9, 'tok_parent')] }, { limits: [rate(60, 60, 60)] }, ['that many requests']],
    [{ limits: [tokens(1_000)] }, {}, ['that many tokens']],
    [{ limits: [tokens(1_000, 'gpt-*')] }, {}, ['that many tokens of gpt-*']],
    [{ limits: [slots(4)] }, {}, ['that many calls at once']],
    [{ limits: [slots(4)] }, { limits: [slots(4)] }, []],
    [{ limits: [slots(4, 'team')] }, {}, []],
  ],
  budgets: [
    [{ budgets: budget() }, {}, [BESIDE]],
    [{ budgets: budget(false) }, {}, []],
    [{ budgets: budget(true, 'team') }, {}, []],
  ],
  caps: (['inputTokens', 'outputTokens', 'requestBytes'] as const).flatMap((cap): Case[] => [
    [{ caps: caps({ [cap]: 10 }) }, { caps: caps({ [cap]: 10 }) }, []],
    [{ caps: caps({ [cap]: 10 }) }, { caps: caps({ [cap]: 11 }) }, [expect.stringContaining('that many ') as string]],
    [{ caps: caps({ [cap]: 10 }) }, {}, [expect.stringContaining('that many ') as string]],
  ]),
  strict: [
    [{ strict: true }, {}, ['calls while it cannot be checked (strict)']],
    [{ strict: true }, { strict: true }, []],
  ],
  // Of one token's own calls: whoever may make it decides about it.
  contentLogging: [[{}, { contentLogging: true }, []]],
};

test.each(Object.entries(FIELDS))('the bound of %s is named where it is passed, and only there', (_, cases) => {
  for (const [own, wanted, beyond] of cases) expect(beyondOf(held(own), token(wanted))).toEqual(beyond);
});

test.each(['scopes', 'models', 'addresses', 'windows'] as const)(
  '%s of a key above bound as those of the key itself do',
  (field) => {
    for (const [own, wanted, beyond] of FIELDS[field]) {
      const scopes = ['llm:*'];
      const parent = policy(own);
      expect(beyondOf(held({ scopes }, { parents: [parent] }), token(wanted))).toEqual(beyond);
    }
  },
);

test('a management key that is bound to models makes none that is not', () => {
  const own = held({ models: { allow: ['demo/*'], deny: [] } });
  expect(beyondOf(own, token({}, { type: 'a' }))).toEqual(['all models']);
  expect(beyondOf(own, token({}, { type: 'k' }))).toEqual([]);
});

test('what counts for a key at every call counts for those below it too, and is no excess there', () => {
  const own = held({ limits: [rate(60, 60, 60), tokens(1_000), slots(4)], budgets: budget(), strict: true });
  expect(beyondOf(own, token({}, { parentId: KEY }))).toEqual([]);
  expect(beyondOf(own, token({}, { parentId: 'tok_else' }))).toHaveLength(5);
  expect(beyondOf(own, token({}, { id: KEY }))).toEqual(['that many requests']);
  expect(beyondOf(own, token({ limits: [rate(60, 60, 60)] }, { id: KEY }))).toEqual([]);
});

test('a person is bound by their permissions alone', () => {
  const person: Held = { policy: policy({ scopes: ['llm:*'] }), parents: [], expiresAt: null, keyId: null };
  expect(beyondOf(person, token({ scopes: ['llm:chat'], models: { allow: ['*'], deny: [] } }))).toEqual([]);
  expect(beyondOf(person, token({ scopes: ['llm:chat', 'admin:x'] }))).toEqual(['the scope admin:x']);
});

test('only a management key can outlive the one that makes it', () => {
  const own = held({}, { expiresAt: 1_000 });
  const ends = (type: 'a' | 'k', at: number | null, more: Partial<BoundToken> = {}) =>
    livesBeyond(own, token({}, { type, expiresAt: at === null ? null : new Date(at), ...more }));
  expect([ends('a', 999), ends('a', 1_000), ends('a', 1_001), ends('a', null)]).toEqual([false, false, true, true]);
  expect([ends('k', null), ends('a', null, { parentId: KEY }), ends('a', null, { id: KEY })]).toEqual([false, false, true]);
  expect(livesBeyond(held(), token({}, { type: 'a' }))).toBe(false);
});

test('nothing that is handed on admits a call that its giver, or a key above it, may not hand on', () => {
  const glob = fc.string({ unit: fc.constantFrom('a', 'b', 'A', 'é', '*'), minLength: 1, maxLength: 3 });
  const globs = fc.array(glob, { maxLength: 2 });
  const some = fc.array(glob, { minLength: 1, maxLength: 3 });
  const block = fc.constantFrom('10.0.0.0/8', '10.1.0.0/16', '::ffff:10.1.0.0/112', '0.0.0.0/0', '::/0', '2001:db8::/32');
  const time = fc.constantFrom('00:00', '06:30', '22:00');
  const window = fc.record({
    days: fc.subarray(['mon', 'sun'] as const, { minLength: 1 }).map((days) => [...days]),
    from: time,
    to: time,
    timeZone: fc.constantFrom('UTC', 'Europe/Vienna'),
  });
  const any = (allow: fc.Arbitrary<string[]>) =>
    fc
      .record({
        scopes: some,
        models: fc.record({ allow, deny: globs }),
        addresses: fc.record({ allow: fc.array(block, { maxLength: 2 }), deny: fc.array(block, { maxLength: 1 }) }),
        windows: fc.array(window, { maxLength: 2 }),
      })
      .map((fields) => policy(fields));
  const call = fc.record({
    text: fc.string({ unit: fc.constantFrom('a', 'b', 'A', 'é'), minLength: 1, maxLength: 4 }),
    address: fc.constantFrom('10.0.0.1', '10.1.0.1', '::ffff:10.1.0.1', '192.0.2.1', '2001:db8::1'),
    now: fc.integer({ min: Date.UTC(2026, 2, 28), max: Date.UTC(2026, 2, 31) }),
  });
  // Made out of the giver by one change, it is handed on often enough to say something.
  const pair = fc
    .tuple(any(some), any(some), any(globs), fc.constantFrom('scopes', 'models', 'addresses', 'windows', 'all'))
    .map(([own, above, other, field]) => ({
      own,
      above,
      wanted: field === 'all' ? other : { ...own, [field]: other[field] },
    }));
  let [handedOn, admitted] = [0, 0];
  fc.assert(
    fc.property(pair, fc.boolean(), fc.array(call, { minLength: 20, maxLength: 20 }), ({ own, above, wanted }, below, calls) => {
      const givers = below ? [own, above] : [own];
      if (beyondOf(held(own, { parents: givers.slice(1) }), token(wanted)).length > 0) return;
      handedOn += 1;
      const access = new PreparedAccess(wanted);
      for (const { text, address, now } of calls) {
        for (const giver of givers) {
          if (modelAllowed(wanted, text)) expect(modelAllowed(giver, text)).toBe(true);
          if (access.refusal(text, address, now) !== null) continue;
          admitted += 1;
          expect(new PreparedAccess(giver).refusal(text, address, now)).toBeNull();
        }
      }
    }),
    { numRuns: 5_000 },
  );
  expect(handedOn).toBeGreaterThan(300);
  expect(admitted).toBeGreaterThan(300);
});

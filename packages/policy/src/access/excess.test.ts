import { EMPTY_POLICY, type LimitSpec, type TimeWindow, type TokenPolicy } from '@tollgate/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { excessOf } from './excess.js';
import { mergeBounds } from './merge-bounds.js';
import { neverAdmits } from './never-admits.js';
import { PreparedAccess } from './prepare-access.js';

const policy = (changes: Partial<TokenPolicy> = {}): TokenPolicy => ({
  ...EMPTY_POLICY,
  scopes: ['llm:*'],
  models: { allow: ['*'], deny: [] },
  ...changes,
});
const requests = (limit: number): LimitSpec[] => [
  { bucket: 'requests:x', kind: 'requests', models: null, subject: 'token', rate: { limit, periodMs: 60_000, burst: limit } },
];
const office = (from: string, to: string, timeZone = 'Europe/Vienna'): TimeWindow[] => [
  { days: ['mon', 'tue'], from, to, timeZone },
];
const caps = (outputTokens: number | null): TokenPolicy['caps'] => ({ ...EMPTY_POLICY.caps, outputTokens });

test.each<[string, Partial<TokenPolicy>, Partial<TokenPolicy>, readonly string[]]>([
  ['the same', {}, {}, []],
  ['a narrower scope', { scopes: ['llm:chat'] }, {}, []],
  ['a wider scope', { scopes: ['llm:chat', 'llm:*'] }, { scopes: ['llm:c*'] }, ['/scopes/1']],
  [
    'a model that is denied',
    { models: { allow: ['a*', 'b*'], deny: [] } },
    { models: { allow: ['*'], deny: ['b1'] } },
    ['/models/allow/1'],
  ],
  [
    'a model that is denied by both',
    { models: { allow: ['b*'], deny: ['b*1'] } },
    { models: { allow: ['*'], deny: ['b1'] } },
    [],
  ],
  ['any address', {}, { addresses: { allow: ['10.0.0.0/8'], deny: [] } }, ['/addresses/allow']],
  [
    'a wider block',
    { addresses: { allow: ['10.1.0.0/16', '10.0.0.0/7'], deny: [] } },
    { addresses: { allow: ['10.0.0.0/8'], deny: [] } },
    ['/addresses/allow/1'],
  ],
  [
    'a wider block, narrowed',
    { addresses: { allow: ['10.0.0.0/7'], deny: ['11.0.0.0/8'] } },
    { addresses: { allow: ['10.0.0.0/8'], deny: [] } },
    [],
  ],
  ['any time', {}, { windows: office('08:00', '18:00') }, ['/windows']],
  ['a longer window', { windows: office('08:00', '18:01') }, { windows: office('08:00', '18:00') }, ['/windows/0']],
  ['a shorter window', { windows: office('09:00', '10:00') }, { windows: office('08:00', '18:00') }, []],
  ['another zone', { windows: office('09:00', '10:00', 'UTC') }, { windows: office('08:00', '18:00') }, ['/windows/0/time_zone']],
  ['a higher limit', { limits: requests(61) }, { limits: requests(60) }, ['/limits/requests']],
  ['no limit of its own: the parent`s counts', {}, { limits: requests(60) }, []],
  ['a higher cap', { caps: caps(11) }, { caps: caps(10) }, ['/caps/output_tokens']],
  ['no cap', {}, { caps: caps(10) }, ['/caps/output_tokens']],
  ['logging', { contentLogging: true }, {}, ['/content_logging']],
])('%s', (_, inner, outer, pointers) => {
  const excess = excessOf({ policy: policy(inner), expiresAt: null }, { policy: policy(outer), expiresAt: null });
  expect(excess.map(({ pointer }) => pointer)).toEqual(pointers);
});

test('a later expiry, or none', () => {
  const at = (inner: number | null, outer: number | null) =>
    excessOf({ policy: policy(), expiresAt: inner }, { policy: policy(), expiresAt: outer }).map(({ pointer }) => pointer);
  expect([at(1, 2), at(2, 1), at(null, 1), at(1, null)]).toEqual([[], ['/expires_at'], ['/expires_at'], []]);
});

const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*'), minLength: 1, maxLength: 3 });
const some = fc.array(letters, { minLength: 1, maxLength: 2 });
const block = fc.constantFrom('10.0.0.0/8', '10.1.0.0/16', '10.0.0.0/7', '192.0.2.0/24', '2001:db8::/32', '2001:db8:1::/48');
const time = fc.constantFrom('00:00', '06:30', '12:00', '18:45');
const windowOf = fc.record({
  days: fc.subarray(['mon', 'tue', 'sun'] as const, { minLength: 1 }).map((days) => [...days]),
  from: time,
  to: time,
  timeZone: fc.constantFrom('UTC', 'Europe/Vienna'),
});
const anyPolicy = fc
  .record({
    scopes: some,
    models: fc.record({ allow: some, deny: fc.array(letters, { maxLength: 1 }) }),
    addresses: fc.record({ allow: fc.array(block, { maxLength: 2 }), deny: fc.array(block, { maxLength: 1 }) }),
    windows: fc.array(windowOf, { maxLength: 2 }),
  })
  .map((fields) => ({ ...EMPTY_POLICY, ...fields }));
const call = fc.record({
  scope: fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 }),
  model: fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 }),
  address: fc.constantFrom(
    '10.0.0.1',
    '10.1.0.1',
    '11.0.0.1',
    '192.0.2.1',
    '2001:db8::1',
    '2001:db8:1::1',
    '::ffff:10.1.0.1',
    '203.0.113.1',
  ),
  now: fc.integer({ min: Date.UTC(2026, 0), max: Date.UTC(2027, 0) }),
});
const admits = (
  access: PreparedAccess,
  { scope, model, address, now }: { scope: string; model: string; address: string; now: number },
): boolean => access.refusal(scope, address, now) === null && access.modelAllowed(model);

test('no call that a proven child admits is refused by its parent', () => {
  let proven = 0;
  let admitted = 0;
  // A child made out of its parent by one change is proven often enough to say something.
  const pair = fc
    .tuple(anyPolicy, anyPolicy, fc.constantFrom('scopes', 'models', 'addresses', 'windows', 'all'))
    .map(([parent, other, field]) => {
      if (field === 'all') return { parent, child: other };
      return { parent, child: { ...parent, [field]: other[field] } };
    });
  fc.assert(
    fc.property(pair, fc.array(call, { minLength: 30, maxLength: 30 }), ({ parent, child }, calls) => {
      if (excessOf({ policy: child, expiresAt: null }, { policy: parent, expiresAt: null }).length > 0) return;
      proven += 1;
      const [inner, outer] = [new PreparedAccess(child), new PreparedAccess(parent)];
      for (const each of calls) {
        if (!admits(inner, each)) continue;
        admitted += 1;
        expect(admits(outer, each)).toBe(true);
      }
    }),
    { numRuns: 3_000 },
  );
  expect(proven).toBeGreaterThan(300);
  expect(admitted).toBeGreaterThan(100);
});

test('with its parents a key admits what each of them admits, proven or not', () => {
  fc.assert(
    fc.property(
      anyPolicy,
      anyPolicy,
      anyPolicy,
      fc.array(call, { minLength: 10, maxLength: 10 }),
      (own, parent, above, calls) => {
        const access = new PreparedAccess(own, [parent, above]);
        for (const each of calls) {
          expect(admits(access, each)).toBe([own, parent, above].every((one) => admits(new PreparedAccess(one), each)));
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('the refusal names its reason, the first in a fixed order', () => {
  const access = new PreparedAccess(
    policy({
      addresses: { allow: ['10.0.0.0/8'], deny: [] },
      windows: [{ days: ['mon'], from: '10:00', to: '11:00', timeZone: 'UTC' }],
    }),
  );
  const [open, closed] = [Date.UTC(2026, 5, 1, 10), Date.UTC(2026, 5, 1, 11)];
  expect(access.refusal('llm:chat', '10.0.0.1', open)).toBeNull();
  expect(access.refusal('api:x', '10.0.0.1', open)).toBe('scope_missing');
  expect(access.refusal('llm:chat', '11.0.0.1', closed)).toBe('address_not_allowed');
  expect(access.refusal('llm:chat', '10.0.0.1', closed)).toBe('outside_time_window');
});

test('counters and budgets of parents count along, the tighter cap and the stricter switch win', () => {
  const budget = { id: 'budget_1', models: null, subject: 'token', hard: true } as const;
  const own = policy({ limits: requests(5), caps: caps(100), contentLogging: true });
  const parent = policy({
    limits: requests(9),
    caps: { inputTokens: 7, outputTokens: 10, requestBytes: null },
    strict: true,
    budgets: [budget],
  });
  expect(mergeBounds(own, [parent])).toEqual({
    ...own,
    limits: [...requests(5), ...requests(9)],
    caps: { inputTokens: 7, outputTokens: 10, requestBytes: null },
    budgets: [budget],
    strict: true,
    contentLogging: false,
  });
});

test.each<[string, Partial<TokenPolicy>, number | null, readonly string[]]>([
  ['a good one', {}, 2, []],
  ['no scope', { scopes: [] }, null, ['/scopes']],
  ['no model for a scope that needs one', { models: { allow: [], deny: [] } }, null, ['/models/allow']],
  ['no model and no need of one', { scopes: ['usage:read'], models: { allow: [], deny: [] } }, null, []],
  ['models all denied', { models: { allow: ['gpt-*'], deny: ['g*'] } }, null, ['/models/deny']],
  ['addresses all denied', { addresses: { allow: ['10.1.0.0/16'], deny: ['10.0.0.0/8'] } }, null, ['/addresses/deny']],
  ['every address denied', { addresses: { allow: [], deny: ['0.0.0.0/0', '::/0'] } }, null, ['/addresses/deny']],
  ['a window without days', { windows: [{ days: [], from: '01:00', to: '02:00', timeZone: 'UTC' }] }, null, ['/windows']],
  ['a time that has passed', {}, 1, ['/expires_at']],
])('never admits: %s', (_, changes, expiresAt, pointers) => {
  expect(neverAdmits(policy(changes), expiresAt, 1).map(({ pointer }) => pointer)).toEqual(pointers);
});

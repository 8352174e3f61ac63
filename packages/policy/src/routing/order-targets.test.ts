import type { Price, RouteStrategy, RoutingDeployment } from '@tollgate/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hashText } from './hash.js';
import { HealthBook } from './health-book.js';
import type { PreparedTarget } from './index-snapshot.js';
import { type Circumstances, orderTargets } from './order-targets.js';

const price = (input: string, output: string): Price => ({
  source: 'test',
  currency: 'USD',
  input,
  output,
  cacheRead: null,
  cacheWrite: null,
  inputAudio: null,
  outputAudio: null,
  tiers: [],
  perRequest: null,
});
const deployment = (id: string, priced: Price | null = null): RoutingDeployment => ({
  id,
  provider: 'p',
  upstreamModel: id,
  serves: [],
  contextTokens: null,
  maxOutputTokens: null,
  price: priced,
});
const target = (id: string, weight = 1, priced: Price | null = null): PreparedTarget => ({
  deployment: deployment(id, priced),
  weight,
  hash: hashText(id),
});
const circumstances = (overrides: Partial<Circumstances> = {}): Circumstances => ({
  health: new HealthBook(),
  now: 0,
  random: Math.random,
  affinityKey: null,
  inputTokens: 1_000,
  outputTokens: 500,
  ...overrides,
});
const order = (strategy: RouteStrategy, targets: readonly PreparedTarget[], given: Circumstances): string[] => {
  const made: RoutingDeployment[] = [];
  orderTargets(strategy, [...targets], given, made);
  return made.map(({ id }) => id);
};
const pool = (size: number): PreparedTarget[] => Array.from({ length: size }, (_, i) => target(`dep_${i}`));

test('whatever the strategy, each target comes once', () => {
  const strategies: RouteStrategy[] = ['weighted', 'affinity', 'least_busy', 'latency', 'cost'];
  fc.assert(
    fc.property(fc.constantFrom(...strategies), fc.integer({ min: 0, max: 12 }), fc.string(), (strategy, size, key) => {
      const targets = pool(size);
      const made = order(strategy, targets, circumstances({ affinityKey: key }));
      expect([...made].sort()).toEqual(targets.map((one) => one.deployment.id).sort());
    }),
  );
});

test('affinity: the same key goes the same way, and keys spread by weight', () => {
  const targets = [target('x', 1), target('y', 3)];
  let heavier = 0;
  for (let i = 0; i < 4_000; i += 1) {
    const given = circumstances({ affinityKey: `tok_${i}` });
    const made = order('affinity', targets, given);
    expect(order('affinity', targets, given)).toEqual(made);
    if (made[0] === 'y') heavier += 1;
  }
  expect(heavier / 4_000).toBeGreaterThan(0.72);
  expect(heavier / 4_000).toBeLessThan(0.78);
});

test('affinity: where a target goes, only its own keys move, each to what was its second choice', () => {
  const targets = pool(5);
  for (let i = 0; i < 1_000; i += 1) {
    const given = circumstances({ affinityKey: `tok_${i}` });
    const before = order('affinity', targets, given);
    const after = order('affinity', targets.slice(1), given);
    expect(after).toEqual(before.filter((id) => id !== 'dep_0'));
  }
});

test('least busy: the fewest calls under way for the weight', () => {
  const health = new HealthBook();
  for (let i = 0; i < 4; i += 1) health.begin(deployment('big'), 0);
  for (let i = 0; i < 2; i += 1) health.begin(deployment('small'), 0);
  const given = circumstances({ health });
  expect(order('least_busy', [target('small', 1), target('big', 1), target('idle', 1)], given)).toEqual(['idle', 'small', 'big']);
  expect(order('least_busy', [target('small', 1), target('big', 4)], given)).toEqual(['big', 'small']);
});

test('least busy: equals share', () => {
  const first = new Set(Array.from({ length: 200 }, () => order('least_busy', pool(3), circumstances())[0]));
  expect(first.size).toBe(3);
});

test('latency: the faster of two goes first, one that nobody has asked before both, and a slow one is looked at again', () => {
  const health = new HealthBook();
  health.answering(deployment('slow'), 2_000, 0);
  health.answering(deployment('fast'), 100, 0);
  const two = [target('slow'), target('fast')];
  for (let i = 0; i < 50; i += 1) expect(order('latency', two, circumstances({ health }))).toEqual(['fast', 'slow']);
  expect(order('latency', [target('fast'), target('new')], circumstances({ health }))).toEqual(['new', 'fast']);
  // Only the fast one is asked from now on: its latency stays known, the other's fades.
  health.answering(deployment('fast'), 100, 60_000);
  expect(order('latency', two, circumstances({ health, now: 60_000 }))).toEqual(['slow', 'fast']);
});

test('latency: calls that wait there already count', () => {
  const health = new HealthBook();
  health.answering(deployment('slow'), 300, 0);
  health.answering(deployment('fast'), 100, 0);
  for (let i = 0; i < 3; i += 1) health.begin(deployment('fast'), 0);
  expect(order('latency', [target('slow'), target('fast')], circumstances({ health }))).toEqual(['slow', 'fast']);
});

test('latency: the slowest of many is never drawn first, all others are', () => {
  const health = new HealthBook();
  const targets = pool(5);
  targets.forEach(({ deployment: one }, i) => {
    health.answering(one, 100 * (i + 1), 0);
  });
  const first = new Set(Array.from({ length: 1_000 }, () => order('latency', targets, circumstances({ health }))[0]));
  expect([...first].sort()).toEqual(['dep_0', 'dep_1', 'dep_2', 'dep_3']);
});

test('cost: the cheapest for this size of call, what has no price last', () => {
  const targets = [
    target('unpriced'),
    target('cheap to read', 1, price('0.1', '10')),
    target('cheap to write', 1, price('1', '1')),
  ];
  const reading = circumstances({ inputTokens: 100_000, outputTokens: 100 });
  const writing = circumstances({ inputTokens: 100, outputTokens: 10_000 });
  expect(order('cost', targets, reading)).toEqual(['cheap to read', 'cheap to write', 'unpriced']);
  expect(order('cost', targets, writing)).toEqual(['cheap to write', 'cheap to read', 'unpriced']);
});

test('of a model behind several keys calls that belong together keep to one key, whatever the strategy that does not go by load', () => {
  const keys = Array.from({ length: 4 }, (_, i) => ({
    ...target(`dep_a.${i}`),
    deployment: { ...deployment(`dep_a.${i}`), pool: 'dep_a' },
  }));
  for (const strategy of ['weighted', 'cost', 'affinity'] as const) {
    const firsts = (affinityKey: string) =>
      new Set(Array.from({ length: 50 }, () => order(strategy, keys, circumstances({ affinityKey }))[0]));
    expect(firsts('conversation 1').size).toBe(1);
    const spread = new Set(Array.from({ length: 100 }, (_, i) => [...firsts(`conversation ${i}`)][0]));
    expect(spread.size).toBe(4);
  }
  const alone = new Set(Array.from({ length: 200 }, () => order('weighted', keys, circumstances())[0]));
  expect(alone.size).toBe(4);
});

test('a pool is chosen as a whole by its weights, and the key within it by what belongs together', () => {
  const inPool = (id: string, pool: string) => ({ ...target(id), deployment: { ...deployment(id), pool } });
  const targets = [inPool('a.1', 'a'), inPool('a.2', 'a'), inPool('b.1', 'b'), inPool('b.2', 'b')];
  const counts = new Map<string, number>();
  for (let i = 0; i < 2_000; i += 1) {
    const [first = ''] = order('weighted', targets, circumstances({ affinityKey: 'one conversation' }));
    counts.set(first, (counts.get(first) ?? 0) + 1);
  }
  expect(counts.size).toBe(2);
  for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(150);
});

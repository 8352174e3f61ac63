import type { RoutingDeployment, RoutingRoute, RoutingSnapshot } from '@tollgate/contracts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HealthBook } from './health-book.js';
import { indexSnapshot, type RoutingIndex } from './index-snapshot.js';
import type { Circumstances } from './order-targets.js';
import { type CallIntent, plan } from './plan.js';
import { visibleRoutes } from './route-of-model.js';

const deployment = (id: string, overrides: Partial<RoutingDeployment> = {}): RoutingDeployment => ({
  id,
  provider: id,
  upstreamModel: id,
  serves: [{ endpoint: 'chat.completions', dialect: 'openai-chat' }],
  contextTokens: null,
  maxOutputTokens: null,
  price: null,
  ...overrides,
});
const route = (model: string, targets: RoutingRoute['targets'], overrides: Partial<RoutingRoute> = {}): RoutingRoute => ({
  id: `route_${model}_${overrides.organisationId ?? ''}`,
  model,
  organisationId: null,
  targets,
  maxAttempts: 3,
  timeouts: { connectMs: 1, firstByteMs: 1, idleMs: 1, totalMs: 1 },
  created: 0,
  listed: true,
  ...overrides,
});
const target = (deploymentId: string, priority = 0, weight = 1) => ({ deploymentId, priority, weight });
const index = (deployments: RoutingDeployment[], routes: RoutingRoute[]): RoutingIndex => {
  const snapshot: RoutingSnapshot = { v: 1, view: 'routing', epoch: 'e', revision: 1, deployments, routes };
  return indexSnapshot(snapshot);
};
const intent = (model: string, organisationId = 'org_a'): CallIntent => ({
  model,
  organisationId,
  endpoint: 'chat.completions',
  dialects: ['openai-chat'],
  modelAllowed: () => true,
});
const circumstances = (random: () => number): Circumstances => ({
  health: new HealthBook(),
  now: 0,
  random,
  affinityKey: null,
  inputTokens: 1_000,
  outputTokens: 500,
});
const order = (built: RoutingIndex, call: CallIntent, random = Math.random): string[] => {
  const made = plan(built, call, circumstances(random));
  return made.ok ? made.attempts.map((attempt) => attempt.id) : [made.reason];
};
const letters = ['a', 'b', 'c', 'd'].map((id) => deployment(id));

describe('plan', () => {
  test('one target is retried up to maxAttempts', () => {
    expect(order(index(letters, [route('m', [target('a')])]), intent('m'))).toEqual(['a', 'a', 'a']);
  });

  test('a later priority comes after all of the earlier one', () => {
    const built = index(letters, [route('m', [target('c', 5), target('a', 0), target('b', 0)], { maxAttempts: 4 })]);
    expect(order(built, intent('m'), () => 0)).toEqual(['a', 'b', 'c', 'a']);
    expect(order(built, intent('m'), () => 0.99)).toEqual(['b', 'a', 'c', 'b']);
  });

  test('never more than maxAttempts', () => {
    expect(
      order(index(letters, [route('m', [target('a'), target('b'), target('c')], { maxAttempts: 1 })]), intent('m')),
    ).toHaveLength(1);
  });

  test('the first choice follows the weights', () => {
    const built = index(letters, [route('m', [target('a', 0, 1), target('b', 0, 3)], { maxAttempts: 1 })]);
    let chosen = 0;
    for (let i = 0; i < 1_000; i += 1) if (order(built, intent('m'), () => (i + 0.5) / 1_000)[0] === 'b') chosen += 1;
    expect(chosen).toBe(750);
  });

  test('every target of a priority is tried before any is tried again, whatever the draw', () => {
    const draws = fc.infiniteStream(fc.double({ min: 0, max: 0.999999, noNaN: true }));
    const shape = fc.uniqueArray(fc.record({ at: fc.nat(3), priority: fc.nat(2), weight: fc.integer({ min: 1, max: 9 }) }), {
      minLength: 1,
      selector: ({ at }) => at,
    });
    fc.assert(
      fc.property(shape, draws, fc.integer({ min: 1, max: 10 }), (targets, stream, maxAttempts) => {
        const routed = route(
          'm',
          targets.map((one) => target('abcd'[one.at] as string, one.priority, one.weight)),
          { maxAttempts },
        );
        const priority = new Map(routed.targets.map((one) => [one.deploymentId, one.priority]));
        const made = order(index(letters, [routed]), intent('m'), () => stream.next().value as number);
        expect(made).toHaveLength(maxAttempts);
        const firstRound = made.slice(0, targets.length);
        expect(new Set(firstRound).size).toBe(firstRound.length);
        const priorities = firstRound.map((id) => priority.get(id) as number);
        expect(priorities).toEqual([...priorities].sort((x, y) => x - y));
        for (let i = targets.length; i < made.length; i += 1) expect(made[i]).toBe(made[i - targets.length]);
      }),
    );
  });

  test('an unknown model is model_not_found', () => {
    const built = index(letters, [route('m', [target('a')])]);
    for (const name of ['n', '', 'm ', 'M', '__proto__', 'constructor', '/', 'm/', '/m', '*', 'm/*']) {
      expect(order(built, intent(name))).toEqual(['model_not_found']);
    }
  });

  test('a route whose deployments are all gone is model_not_found, one that serves something else endpoint_not_served', () => {
    const built = index([deployment('e', { serves: [] })], [route('gone', [target('x')]), route('other', [target('e')])]);
    expect(order(built, intent('gone'))).toEqual(['model_not_found']);
    expect(order(built, intent('other'))).toEqual(['endpoint_not_served']);
  });

  test('an exact name goes before the wildcard, an own route before the shared one', () => {
    const built = index(letters, [
      route('p/*', [target('a')], { maxAttempts: 1 }),
      route('p/known', [target('b')], { maxAttempts: 1 }),
      route('p/known', [target('c')], { maxAttempts: 1, organisationId: 'org_a' }),
      route('p/*', [target('d')], { maxAttempts: 1, organisationId: 'org_a' }),
    ]);
    expect(order(built, intent('p/known', 'org_b'))).toEqual(['b']);
    expect(order(built, intent('p/unknown/with/slashes', 'org_b'))).toEqual(['a']);
    expect(order(built, intent('p/known'))).toEqual(['c']);
    expect(order(built, intent('p/unknown'))).toEqual(['d']);
  });

  test('the list shows listed routes once, by name, and not those of other organisations', () => {
    const built = index(letters, [
      route('z', [target('a')]),
      route('b', [target('a')]),
      route('b', [target('b')], { organisationId: 'org_a' }),
      route('secret', [target('b')], { organisationId: 'org_b' }),
      route('hidden', [target('a')], { listed: false }),
      route('p/*', [target('a')]),
    ]);
    expect(visibleRoutes(built, 'org_a').map((one) => [one.model, one.organisationId])).toEqual([
      ['b', 'org_a'],
      ['z', null],
    ]);
  });
});

describe('plan, where something is failing', () => {
  const many = (health: HealthBook, one: RoutingDeployment, times = 5): void => {
    for (let i = 0; i < times; i += 1) {
      health.begin(one, 0);
      health.end(one, { kind: 'failed', failure: 'server_error', retryAfterMs: null }, 0);
    }
  };
  const planned = (built: RoutingIndex, health: HealthBook, call: CallIntent = intent('m')) => {
    const made = plan(built, call, { ...circumstances(() => 0), health });
    if (!made.ok) throw new Error(made.reason);
    return made;
  };
  const ids = (attempts: readonly RoutingDeployment[]) => attempts.map(({ id }) => id);

  test('what fails comes after all that does not, later priorities included', () => {
    const health = new HealthBook();
    many(health, letters[0] as RoutingDeployment);
    const built = index(letters, [route('m', [target('a', 0), target('b', 1), target('c', 2)])]);
    expect(ids(planned(built, health).attempts)).toEqual(['b', 'c', 'a']);
  });

  test('the last one is tried although it fails, the soonest to be well first', () => {
    const health = new HealthBook();
    many(health, letters[0] as RoutingDeployment, 50);
    expect(ids(planned(index(letters, [route('m', [target('a')])]), health).attempts)).toEqual(['a', 'a', 'a']);
    health.begin(letters[1] as RoutingDeployment, 0);
    health.end(letters[1] as RoutingDeployment, { kind: 'failed', failure: 'rate_limit', retryAfterMs: 60_000 }, 0);
    const both = index(letters, [route('m', [target('b'), target('a')], { maxAttempts: 2 })]);
    expect(ids(planned(both, health).attempts)).toEqual(['a', 'b']);
  });

  test('fallbacks are planned with the call, without what the caller may not use, what is not there and circles', () => {
    const built = index(letters, [
      route('m', [target('a')], {
        maxAttempts: 1,
        fallbacks: [
          { on: ['context_window'], model: 'long' },
          { on: ['server_error'], model: 'forbidden' },
          { on: ['server_error'], model: 'nowhere' },
          { on: ['server_error'], model: 'm' },
        ],
      }),
      route('long', [target('b')], { maxAttempts: 1, fallbacks: [{ on: ['server_error'], model: 'm' }] }),
      route('forbidden', [target('c')]),
    ]);
    const call = { ...intent('m'), modelAllowed: (model: string) => model !== 'forbidden' };
    const made = planned(built, new HealthBook(), call);
    expect(made.fallbacks.map(({ on, route: { model }, attempts }) => ({ on, model, attempts: ids(attempts) }))).toEqual([
      { on: ['context_window'], model: 'long', attempts: ['b'] },
    ]);
  });
});

import type { RoutingDeployment, RoutingRoute } from '@tollgate/contracts';
import { RouteSimulationSchema } from '@tollgate/contracts';
import { expect, test } from 'vitest';
import { HealthBook } from './health-book.js';
import { indexSnapshot } from './index-snapshot.js';
import type { Circumstances } from './order-targets.js';
import type { CallIntent } from './plan.js';
import { simulate } from './simulate.js';

const deployment = (id: string): RoutingDeployment => ({
  id,
  provider: 'p',
  upstreamModel: id,
  serves: [{ endpoint: 'chat.completions', dialect: 'openai-chat' }],
  contextTokens: null,
  maxOutputTokens: null,
  price: null,
});
const route = (model: string, ids: string[], overrides: Partial<RoutingRoute> = {}): RoutingRoute => ({
  id: `route_${model}`,
  model,
  organisationId: null,
  targets: ids.map((deploymentId, priority) => ({ deploymentId, priority, weight: 1 })),
  maxAttempts: 3,
  timeouts: { connectMs: 1, firstByteMs: 1, idleMs: 1, totalMs: 60_000 },
  created: 0,
  listed: true,
  ...overrides,
});
const priced = {
  ...deployment('b'),
  price: {
    source: 'test',
    currency: 'USD',
    input: '1',
    output: '2',
    cacheRead: null,
    cacheWrite: null,
    inputAudio: null,
    outputAudio: null,
    tiers: [],
    perRequest: null,
  },
};
const index = indexSnapshot({
  v: 1,
  view: 'routing',
  epoch: 'e',
  revision: 1,
  deployments: [deployment('a'), priced, deployment('long'), { ...deployment('mute'), serves: [] }],
  routes: [
    route('m', ['a', 'b'], { fallbacks: [{ on: ['context_window'], model: 'long' }] }),
    route('long', ['long'], { maxAttempts: 1 }),
    route('mute', ['mute']),
  ],
});
const intent = (model: string): CallIntent => ({
  model,
  organisationId: 'org',
  endpoint: 'chat.completions',
  dialects: ['openai-chat'],
  modelAllowed: () => true,
});
const circumstances = (health = new HealthBook()): Circumstances => ({
  health,
  now: 1_000,
  random: () => 0.5,
  affinityKey: null,
  inputTokens: 1_000_000,
  outputTokens: 1_000_000,
});
const simulated = (failures: Parameters<typeof simulate>[3], health?: HealthBook) => {
  const made = simulate(index, intent('m'), circumstances(health), failures);
  if (!made.ok) throw new Error(made.reason);
  return RouteSimulationSchema.parse(made.simulation);
};

test('says where a call goes and why, whatever its attempts fail by', () => {
  const way = (...failures: Parameters<typeof simulate>[3]) => {
    const { attempts, outcome } = simulated(failures);
    return [...attempts.map(({ model, reason }) => `${reason} ${model}`), outcome];
  };
  expect(way()).toEqual(['first p/a', 'answered']);
  expect(way('timeout', 'overloaded')).toEqual(['first p/a', 'next_target p/b', 'same_again p/a', 'answered']);
  expect(way('timeout', 'context_window')).toEqual(['first p/a', 'next_target p/b', 'fallback p/long', 'answered']);
  expect(way('content_policy')).toEqual(['first p/a', 'failed']);
});

test('tells what each target is known for', () => {
  const health = new HealthBook();
  health.begin(deployment('a'), 0);
  health.end(deployment('a'), { kind: 'failed', failure: 'rate_limit', retryAfterMs: 9_000 }, 0);
  health.begin(priced, 1_000);
  health.answering(priced, 250, 1_000);
  const { routes, attempts } = simulated([], health);
  expect(attempts[0]?.model).toBe('p/b');
  expect(routes.map(({ model }) => model)).toEqual(['m', 'long']);
  expect(routes[0]?.targets).toMatchObject([
    { model: 'p/a', priority: 0, usable: false, usable_in_ms: 8_000, in_flight: 0, latency_ms: null, cost: null },
    { model: 'p/b', priority: 1, usable: true, in_flight: 1, latency_ms: 250, cost: { amount: '3', currency: 'USD' } },
  ]);
});

test('asking changes nothing', () => {
  const health = new HealthBook();
  simulated(['timeout', 'timeout'], health);
  expect(health.size).toBe(0);
});

test('a name that is not there, and one that nobody serves', () => {
  expect(simulate(index, intent('x'), circumstances(), [])).toEqual({ ok: false, reason: 'model_not_found' });
  expect(simulate(index, intent('mute'), circumstances(), [])).toEqual({ ok: false, reason: 'endpoint_not_served' });
});

import type { FailureClass, RoutingDeployment, RoutingRoute } from '@tollgate/contracts';
import { expect, test } from 'vitest';
import { type AttemptFailure, Course } from './course.js';
import type { Plan } from './plan.js';
import { RetryBudget } from './retry-budget.js';

const deployment = (id: string): RoutingDeployment => ({
  id,
  provider: id,
  upstreamModel: id,
  serves: [],
  contextTokens: null,
  maxOutputTokens: null,
  price: null,
});
const [a, b, long, other] = ['a', 'b', 'long', 'other'].map(deployment) as [
  RoutingDeployment,
  RoutingDeployment,
  RoutingDeployment,
  RoutingDeployment,
];
const route = (model: string): RoutingRoute => ({
  id: `route_${model}`,
  model,
  organisationId: null,
  targets: [],
  maxAttempts: 3,
  timeouts: { connectMs: 1, firstByteMs: 1, idleMs: 1, totalMs: 1 },
  created: 0,
  listed: true,
});
const planOf = (attempts: RoutingDeployment[], fallbacks: Plan['fallbacks'] = []): Plan => ({
  ok: true,
  route: route('main'),
  attempts,
  fallbacks,
});
const failed = (failure: FailureClass | null, overrides: Partial<AttemptFailure> = {}): AttemptFailure => ({
  failure,
  retryable: failure !== 'context_window' && failure !== 'content_policy',
  retryAfterMs: null,
  leftMs: 60_000,
  ...overrides,
});
const budget = () => new RetryBudget(() => 0);
const middle = () => 0.5;

test('another deployment at once, the same one after a pause that grows', () => {
  const course = new Course(planOf([a, b, a, b]));
  expect(course.advance(failed('server_error'), budget(), middle)).toBe(0);
  expect(course.deployment).toBe(b);
  expect(course.advance(failed('server_error'), budget(), middle)).toBe(0);
  expect(course.deployment).toBe(a);
  const alone = new Course(planOf([a, a, a]));
  expect(alone.advance(failed('server_error'), budget(), middle)).toBe(50);
  expect(alone.advance(failed('server_error'), budget(), middle)).toBe(100);
  expect(alone.advance(failed('server_error'), budget(), middle)).toBeNull();
});

test('a Retry-After is obeyed where it is short, and is the answer where it is long', () => {
  expect(new Course(planOf([a, a])).advance(failed('rate_limit', { retryAfterMs: 1_500 }), budget(), middle)).toBe(1_500);
  expect(new Course(planOf([a, a])).advance(failed('rate_limit', { retryAfterMs: 2_001 }), budget(), middle)).toBeNull();
  // Somebody else may have room.
  expect(new Course(planOf([a, b])).advance(failed('rate_limit', { retryAfterMs: 60_000 }), budget(), middle)).toBe(0);
});

test('nothing is begun that could not end before the deadline', () => {
  expect(new Course(planOf([a, a])).advance(failed('timeout', { leftMs: 40 }), budget(), middle)).toBeNull();
  expect(new Course(planOf([a, b])).advance(failed('timeout', { leftMs: 0 }), budget(), middle)).toBeNull();
});

test('what another attempt cannot help is the answer', () => {
  expect(new Course(planOf([a, b])).advance(failed(null, { retryable: false }), budget(), middle)).toBeNull();
  expect(new Course(planOf([a, b])).advance(failed('context_window'), budget(), middle)).toBeNull();
});

test('too long a prompt goes to the fallback for that at once, past the other targets', () => {
  const course = new Course(planOf([a, b], [{ on: ['context_window'], model: 'long', route: route('long'), attempts: [long] }]));
  expect(course.advance(failed('context_window'), budget(), middle)).toBe(0);
  expect(course.deployment).toBe(long);
  expect([course.route.model, course.model]).toEqual(['long', 'long']);
  expect(course.advance(failed('context_window'), budget(), middle)).toBeNull();
});

test('other failures go to their fallback once the own targets are used up, and each fallback is taken once', () => {
  const fallbacks = [
    { on: ['rate_limit'], model: 'wrong', route: route('wrong'), attempts: [long] },
    { on: ['overloaded', 'server_error'], model: 'other', route: route('other'), attempts: [other] },
    { on: ['server_error'], model: 'last', route: route('last'), attempts: [long] },
  ] as const;
  const course = new Course(planOf([a, b], fallbacks));
  const seen = [course.deployment.id];
  while (course.advance(failed('server_error'), budget(), middle) !== null) seen.push(course.deployment.id);
  expect(seen).toEqual(['a', 'b', 'other', 'long']);
});

test('a failure of the gateway itself needs no other model', () => {
  const course = new Course(planOf([a], [{ on: ['server_error'], model: 'other', route: route('other'), attempts: [other] }]));
  expect(course.advance(failed(null), budget(), middle)).toBeNull();
});

test('with no budget for retries a second try at the same deployment is left out, a first try at another is not', () => {
  const empty = budget();
  while (empty.take());
  expect(new Course(planOf([a, a])).advance(failed('server_error'), empty, middle)).toBeNull();
  const course = new Course(planOf([a, b, a]));
  expect(course.advance(failed('server_error'), empty, middle)).toBe(0);
  expect(course.advance(failed('server_error'), empty, middle)).toBeNull();
});

test('retries are a fifth of the calls beside ten a second', () => {
  let now = 0;
  const retries = new RetryBudget(() => now);
  const takeAll = (): number => {
    let taken = 0;
    while (retries.take()) taken += 1;
    return taken;
  };
  expect(takeAll()).toBe(10);
  for (let i = 0; i < 100; i += 1) retries.deposit();
  expect(takeAll()).toBeGreaterThanOrEqual(19);
  now += 500;
  expect(takeAll()).toBe(5);
  for (let i = 0; i < 1_000_000; i += 1) retries.deposit();
  expect(takeAll()).toBeLessThanOrEqual(100);
});

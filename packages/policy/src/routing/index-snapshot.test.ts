import type { CatalogChanged, RoutingSnapshot } from '@tollgate/contracts';
import { expect, test } from 'vitest';
import { applyDelta, indexSnapshot } from './index-snapshot.js';
import { routeOfModel } from './route-of-model.js';

const deployments: RoutingSnapshot['deployments'] = ['a', 'b'].map((id) => ({
  id,
  provider: id,
  upstreamModel: id,
  serves: [{ endpoint: 'chat.completions' as const, dialect: 'openai-chat' as const }],
  contextTokens: null,
  maxOutputTokens: null,
  price: null,
}));
const routes: RoutingSnapshot['routes'] = deployments.map(({ id }) => ({
  id: `route_${id}`,
  model: id,
  organisationId: null,
  targets: [{ deploymentId: id, priority: 0, weight: 1 }],
  maxAttempts: 1,
  timeouts: { connectMs: 1, firstByteMs: 1, idleMs: 1, totalMs: 1 },
  created: 0,
  listed: true,
}));
const start = indexSnapshot({ v: 1, view: 'routing', epoch: 'e', revision: 5, deployments, routes });
const empty = { deployments: [], routes: [], removedDeployments: [], removedRoutes: [] };
const delta = (from: number, to: number, overrides: Partial<CatalogChanged> = {}): CatalogChanged => ({
  v: 1,
  epoch: 'e',
  from,
  to,
  routing: empty,
  ...overrides,
});

test('the next revision is applied and the old index is left as it was', () => {
  const [, b] = deployments;
  const changed = { ...(b as (typeof deployments)[number]), upstreamModel: 'better' };
  const next = applyDelta(start, delta(5, 6, { routing: { ...empty, deployments: [changed], removedRoutes: ['route_a'] } }));
  if (next === 'refetch') throw new Error('expected an index');
  expect(next.revision).toBe(6);
  expect(routeOfModel(next, 'org', 'a')).toBeUndefined();
  expect(routeOfModel(next, 'org', 'b')?.groups[0]?.targets[0]?.deployment.upstreamModel).toBe('better');
  expect(routeOfModel(start, 'org', 'a')).toBeDefined();
});

test('a heartbeat and an older change leave the index alone', () => {
  for (const old of [delta(5, 5), delta(4, 5), delta(1, 2), delta(3, 3)]) expect(applyDelta(start, old)).toBe(start);
});

test('a change that begins before and ends after our revision is applied', () => {
  const next = applyDelta(start, delta(3, 8, { routing: { ...empty, removedRoutes: ['route_a'] } }));
  expect(next === 'refetch' ? next : next.revision).toBe(8);
});

test('a gap, another epoch, an unknown version, a heartbeat ahead of us, a change too large: refetch', () => {
  const unknown = { ...delta(5, 6), v: 2 } as unknown as CatalogChanged;
  for (const bad of [delta(6, 7), delta(7, 7), delta(5, 6, { epoch: 'other' }), delta(5, 6, { routing: null }), unknown]) {
    expect(applyDelta(start, bad)).toBe('refetch');
  }
});

import type { RoutingDeployment, RoutingRoute } from '@tollgate/contracts';
import { expect, test } from 'vitest';
import { timeoutsOf } from './timeouts-of.js';

const route = (ownTimeouts?: RoutingRoute['ownTimeouts']) =>
  ({ timeouts: { connectMs: 1, firstByteMs: 2, idleMs: 3, totalMs: 4 }, ownTimeouts }) as RoutingRoute;
const deployment = (timeouts?: RoutingDeployment['timeouts']) => ({ timeouts }) as RoutingDeployment;

test.each([
  ['nobody says anything', route(), deployment(), { connectMs: 1, firstByteMs: 2, idleMs: 3 }],
  ['the deployment says one', route(), deployment({ idleMs: 30 }), { connectMs: 1, firstByteMs: 2, idleMs: 30 }],
  [
    'both do: the route goes before',
    route(['idleMs']),
    deployment({ idleMs: 30, connectMs: 10 }),
    { connectMs: 10, firstByteMs: 2, idleMs: 3 },
  ],
])('%s', (_, one, other, expected) => {
  expect(timeoutsOf(one, other)).toEqual(expected);
});

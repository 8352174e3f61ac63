import type { RoutingDeployment, RoutingRoute, UpstreamCall } from '@tollgate/contracts';

/** How long an attempt may wait: what the route itself says, else the deployment (or its provider), else what routes have by default. */
export function timeoutsOf({ timeouts, ownTimeouts }: RoutingRoute, deployment: RoutingDeployment): UpstreamCall['timeouts'] {
  const { connectMs, firstByteMs, idleMs } = timeouts;
  const own = deployment.timeouts;
  if (own === undefined) return { connectMs, firstByteMs, idleMs };
  const of = (name: 'connectMs' | 'firstByteMs' | 'idleMs'): number =>
    ownTimeouts?.includes(name) === true ? timeouts[name] : (own[name] ?? timeouts[name]);
  return { connectMs: of('connectMs'), firstByteMs: of('firstByteMs'), idleMs: of('idleMs') };
}

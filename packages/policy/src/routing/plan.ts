import type { Dialect, Endpoint, RoutingDeployment, RoutingRoute } from '@tollgate/contracts';
import type { PreparedTarget, RoutingIndex } from './index-snapshot.js';
import { routeOfModel } from './route-of-model.js';

export interface CallIntent {
  /** As the caller wrote it. */
  readonly model: string;
  readonly organisationId: string;
  readonly endpoint: Endpoint;
  /** Dialect of the caller. */
  readonly dialect: Dialect;
}

export interface Plan {
  readonly ok: true;
  readonly route: RoutingRoute;
  /** In the order to be tried, at least one; after the last target it starts over, up to the route's `maxAttempts`. */
  readonly attempts: readonly RoutingDeployment[];
}

/** Why there is no attempt: no such name, or nobody behind it serves that endpoint in that dialect. */
export interface PlanRefusal {
  readonly ok: false;
  readonly reason: 'model_not_found' | 'endpoint_not_served';
}

const MODEL_NOT_FOUND: PlanRefusal = Object.freeze({ ok: false, reason: 'model_not_found' });
const ENDPOINT_NOT_SERVED: PlanRefusal = Object.freeze({ ok: false, reason: 'endpoint_not_served' });

/**
 * Which deployments to try, in which order. Within a priority each next one is drawn by weight among those that are left;
 * a later priority follows only when the earlier ones are used up. `random` gives numbers in [0, 1). Allocates the result
 * only.
 */
export function plan(index: RoutingIndex, intent: CallIntent, random: () => number): Plan | PlanRefusal {
  const prepared = routeOfModel(index, intent.organisationId, intent.model);
  if (prepared === undefined) return MODEL_NOT_FOUND;
  const { route, groups } = prepared;
  const attempts: RoutingDeployment[] = [];
  for (const group of groups) {
    if (attempts.length >= route.maxAttempts) break;
    drawByWeight(group.targets, intent, random, attempts);
  }
  const targets = attempts.length;
  if (targets === 0) return ENDPOINT_NOT_SERVED;
  if (targets > route.maxAttempts) attempts.length = route.maxAttempts;
  for (let i = targets; i < route.maxAttempts; i += 1) attempts.push(attempts[i - targets] as RoutingDeployment);
  return { ok: true, route, attempts };
}

/** Appends the group's usable deployments in an order drawn by weight, without putting back. */
function drawByWeight(
  targets: readonly PreparedTarget[],
  intent: CallIntent,
  random: () => number,
  attempts: RoutingDeployment[],
): void {
  const start = attempts.length;
  let weightLeft = 0;
  for (const target of targets) {
    if (!serves(target.deployment, intent)) continue;
    weightLeft += target.weight;
  }
  while (weightLeft > 0) {
    let point = random() * weightLeft;
    let drawn: PreparedTarget | undefined;
    for (const target of targets) {
      if (!serves(target.deployment, intent) || attempts.indexOf(target.deployment, start) >= 0) continue;
      drawn = target;
      point -= target.weight;
      if (point < 0) break;
    }
    if (drawn === undefined) return;
    attempts.push(drawn.deployment);
    weightLeft -= drawn.weight;
  }
}

function serves(deployment: RoutingDeployment, intent: CallIntent): boolean {
  for (const served of deployment.serves) {
    if (served.endpoint === intent.endpoint && served.dialect === intent.dialect) return true;
  }
  return false;
}

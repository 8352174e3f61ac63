import type { Dialect, Endpoint, FailureClass, RoutingDeployment, RoutingRoute } from '@tollgate/contracts';
import type { PreparedRoute, PreparedTarget, RoutingIndex } from './index-snapshot.js';
import { type Circumstances, orderTargets } from './order-targets.js';
import { routeOfModel } from './route-of-model.js';

export interface CallIntent {
  /** As the caller wrote it. */
  readonly model: string;
  readonly organisationId: string;
  readonly endpoint: Endpoint;
  /** Dialects in which a deployment may serve it: the caller's own, and those that it can be translated to. */
  readonly dialects: readonly Dialect[];
  /** May the caller use that model? Asked of fallbacks, which the caller has not named. */
  readonly modelAllowed: (model: string) => boolean;
}

/** Where a call goes that has failed in one of these ways. */
export interface PlannedFallback {
  readonly on: readonly FailureClass[];
  /** As the route names it. */
  readonly model: string;
  readonly route: RoutingRoute;
  readonly attempts: readonly RoutingDeployment[];
}

export interface Plan {
  readonly ok: true;
  readonly route: RoutingRoute;
  /** In the order to be tried, at least one; after the last target it starts over, up to the route's `maxAttempts`. */
  readonly attempts: readonly RoutingDeployment[];
  readonly fallbacks: readonly PlannedFallback[];
}

/** Why there is no attempt: no such name, or nobody behind it serves that endpoint in one of those dialects. */
export interface PlanRefusal {
  readonly ok: false;
  readonly reason: 'model_not_found' | 'endpoint_not_served';
}

const MODEL_NOT_FOUND: PlanRefusal = Object.freeze({ ok: false, reason: 'model_not_found' });
const ENDPOINT_NOT_SERVED: PlanRefusal = Object.freeze({ ok: false, reason: 'endpoint_not_served' });
const NO_FALLBACKS: readonly PlannedFallback[] = Object.freeze([]);

/**
 * Which deployments to try, in which order. Within a priority the route's strategy decides; a later priority follows only
 * when the earlier ones are used up. What is at its limits comes after that, and what has been failing last of all, so it is never left out altogether: the only
 * key of a provider is still better than none.
 */
export function plan(index: RoutingIndex, intent: CallIntent, circumstances: Circumstances): Plan | PlanRefusal {
  const prepared = routeOfModel(index, intent.organisationId, intent.model);
  if (prepared === undefined) return MODEL_NOT_FOUND;
  const attempts = attemptsOf(prepared, intent, circumstances);
  if (attempts.length === 0) return ENDPOINT_NOT_SERVED;
  const { route } = prepared;
  const fallbacks = route.fallbacks === undefined ? NO_FALLBACKS : fallbacksOf(index, prepared, intent, circumstances);
  return { ok: true, route, attempts, fallbacks };
}

function attemptsOf({ route, groups }: PreparedRoute, intent: CallIntent, circumstances: Circumstances): RoutingDeployment[] {
  const order: RoutingDeployment[] = [];
  const failing: PreparedTarget[] = [];
  const full: PreparedTarget[] = [];
  for (const { targets } of groups) {
    const left: PreparedTarget[] = [];
    for (const target of targets) {
      if (!serves(target.deployment, intent)) continue;
      if (!circumstances.health.usable(target.deployment, circumstances.now)) failing.push(target);
      else if (circumstances.health.isFull(target.deployment, circumstances.now)) full.push(target);
      else left.push(target);
    }
    orderTargets(route.strategy ?? 'weighted', left, circumstances, order);
  }
  if (full.length > 0) orderTargets('least_busy', full, circumstances, order);
  if (failing.length > 0) appendFailing(failing, circumstances, order);
  const targets = order.length;
  if (targets > route.maxAttempts) order.length = route.maxAttempts;
  else if (targets > 0) for (let i = targets; i < route.maxAttempts; i += 1) order.push(order[i - targets] as RoutingDeployment);
  return order;
}

/** The one that may be well again soonest goes first. */
function appendFailing(failing: PreparedTarget[], { health, now }: Circumstances, order: RoutingDeployment[]): void {
  failing.sort((a, b) => health.usableAt(a.deployment, now) - health.usableAt(b.deployment, now));
  for (const { deployment } of failing) order.push(deployment);
}

/** Of a fallback's own fallbacks none: a chain that ends is better than a circle. */
function fallbacksOf(
  index: RoutingIndex,
  { route }: PreparedRoute,
  intent: CallIntent,
  circumstances: Circumstances,
): PlannedFallback[] {
  const planned: PlannedFallback[] = [];
  for (const { on, model } of route.fallbacks ?? []) {
    const prepared = routeOfModel(index, intent.organisationId, model);
    if (prepared === undefined || prepared.route === route || !intent.modelAllowed(model)) continue;
    const attempts = attemptsOf(prepared, intent, circumstances);
    if (attempts.length > 0) planned.push({ on, model, route: prepared.route, attempts });
  }
  return planned;
}

/** It takes that endpoint, in a dialect that the call can be written in. */
export function serves(deployment: RoutingDeployment, intent: CallIntent): boolean {
  for (const served of deployment.serves) {
    if (served.endpoint === intent.endpoint && intent.dialects.includes(served.dialect)) return true;
  }
  return false;
}

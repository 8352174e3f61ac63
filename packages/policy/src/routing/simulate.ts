import type { FailureClass, RouteSimulation, RoutingDeployment, SimulatedRoute } from '@tollgate/contracts';
import { boundCost } from '../budgets/bound-cost.js';
import { fromNano } from '../budgets/nano.js';
import { concreteModel } from './concrete-model.js';
import { Course } from './course.js';
import type { PreparedRoute, RoutingIndex } from './index-snapshot.js';
import type { Circumstances } from './order-targets.js';
import { type CallIntent, type PlanRefusal, plan, serves } from './plan.js';
import { RetryBudget } from './retry-budget.js';
import { routeOfModel } from './route-of-model.js';

/** Classes that another attempt at the same model cannot help. */
const FINAL: readonly FailureClass[] = ['context_window', 'content_policy'];

/** What {@link plan} and {@link Course} would do with such a call, where its attempts failed like that; nothing is changed. */
export function simulate(
  index: RoutingIndex,
  intent: CallIntent,
  circumstances: Circumstances,
  failures: readonly FailureClass[],
): { readonly ok: true; readonly simulation: RouteSimulation } | PlanRefusal {
  const planned = plan(index, intent, circumstances);
  if (!planned.ok) return planned;
  const names = [intent.model, ...planned.fallbacks.map(({ model }) => model)];
  const routes = names.flatMap((name) => {
    const prepared = routeOfModel(index, intent.organisationId, name);
    return prepared === undefined ? [] : [viewOf(prepared, { ...intent, model: name }, circumstances)];
  });
  const course = new Course(planned);
  const retries = new RetryBudget(() => circumstances.now);
  const attempts: RouteSimulation['attempts'] = [];
  const tried = new Set<RoutingDeployment>();
  let route = course.route;
  let pauseMs: number | null = 0;
  for (let i = 0; pauseMs !== null; i += 1) {
    const { deployment } = course;
    const failure = failures[i] ?? null;
    const reason = i === 0 ? 'first' : course.route !== route ? 'fallback' : tried.has(deployment) ? 'same_again' : 'next_target';
    attempts.push({
      deployment_id: deployment.id,
      model: nameOf(deployment, course.model ?? intent.model),
      reason,
      pause_ms: Math.round(pauseMs),
      failure,
    });
    tried.add(deployment);
    route = course.route;
    if (failure === null) break;
    const failed = { failure, retryable: !FINAL.includes(failure), retryAfterMs: null, leftMs: route.timeouts.totalMs };
    pauseMs = course.advance(failed, retries, circumstances.random);
  }
  const outcome = pauseMs === null ? 'failed' : 'answered';
  return { ok: true, simulation: { routes, attempts, outcome } };
}

const nameOf = ({ provider, upstreamModel }: RoutingDeployment, asked: string): string =>
  `${provider}/${concreteModel(upstreamModel, provider, asked)}`;

function viewOf({ route, groups }: PreparedRoute, intent: CallIntent, { health, now, ...size }: Circumstances): SimulatedRoute {
  const priorities = new Map(route.targets.map(({ deploymentId, priority }) => [deploymentId, priority]));
  const targets = groups.flatMap((group) =>
    group.targets.map(({ deployment, weight }) => {
      const { id, price } = deployment;
      const usableAt = health.usableAt(deployment, now);
      const latencyMs = health.latencyMs(id, now);
      return {
        deployment_id: id,
        model: nameOf(deployment, intent.model),
        priority: priorities.get(id) ?? 0,
        weight,
        serves: serves(deployment, intent),
        usable: health.usable(deployment, now),
        usable_in_ms: Math.max(0, Math.ceil(usableAt - now)),
        in_flight: health.inFlight(id),
        latency_ms: latencyMs === 0 ? null : Math.round(latencyMs * 10) / 10,
        cost: price === null ? null : { amount: fromNano(boundCost(price, { ...size, audio: false })), currency: price.currency },
      };
    }),
  );
  const { id, model, strategy, maxAttempts } = route;
  return { id, model, strategy: strategy ?? 'weighted', attempts_max: maxAttempts, targets };
}

import type { CreateRoute, Page, PageQuery, RouteView, RoutingRoute } from '@tollgate/contracts';
import { TollgateError } from '@tollgate/kernel';
import { InvalidFieldsError } from '@tollgate/nest';
import type { Act } from '../audit/current-act.js';
import { noteChange } from '../audit/note-change.js';
import type { CatalogStore } from '../store/catalog-store.js';
import { ensureDeployment } from '../store/ensure-deployment.js';
import { putRoute } from '../store/put-route.js';
import type { Origin, Query } from '../store/session.js';
import { DEFAULT_MAX_ATTEMPTS, DEFAULT_TIMEOUTS } from '../views/route-defaults.js';
import { afterOf, pageOfRows } from './cursor.js';
import { assertOwn, notFound } from './refusals.js';

interface Row {
  readonly id: string;
  readonly model: string;
  readonly organisation_id: string | null;
  readonly targets: RouteView['targets'];
  readonly strategy: RouteView['strategy'];
  readonly fallbacks: RouteView['fallbacks'];
  readonly max_attempts: number;
  readonly timeouts: RoutingRoute['timeouts'];
  readonly listed: boolean;
  readonly origin: Origin;
  readonly created_at: Date;
}

/** Those of the caller's organisation and of the whole installation, nobody else's. */
const SELECT = `SELECT r.id, r.model, r.organisation_id, r.strategy, r.fallbacks, r.max_attempts, r.timeouts, r.listed, r.origin, r.created_at,
  (SELECT coalesce(json_agg(json_build_object('model', d.name, 'weight', t.weight, 'priority', t.priority) ORDER BY t.position), '[]')
     FROM catalog.route_targets t JOIN catalog.deployments d ON d.id = t.deployment_id WHERE t.route_id = r.id) AS targets
  FROM catalog.routes r WHERE (r.organisation_id IS NULL OR r.organisation_id = $1)`;

/** Sorts the same name of both owners apart. */
const KEY = `r.model || ' ' || r.id`;

export async function listRoutes(query: Query, organisationId: string, page: PageQuery): Promise<Page<RouteView>> {
  const rows = await query<Row>(`${SELECT} AND ${KEY} > $2 ORDER BY ${KEY} LIMIT $3`, [
    organisationId,
    afterOf(page),
    page.limit + 1,
  ]);
  return pageOfRows(rows, page, (row) => `${row.model} ${row.id}`, viewOf);
}

export async function readRoute(query: Query, organisationId: string, id: string): Promise<RouteView> {
  const [row] = await query<Row>(`${SELECT} AND r.id = $2`, [organisationId, id]);
  if (row === undefined) throw notFound('route');
  return viewOf(row);
}

export function createRoute(store: CatalogStore, act: Act, wish: CreateRoute): Promise<RouteView> {
  const { organisationId } = act;
  return store.write(async (session) => {
    const taken = await session.query('SELECT 1 FROM catalog.routes WHERE organisation_id = $1 AND model = $2', [
      organisationId,
      wish.model,
    ]);
    if (taken.length > 0) throw new TollgateError('conflict', `There is a route ${wish.model} already.`);
    const targets = [];
    for (const [index, target] of wish.targets.entries()) {
      const deploymentId = await ensureDeployment(session, target.model, 'api');
      if (deploymentId === null) {
        throw new InvalidFieldsError([{ pointer: `/targets/${index}/model`, detail: 'names a provider that is not there' }]);
      }
      targets.push({ deploymentId, priority: target.priority, weight: target.weight });
    }
    const id = await putRoute(session, {
      model: wish.model,
      organisationId,
      targets,
      strategy: wish.strategy,
      fallbacks: wish.fallbacks,
      maxAttempts: wish.retries === undefined ? Math.min(Math.max(DEFAULT_MAX_ATTEMPTS, targets.length), 10) : wish.retries + 1,
      timeouts: {
        connectMs: wish.timeouts?.connect_ms ?? DEFAULT_TIMEOUTS.connectMs,
        firstByteMs: wish.timeouts?.first_byte_ms ?? DEFAULT_TIMEOUTS.firstByteMs,
        idleMs: wish.timeouts?.idle_ms ?? DEFAULT_TIMEOUTS.idleMs,
        totalMs: wish.timeouts?.total_ms ?? DEFAULT_TIMEOUTS.totalMs,
      },
      listed: wish.listed,
      origin: 'api',
    });
    const route = await readRoute(session.query, organisationId, id);
    await noteChange(session, act, { action: 'route.created', target: targetOf(route), before: null, after: auditViewOf(route) });
    return route;
  });
}

export function deleteRoute(store: CatalogStore, act: Act, id: string): Promise<void> {
  return store.write(async (session) => {
    const route = await readRoute(session.query, act.organisationId, id);
    assertOwn(route.origin, `route ${route.model}`);
    await session.query('DELETE FROM catalog.routes WHERE id = $1', [id]);
    await noteChange(session, act, { action: 'route.deleted', target: targetOf(route), before: auditViewOf(route), after: null });
  });
}

const targetOf = ({ id, model }: RouteView) => ({ type: 'route', id, name: model });
const auditViewOf = ({ model, targets, strategy, fallbacks, retries, timeouts, listed }: RouteView) => ({
  model,
  targets,
  strategy,
  fallbacks,
  retries,
  timeouts,
  listed,
});

const viewOf = (row: Row): RouteView => ({
  id: row.id,
  model: row.model,
  organisation_id: row.organisation_id,
  targets: row.targets,
  strategy: row.strategy,
  fallbacks: row.fallbacks,
  retries: row.max_attempts - 1,
  timeouts: {
    connect_ms: row.timeouts.connectMs,
    first_byte_ms: row.timeouts.firstByteMs,
    idle_ms: row.timeouts.idleMs,
    total_ms: row.timeouts.totalMs,
  },
  listed: row.listed,
  origin: row.origin,
  created_at: row.created_at.toISOString(),
});

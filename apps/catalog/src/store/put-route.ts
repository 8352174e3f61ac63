import type { RouteFallback, RouteStrategy, RoutingRoute } from '@tollgate/contracts';
import type { Origin, WriteSession } from './session.js';

export interface RouteSpec {
  readonly model: string;
  readonly organisationId: string | null;
  readonly targets: readonly { readonly deploymentId: string; readonly priority: number; readonly weight: number }[];
  readonly strategy: RouteStrategy;
  readonly fallbacks: readonly RouteFallback[];
  readonly maxAttempts: number;
  readonly timeouts: RoutingRoute['timeouts'];
  readonly listed: boolean;
  readonly origin: Origin;
}

/** Makes or replaces the route of that name; answers its id. */
export async function putRoute(session: WriteSession, spec: RouteSpec): Promise<string> {
  const rows = await session.query<{ id: string }>(
    `INSERT INTO catalog.routes (id, model, organisation_id, strategy, fallbacks, max_attempts, timeouts, listed, origin, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     ON CONFLICT (coalesce(organisation_id, ''), model) DO UPDATE SET strategy = excluded.strategy, fallbacks = excluded.fallbacks,
       max_attempts = excluded.max_attempts, timeouts = excluded.timeouts, listed = excluded.listed, origin = excluded.origin
     RETURNING id`,
    [
      session.newId('route'),
      spec.model,
      spec.organisationId,
      spec.strategy,
      JSON.stringify(spec.fallbacks),
      spec.maxAttempts,
      JSON.stringify(spec.timeouts),
      spec.listed,
      spec.origin,
      session.now,
    ],
  );
  const { id } = rows[0] as { id: string };
  await session.query('DELETE FROM catalog.route_targets WHERE route_id = $1', [id]);
  await session.query(
    `INSERT INTO catalog.route_targets (route_id, position, deployment_id, priority, weight)
     SELECT $1, position, deployment_id, priority, weight
       FROM jsonb_to_recordset($2::jsonb) AS r(position integer, deployment_id text, priority integer, weight integer)`,
    [
      id,
      JSON.stringify(
        spec.targets.map(({ deploymentId, priority, weight }, position) => ({
          position,
          deployment_id: deploymentId,
          priority,
          weight,
        })),
      ),
    ],
  );
  return id;
}

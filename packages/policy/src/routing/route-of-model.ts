import type { RoutingRoute } from '@tollgate/contracts';
import type { PreparedRoute, RouteTable, RoutingIndex } from './index-snapshot.js';

/**
 * The route of a name as a caller writes it: an organisation's own before the shared one, an exact name before
 * `provider/*`. The prefix of a wildcard ends at the first slash.
 */
export function routeOfModel(index: RoutingIndex, organisationId: string, model: string): PreparedRoute | undefined {
  const own = index.byOrganisation.size === 0 ? undefined : index.byOrganisation.get(organisationId);
  const exact = own?.exact.get(model) ?? index.shared.exact.get(model);
  if (exact !== undefined) return exact;
  const slash = model.indexOf('/');
  if (slash <= 0 || slash === model.length - 1) return undefined;
  const prefix = model.slice(0, slash);
  return own?.wildcard.get(prefix) ?? index.shared.wildcard.get(prefix);
}

/** The routes that an organisation sees in GET /v1/models, by name; one of its own hides the shared one of that name. */
export function visibleRoutes(index: RoutingIndex, organisationId: string): RoutingRoute[] {
  const byName = new Map<string, RoutingRoute>();
  collect(index.shared, byName);
  const own = index.byOrganisation.get(organisationId);
  if (own !== undefined) collect(own, byName);
  return [...byName.values()].filter((route) => route.listed).sort((a, b) => (a.model < b.model ? -1 : 1));
}

function collect(table: RouteTable, byName: Map<string, RoutingRoute>): void {
  for (const { route } of table.exact.values()) byName.set(route.model, route);
}

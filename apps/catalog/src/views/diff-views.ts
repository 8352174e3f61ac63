import type { CatalogChanged } from '@tollgate/contracts';
import type { CatalogViews } from './load-views.js';

interface Identified {
  readonly id: string;
}

/** What leads from one state to the next, or null where neither view has changed. The revisions are those of the two states. */
export function diffViews(before: CatalogViews, after: CatalogViews): CatalogChanged | null {
  const deployments = diff(before.routing.deployments, after.routing.deployments);
  const routes = diff(before.routing.routes, after.routing.routes);
  const quiet = [deployments.changed, deployments.removed, routes.changed, routes.removed].every((list) => list.length === 0);
  if (quiet && upstreamsText(before) === upstreamsText(after)) return null;
  return {
    v: 1,
    epoch: after.routing.epoch,
    from: before.routing.revision,
    to: after.routing.revision,
    routing: {
      deployments: deployments.changed,
      routes: routes.changed,
      removedDeployments: deployments.removed,
      removedRoutes: routes.removed,
    },
  };
}

function diff<T extends Identified>(before: readonly T[], after: readonly T[]): { changed: T[]; removed: string[] } {
  const old = new Map(before.map((item) => [item.id, JSON.stringify(item)]));
  const kept = new Set(after.map((item) => item.id));
  return {
    changed: after.filter((item) => old.get(item.id) !== JSON.stringify(item)),
    removed: before.filter((item) => !kept.has(item.id)).map((item) => item.id),
  };
}

const upstreamsText = ({ upstreams }: CatalogViews): string =>
  JSON.stringify([upstreams.providers, upstreams.deployments, upstreams.credentials]);

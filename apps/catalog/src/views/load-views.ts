import {
  type Credential,
  type CredentialCheck,
  CredentialSchema,
  type ModelLimits,
  type Price,
  type ProviderAuth,
  type RoutingDeployment,
  type RoutingRoute,
  type RoutingSnapshot,
  type TimeoutsWish,
  type UpstreamProvider,
  type UpstreamsSnapshot,
} from '@tollgate/contracts';
import { joinPrices, PRICE_NOW } from '../store/price-now.js';
import type { Query } from '../store/session.js';
import { ownTimeoutsOf, timeoutsOf } from './read-timeouts.js';
import { DEFAULT_MAX_ATTEMPTS, DEFAULT_TIMEOUTS } from './route-defaults.js';

/** The catalogue as the other services see it, at one revision. */
export interface CatalogViews {
  readonly routing: RoutingSnapshot;
  readonly upstreams: UpstreamsSnapshot;
}

export interface ProviderRow {
  readonly id: string;
  readonly name: string;
  readonly base_url: string;
  readonly auth: ProviderAuth;
  readonly serves: UpstreamProvider['serves'];
  readonly headers: Record<string, string>;
  readonly quirks: string[];
  readonly allow_private_network: boolean;
  readonly credential_id: string | null;
  readonly timeouts: TimeoutsWish;
  readonly credential_check: CredentialCheck | null;
}
export interface CredentialRow {
  readonly id: string;
  readonly source: Credential['source'];
  readonly variable: string | null;
  readonly key_id: string | null;
  readonly sealed: string | null;
}
/** One that is in use. */
interface KeyRow {
  readonly id: string;
  readonly provider_id: string;
  readonly weight: number;
}
interface DeploymentRow {
  readonly id: string;
  readonly name: string;
  readonly provider_id: string;
  readonly credential_id: string | null;
  readonly upstream_model: string;
  readonly context_tokens: number | null;
  readonly max_output_tokens: number | null;
  readonly price: Price | null;
  readonly limits: ModelLimits;
  readonly weight: number;
  readonly timeouts: TimeoutsWish;
  readonly listed: boolean;
  readonly created: string;
}
interface RouteRow {
  readonly id: string;
  readonly model: string;
  readonly organisation_id: string | null;
  readonly strategy: NonNullable<RoutingRoute['strategy']>;
  readonly fallbacks: NonNullable<RoutingRoute['fallbacks']>;
  readonly max_attempts: number;
  readonly timeouts: RoutingRoute['timeouts'];
  readonly listed: boolean;
  readonly created: string;
  readonly targets: { readonly deployment_id: string; readonly priority: number; readonly weight: number }[];
}

/**
 * Builds both views from the tables as the transaction sees them. Only what can be called is in them: an active provider, a
 * deployment with a credential, a route with a target. Each deployment is a route of its own name, unless somebody has made
 * a route of that name.
 */
export async function loadViews(query: Query, epoch: string, revision: number, now: Date): Promise<CatalogViews> {
  const providerRows = await query<ProviderRow>(
    `SELECT id, name, base_url, auth, serves, headers, quirks, allow_private_network, credential_id, timeouts,
            credential_check
       FROM catalog.providers WHERE active ORDER BY id`,
  );
  const credentialRows = await query<CredentialRow>(
    'SELECT id, source, variable, key_id, sealed FROM catalog.credentials ORDER BY id',
  );
  // The provider's own key first: it keeps the deployment's id.
  const keyRows = await query<KeyRow>(
    `SELECT c.id, c.provider_id, c.weight FROM catalog.credentials c JOIN catalog.providers p ON p.id = c.provider_id
      WHERE p.credential_id = c.id OR c.pooled ORDER BY p.credential_id IS DISTINCT FROM c.id, c.id`,
  );
  const deploymentRows = await query<DeploymentRow>(
    `SELECT d.id, d.name, d.provider_id, d.credential_id, d.upstream_model,
            m.context_tokens, m.max_output_tokens, ${PRICE_NOW} AS price, d.limits, d.weight, d.timeouts, d.listed,
            floor(extract(epoch FROM d.created_at))::bigint AS created
       FROM catalog.deployments d
       JOIN catalog.providers p ON p.id = d.provider_id AND p.active
       LEFT JOIN catalog.model_definitions m ON m.id = d.model_id
       ${joinPrices('$1')}
      WHERE d.active AND coalesce(d.credential_id, p.credential_id) IS NOT NULL ORDER BY d.id`,
    [now],
  );
  const routeRows = await query<RouteRow>(
    `SELECT r.id, r.model, r.organisation_id, r.strategy, r.fallbacks, r.max_attempts, r.timeouts, r.listed,
            floor(extract(epoch FROM r.created_at))::bigint AS created,
            (SELECT coalesce(json_agg(t ORDER BY t.position), '[]') FROM catalog.route_targets t WHERE t.route_id = r.id) AS targets
       FROM catalog.routes r ORDER BY r.id`,
  );
  const providers = new Map(providerRows.map((row) => [row.id, row]));
  const keys = Map.groupBy(keyRows, (row) => row.provider_id);
  const served = deploymentRows.flatMap((row) => behindKeys(row, keys.get(row.provider_id) ?? []));
  const deployments = served.map((each) => routingDeployment(each, providers.get(each.row.provider_id) as ProviderRow));
  const byModel = Map.groupBy(served, ({ row }) => row.id);
  const routes = routeRows.flatMap((row) => routingRoute(row, byModel));
  const named = new Set(routes.filter((route) => route.organisationId === null).map((route) => route.model));
  const own = [...byModel.values()]
    .filter(([first]) => first !== undefined && !named.has(first.row.name))
    .map((each) => routeOfDeployment(each, providers));
  return {
    routing: { v: 1, view: 'routing', epoch, revision, deployments, routes: [...routes, ...own] },
    upstreams: {
      v: 1,
      view: 'upstreams',
      epoch,
      revision,
      providers: providerRows.map(upstreamProvider),
      deployments: served.map(({ id, credentialId, row }) => ({
        id,
        providerId: row.provider_id,
        credentialId,
        upstreamModel: row.upstream_model,
      })),
      credentials: credentialRows.map(credentialOf),
    },
  };
}

/** A deployment behind one key of its provider. */
interface Served {
  /** The deployment's own behind the first key, so that a second one changes nothing for the first. */
  readonly id: string;
  readonly row: DeploymentRow;
  readonly credentialId: string;
  readonly weight: number;
  readonly pooled: boolean;
}

function behindKeys(row: DeploymentRow, keys: readonly KeyRow[]): Served[] {
  if (row.credential_id !== null) {
    return [{ id: row.id, row, credentialId: row.credential_id, weight: row.weight, pooled: false }];
  }
  return keys.map(({ id, weight }, i) => ({
    id: i === 0 ? row.id : `${row.id}.${id}`,
    row,
    credentialId: id,
    weight: row.weight * weight,
    pooled: keys.length > 1,
  }));
}

function routingDeployment({ id, row, credentialId, pooled }: Served, provider: ProviderRow): RoutingDeployment {
  const { concurrent_calls, requests_per_minute } = row.limits;
  const timeouts = timeoutsOf(provider.timeouts, row.timeouts);
  return {
    id,
    provider: provider.name,
    upstreamModel: row.upstream_model,
    serves: provider.serves.map(({ endpoint, dialect }) => ({ endpoint, dialect })),
    contextTokens: row.context_tokens,
    maxOutputTokens: row.max_output_tokens,
    price: row.price,
    credentialId,
    ...(pooled ? { pool: row.id } : {}),
    ...(timeouts === undefined ? {} : { timeouts }),
    ...(concurrent_calls === undefined && requests_per_minute === undefined
      ? {}
      : {
          limits: {
            ...(concurrent_calls === undefined ? {} : { concurrentCalls: concurrent_calls }),
            ...(requests_per_minute === undefined ? {} : { requestsPerMinute: requests_per_minute }),
          },
        }),
  };
}

function routingRoute(row: RouteRow, byModel: ReadonlyMap<string, readonly Served[]>): RoutingRoute[] {
  const targets = row.targets.flatMap(({ deployment_id, priority, weight }) =>
    (byModel.get(deployment_id) ?? []).map((served) => ({ deploymentId: served.id, priority, weight: weight * served.weight })),
  );
  if (targets.length === 0) return [];
  const { id, model, strategy, fallbacks, timeouts, listed } = row;
  const ownTimeouts = ownTimeoutsOf(timeouts);
  return [
    {
      id,
      model,
      organisationId: row.organisation_id,
      targets,
      strategy,
      ...(fallbacks.length === 0 ? {} : { fallbacks }),
      maxAttempts: row.max_attempts,
      timeouts,
      ...(ownTimeouts.length === 0 ? {} : { ownTimeouts }),
      created: Number(row.created),
      listed,
    },
  ];
}

function routeOfDeployment(served: readonly Served[], providers: ReadonlyMap<string, ProviderRow>): RoutingRoute {
  const { row } = served[0] as Served;
  const totalMs = timeoutsOf(providers.get(row.provider_id)?.timeouts ?? {}, row.timeouts)?.totalMs;
  return {
    id: `route_${row.id.slice(row.id.indexOf('_') + 1)}`,
    model: row.name,
    organisationId: null,
    targets: served.map(({ id, weight }) => ({ deploymentId: id, priority: 0, weight })),
    maxAttempts: DEFAULT_MAX_ATTEMPTS,
    timeouts: totalMs === undefined ? DEFAULT_TIMEOUTS : { ...DEFAULT_TIMEOUTS, totalMs },
    created: Number(row.created),
    listed: row.listed,
  };
}

export const upstreamProvider = (row: ProviderRow): UpstreamProvider => ({
  id: row.id,
  name: row.name,
  baseUrl: row.base_url,
  auth: row.auth,
  serves: row.serves,
  headers: row.headers,
  quirks: row.quirks,
  allowPrivateNetwork: row.allow_private_network,
  ...(row.credential_check === null ? {} : { check: row.credential_check }),
});

/** The table's checks and this schema say the same: a row that is neither of the three kinds must not pass on. */
export const credentialOf = (row: CredentialRow): Credential =>
  CredentialSchema.parse({ id: row.id, source: row.source, variable: row.variable, keyId: row.key_id, sealed: row.sealed });

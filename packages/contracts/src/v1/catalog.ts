import { z } from 'zod';
import { DialectSchema, EndpointSchema } from './upstream.js';
import { PriceSchema } from './usage.js';

/**
 * How the targets of one priority share calls. weighted: drawn by weight. affinity: by weight too, but calls with the same
 * affinity key go to the same target, where the provider's prompt cache is warm. least_busy: the fewest calls under way for
 * its weight. latency: of two drawn by weight the one that begins to answer sooner. cost: the cheapest for the size of the call.
 */
export const ROUTE_STRATEGIES = ['weighted', 'affinity', 'least_busy', 'latency', 'cost'] as const;
export const RouteStrategySchema = z.enum(ROUTE_STRATEGIES);
export type RouteStrategy = z.infer<typeof RouteStrategySchema>;

/** What an attempt failed by, as far as it matters for where to go next. */
export const FAILURE_CLASSES = [
  'context_window',
  'content_policy',
  'rate_limit',
  'overloaded',
  'server_error',
  'timeout',
  'unreachable',
  'authentication',
  'not_found',
] as const;
export const FailureClassSchema = z.enum(FAILURE_CLASSES);
export type FailureClass = z.infer<typeof FailureClassSchema>;

/** Another route for calls that fail in one of these ways; tried in the order of the list, each once. */
export const RouteFallbackSchema = z.object({ on: z.array(FailureClassSchema).min(1), model: z.string() });
export type RouteFallback = z.infer<typeof RouteFallbackSchema>;

const milliseconds = z.int().positive();
const limit = z.int().positive();

/** What a deployment asks of those who call it; more than that goes elsewhere first. Each router counts for itself. */
export const DeploymentLimitsSchema = z.object({
  concurrentCalls: limit.optional(),
  requestsPerMinute: limit.optional(),
});
export type DeploymentLimits = z.infer<typeof DeploymentLimitsSchema>;

/** Milliseconds: to a connection, to the first byte, between two pieces, for the whole call. */
export const TimeoutsSchema = z.object({
  connectMs: milliseconds,
  firstByteMs: milliseconds,
  idleMs: milliseconds,
  totalMs: milliseconds,
});
export type Timeouts = z.infer<typeof TimeoutsSchema>;
export const TIMEOUT_NAMES = ['connectMs', 'firstByteMs', 'idleMs', 'totalMs'] as const satisfies readonly (keyof Timeouts)[];

/** What a router needs of a deployment. `upstreamModel` `*` = the caller's own model name without the provider prefix. */
export const RoutingDeploymentSchema = z.object({
  id: z.string(),
  provider: z.string(),
  upstreamModel: z.string(),
  serves: z.array(z.object({ endpoint: EndpointSchema, dialect: DialectSchema })),
  contextTokens: z.int().positive().nullable(),
  maxOutputTokens: z.int().positive().nullable(),
  price: PriceSchema.nullable(),
  /** Deployments with the same credential fail together where it is the credential that fails. Absent = one of its own. */
  credentialId: z.string().optional(),
  /** Deployments of one pool are the same model behind several keys: calls that belong together keep to one of them. */
  pool: z.string().optional(),
  /** Its own, or its provider's; they go before what a route has by default. */
  timeouts: TimeoutsSchema.partial().optional(),
  limits: DeploymentLimitsSchema.optional(),
});
export type RoutingDeployment = z.infer<typeof RoutingDeploymentSchema>;

/** A name that callers use: an alias, `provider/model`, or `provider/*`. Targets of one priority share by weight; a higher number is a later fallback. */
export const RoutingRouteSchema = z.object({
  id: z.string(),
  model: z.string(),
  /** null = every organisation. */
  organisationId: z.string().nullable(),
  targets: z.array(z.object({ deploymentId: z.string(), priority: z.int().nonnegative(), weight: z.int().positive() })).min(1),
  /** Attempts in all, the first included; those of a fallback are its own route's. */
  maxAttempts: z.int().min(1).max(10),
  /** Absent = weighted. */
  strategy: RouteStrategySchema.optional(),
  fallbacks: z.array(RouteFallbackSchema).max(8).optional(),
  timeouts: TimeoutsSchema,
  /** Those of them that the route itself says: they go before a deployment's own. */
  ownTimeouts: z.array(z.enum(TIMEOUT_NAMES)).optional(),
  /** Seconds since the epoch, for `created` in GET /v1/models. */
  created: z.int(),
  /** Shown by GET /v1/models (wildcards are not). */
  listed: z.boolean(),
});
export type RoutingRoute = z.infer<typeof RoutingRouteSchema>;

/** `epoch` changes when revisions start anew (another database): a reader then takes the whole. */
export const RoutingSnapshotSchema = z.object({
  v: z.literal(1),
  view: z.literal('routing'),
  epoch: z.string(),
  revision: z.int().nonnegative(),
  deployments: z.array(RoutingDeploymentSchema),
  routes: z.array(RoutingRouteSchema),
});
export type RoutingSnapshot = z.infer<typeof RoutingSnapshotSchema>;

/** A credential as the catalogue keeps it: sealed to the adapters' key, or a name in the adapters' own environment. */
export const CredentialSchema = z.discriminatedUnion('source', [
  z.object({ id: z.string(), source: z.literal('none') }),
  z.object({ id: z.string(), source: z.literal('environment'), variable: z.string() }),
  z.object({ id: z.string(), source: z.literal('sealed'), keyId: z.string(), sealed: z.string() }),
]);
export type Credential = z.infer<typeof CredentialSchema>;

/**
 * How a provider wants its credential: a closed union, each with one writer in provider-adapters, which refuses a kind that
 * it cannot write yet. `sigv4`: AWS Signature Version 4 for that service and region. `google`: bearer of an OAuth token that a
 * service account's key buys. `azure`: a key in the header `api-key`, or a bearer that client credentials of Entra buy.
 */
export const ProviderAuthSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('none') }),
  z.object({ type: z.literal('bearer') }),
  z.object({ type: z.literal('header'), header: z.string() }),
  z.object({ type: z.literal('sigv4'), service: z.string(), region: z.string() }),
  z.object({ type: z.literal('google'), scope: z.string() }),
  z.object({ type: z.literal('azure'), scope: z.string() }),
]);
export type ProviderAuth = z.infer<typeof ProviderAuthSchema>;

/** A call that costs nothing and by which a provider tells a good key from a bad one. */
export const CredentialCheckSchema = z.object({
  method: z.literal('GET'),
  /** Appended to the base URL. */
  path: z.string(),
  /** The status of a good key. */
  expect: z.int(),
  /** Statuses of a bad key where they are not 401 and 403 alone. */
  refuses: z.array(z.int()).optional(),
  /** false: somebody may be answered without any key, so a good answer says something only where one without a key is refused. */
  asksForKey: z.boolean().optional(),
});
export type CredentialCheck = z.infer<typeof CredentialCheckSchema>;

export const UpstreamProviderSchema = z.object({
  id: z.string(),
  name: z.string(),
  /** `demo:` answers inside the adapter, without network. */
  baseUrl: z.string(),
  auth: ProviderAuthSchema,
  /** `{model}` in a path is the upstream's name of the model; `streamPath` is taken for a streamed answer where there is one. */
  serves: z.array(
    z.object({ endpoint: EndpointSchema, dialect: DialectSchema, path: z.string(), streamPath: z.string().optional() }),
  ),
  headers: z.record(z.string(), z.string()),
  quirks: z.array(z.string()),
  /** An administrator has allowed loopback and private addresses for it. */
  allowPrivateNetwork: z.boolean(),
  /** By which its keys can be tried; absent = nobody knows one. */
  check: CredentialCheckSchema.optional(),
});
export type UpstreamProvider = z.infer<typeof UpstreamProviderSchema>;

/** What an adapter needs. */
export const UpstreamsSnapshotSchema = z.object({
  v: z.literal(1),
  view: z.literal('upstreams'),
  epoch: z.string(),
  revision: z.int().nonnegative(),
  providers: z.array(UpstreamProviderSchema),
  deployments: z.array(z.object({ id: z.string(), providerId: z.string(), credentialId: z.string(), upstreamModel: z.string() })),
  credentials: z.array(CredentialSchema),
});
export type UpstreamsSnapshot = z.infer<typeof UpstreamsSnapshotSchema>;

export const SnapshotRequestSchema = z.object({ v: z.literal(1), view: z.enum(['routing', 'upstreams']) });
export type SnapshotRequest = z.infer<typeof SnapshotRequestSchema>;

const removed = z.array(z.string());
/**
 * A new revision, or (`from` = `to`, nothing inside) the heartbeat of every 2 s. It holds whole objects as they are at `to`, so a reader applies it where
 * its own revision is from `from` up to `to`, and ignores it where it is at `to` or beyond (another replica's, a late one). A reader whose revision is
 * below `from`, whose epoch differs, or who does not know the version refetches the whole and keeps the old one until then.
 */
export const CatalogChangedSchema = z.object({
  v: z.literal(1),
  epoch: z.string(),
  from: z.int().nonnegative(),
  to: z.int().nonnegative(),
  /** null = too large to send: refetch. */
  routing: z
    .object({
      deployments: z.array(RoutingDeploymentSchema),
      routes: z.array(RoutingRouteSchema),
      removedDeployments: removed,
      removedRoutes: removed,
    })
    .nullable(),
});
export type CatalogChanged = z.infer<typeof CatalogChangedSchema>;

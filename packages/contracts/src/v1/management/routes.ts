import { z } from 'zod';
import { FailureClassSchema, RouteStrategySchema } from '../catalog.js';
import { RouteSimulationSchema } from '../simulate.js';
import { DialectSchema, EndpointSchema } from '../upstream.js';
import { lineOf } from './line.js';
import { defineOperations } from './operation.js';
import { PageQuerySchema, pageOf } from './page.js';
import { CatalogOriginSchema } from './providers.js';
import { TimeoutsWishSchema } from './timeouts.js';

export const RouteIdSchema = z.string().regex(/^route_[0-9a-z]{26}$/, 'must be the id of a route (route_...)');

const TargetSchema = z.object({
  /** `provider/model` */
  model: z.string().regex(/^[^/\s\p{Cc}\p{Cs}]{1,64}\/[^\s*\p{Cc}\p{Cs}]{1,200}$/u, 'must be provider/model'),
  /** Times the weight of the deployment itself, and of its key where there are several. */
  weight: z.int().min(1).max(1_000).default(1),
  /** A higher number is a later fallback. */
  priority: z.int().min(0).max(100).default(0),
});

const FallbackSchema = z.strictObject({
  on: z.array(FailureClassSchema).min(1).max(9),
  /** A name that callers could send themselves. */
  model: z.string().regex(/^[^\s*\p{Cc}\p{Cs}]{1,200}$/u, 'must be the name of a model or of another route'),
});

export const CreateRouteSchema = z.strictObject({
  /** The name that callers send. */
  model: z.string().regex(/^[^\s*\p{Cc}\p{Cs}]{1,200}$/u, 'must be a name without spaces and stars'),
  targets: z.array(TargetSchema).min(1).max(50),
  /** How the targets of one priority share calls. */
  strategy: RouteStrategySchema.default('weighted'),
  /** Another model for calls that fail in one of these ways: for a context window or a content policy at once, else once the targets are used up. */
  fallbacks: z.array(FallbackSchema).max(8).default([]),
  /** Further attempts after the first. */
  retries: z.int().min(0).max(9).optional(),
  /** What is left out is the deployment's, the provider's, or the default. */
  timeouts: TimeoutsWishSchema.optional(),
  listed: z.boolean().default(true),
});
export type CreateRoute = z.infer<typeof CreateRouteSchema>;

export const RouteViewSchema = z.object({
  id: z.string(),
  model: z.string(),
  /** null = of the whole installation. */
  organisation_id: z.string().nullable(),
  targets: z.array(z.object({ model: z.string(), weight: z.int(), priority: z.int() })),
  strategy: RouteStrategySchema,
  fallbacks: z.array(z.object({ on: z.array(FailureClassSchema), model: z.string() })),
  retries: z.int(),
  timeouts: z.object({ connect_ms: z.int(), first_byte_ms: z.int(), idle_ms: z.int(), total_ms: z.int() }),
  listed: z.boolean(),
  origin: CatalogOriginSchema,
  created_at: z.string(),
});
export type RouteView = z.infer<typeof RouteViewSchema>;

const tokens = z.int().min(0).max(1_000_000_000);
export const SimulateRouteSchema = z.strictObject({
  /** As a caller would name it. */
  model: lineOf(256),
  endpoint: EndpointSchema.default('chat.completions'),
  /** Of the caller. */
  dialect: DialectSchema.default('openai-chat'),
  input_tokens: tokens.default(1_000),
  output_tokens: tokens.default(500),
  /** What keeps calls together at one target or key: any text, the same for those that belong together. */
  affinity_key: lineOf(256).optional(),
  /** What the attempts are assumed to fail by, one after the other. */
  failures: z.array(FailureClassSchema).max(12).default([]),
});
export type SimulateRoute = z.infer<typeof SimulateRouteSchema>;

const route = { service: 'catalog', tag: 'routes' } as const;

export const ROUTE_OPERATIONS = defineOperations({
  listRoutes: {
    ...route,
    method: 'GET',
    path: '/api/v1/routes',
    permission: 'admin:routes:read',
    summary: 'List the aliases that the organisation can call, by name',
    query: PageQuerySchema,
    answer: { status: 200, description: 'A page of routes', schema: pageOf(RouteViewSchema) },
  },
  createRoute: {
    ...route,
    method: 'POST',
    path: '/api/v1/routes',
    permission: 'admin:routes:write',
    summary: 'Make an alias for one model or several, for the callers of the organisation',
    body: CreateRouteSchema,
    answer: { status: 201, description: 'The route', schema: RouteViewSchema },
    errors: ['conflict'],
  },
  simulateRoute: {
    ...route,
    method: 'POST',
    path: '/api/v1/routes/simulate',
    permission: 'admin:routes:read',
    asks: true,
    summary: 'See where a call would go, and why',
    description:
      'A router answers by what it knows at that moment: prices, what has been failing, how busy and how fast each target is. Nothing is called.',
    body: SimulateRouteSchema,
    answer: { status: 200, description: 'What would be tried', schema: RouteSimulationSchema },
    errors: ['model_not_found', 'gateway_unavailable'],
  },
  getRoute: {
    ...route,
    method: 'GET',
    path: '/api/v1/routes/{id}',
    permission: 'admin:routes:read',
    summary: 'Read an alias',
    answer: { status: 200, description: 'The route', schema: RouteViewSchema },
    errors: ['not_found'],
  },
  deleteRoute: {
    ...route,
    method: 'DELETE',
    path: '/api/v1/routes/{id}',
    permission: 'admin:routes:write',
    summary: 'Delete an alias',
    answer: { status: 204, description: 'Deleted', schema: null },
    errors: ['not_found', 'conflict'],
  },
});

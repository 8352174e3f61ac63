import { z } from 'zod';
import { FAILURE_CLASSES, FailureClassSchema, RouteStrategySchema } from './catalog.js';
import { DialectSchema, EndpointSchema } from './upstream.js';
import { MoneySchema } from './usage.js';

/** Asks a router what it would do with a call, by what it knows now. Nothing is called, nothing is counted. */
export const RouteSimulateRequestSchema = z.object({
  v: z.literal(1),
  organisationId: z.string(),
  model: z.string(),
  endpoint: EndpointSchema,
  dialect: DialectSchema,
  inputTokens: z.int().nonnegative(),
  outputTokens: z.int().nonnegative(),
  affinityKey: z.string().nullable(),
  /** What the attempts fail by, one after the other; after the last the call is answered. */
  failures: z.array(FailureClassSchema),
});
export type RouteSimulateRequest = z.infer<typeof RouteSimulateRequestSchema>;

/** Why an attempt goes where it goes. */
export const ATTEMPT_REASONS = ['first', 'next_target', 'same_again', 'fallback'] as const;

const SimulatedTargetSchema = z.object({
  deployment_id: z.string(),
  /** `provider/model` */
  model: z.string(),
  priority: z.int(),
  weight: z.int(),
  /** It can take the call: endpoint and dialect. */
  serves: z.boolean(),
  /** false = it has been failing, and is asked last until then. */
  usable: z.boolean(),
  usable_in_ms: z.int(),
  /** Calls of this router that are under way there. */
  in_flight: z.int(),
  /** Recent time to the first byte; null = not known. */
  latency_ms: z.number().nullable(),
  /** Bound for a call of this size; null = no price. */
  cost: MoneySchema.nullable(),
});
export type SimulatedTarget = z.infer<typeof SimulatedTargetSchema>;

export const SimulatedRouteSchema = z.object({
  id: z.string(),
  model: z.string(),
  strategy: RouteStrategySchema,
  /** Attempts in all, the first included. */
  attempts_max: z.int(),
  targets: z.array(SimulatedTargetSchema),
});
export type SimulatedRoute = z.infer<typeof SimulatedRouteSchema>;

export const RouteSimulationSchema = z.object({
  /** The route of that name, then those of its fallbacks that the call could take. */
  routes: z.array(SimulatedRouteSchema),
  /** What would be tried, in this order. */
  attempts: z.array(
    z.object({
      deployment_id: z.string(),
      model: z.string(),
      reason: z.enum(ATTEMPT_REASONS),
      /** Pause before it; drawn anew for each call. */
      pause_ms: z.int(),
      /** What it is assumed to fail by; null = it answers. */
      failure: z.enum(FAILURE_CLASSES).nullable(),
    }),
  ),
  /** failed: the last failure would be the answer. */
  outcome: z.enum(['answered', 'failed']),
});
export type RouteSimulation = z.infer<typeof RouteSimulationSchema>;

export const RouteSimulateReplySchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('ok'), simulation: RouteSimulationSchema }),
  z.object({ status: z.enum(['model_not_found', 'endpoint_not_served', 'not_ready']) }),
]);
export type RouteSimulateReply = z.infer<typeof RouteSimulateReplySchema>;

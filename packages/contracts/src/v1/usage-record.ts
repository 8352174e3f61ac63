import { z } from 'zod';
import { BudgetChargeSchema } from './budget.js';
import { MoneySchema, PriceSchema, UsageBasisSchema, UsageSchema } from './usage.js';

/** One try at one deployment. A request has none (refused before), one, or several (retries and fallbacks). */
export const UsageAttemptSchema = z.object({
  number: z.int().positive(),
  deploymentId: z.string(),
  provider: z.string(),
  upstreamModel: z.string(),
  /** The upstream's HTTP status, null where no answer came. */
  status: z.int().nullable(),
  /** An ErrorCode, null where the attempt succeeded. */
  errorCode: z.string().nullable(),
  startedAt: z.int(),
  firstByteMs: z.number().nullable(),
  durationMs: z.number(),
  upstreamRequestId: z.string().nullable(),
  usage: UsageSchema,
  basis: UsageBasisSchema,
  price: PriceSchema.nullable(),
  /** null = the model has no price; never 0 for unknown. */
  cost: MoneySchema.nullable(),
});
export type UsageAttempt = z.infer<typeof UsageAttemptSchema>;

/**
 * succeeded: a whole answer. failed: an error answer of gateway or provider. refused: by policy, before any attempt (a
 * known token; outside `totals.requests`). cancelled: the caller left. interrupted: the stream broke or the router died.
 */
export const USAGE_OUTCOMES = ['succeeded', 'failed', 'refused', 'cancelled', 'interrupted'] as const;

/** One row per request, whatever became of it; `id` is the request id and makes it idempotent. Times: ms since the epoch. */
export const UsageRecordSchema = z.object({
  v: z.literal(1),
  /** `req_` + time-ordered; its day is the partition. */
  id: z.string(),
  clientRequestId: z.string().nullable(),
  traceId: z.string(),
  organisationId: z.string(),
  teamId: z.string().nullable(),
  tokenId: z.string(),
  secretId: z.string(),
  endpoint: z.string(),
  dialect: z.string(),
  /** The model as the caller named it. */
  model: z.string(),
  stream: z.boolean(),
  outcome: z.enum(USAGE_OUTCOMES),
  /** HTTP status sent to the caller; 499 where they left first; 0 where the router died before it sent one. */
  status: z.int(),
  errorCode: z.string().nullable(),
  startedAt: z.int(),
  durationMs: z.number(),
  /** Time to the first byte of the answer, as the caller saw it. */
  firstByteMs: z.number().nullable(),
  /** Time that the gateway itself added. */
  overheadMs: z.number().nullable(),
  requestBytes: z.int(),
  responseBytes: z.int(),
  attempts: z.array(UsageAttemptSchema),
  /** Sum over the attempts. */
  usage: UsageSchema,
  basis: UsageBasisSchema,
  cost: MoneySchema.nullable(),
  /** The token was served in outage grace, without a fresh check. */
  unverified: z.boolean(),
  metadata: z.record(z.string(), z.string()),
  /** What the budgets of its token are charged; absent where it has none. */
  charges: z.array(BudgetChargeSchema).optional(),
});
export type UsageRecord = z.infer<typeof UsageRecordSchema>;

/** What an adapter saw of an attempt whose router has vanished. Kept by (id, attempt), merged into the row: reported beats estimated. */
export const UsageReportSchema = z.object({
  v: z.literal(1),
  id: z.string(),
  attempt: z.int().positive(),
  status: z.int().nullable(),
  usage: UsageSchema,
  basis: UsageBasisSchema,
  durationMs: z.number(),
  firstByteMs: z.number().nullable(),
  upstreamRequestId: z.string().nullable(),
});
export type UsageReport = z.infer<typeof UsageReportSchema>;

/** The sink's word: these are in Postgres (or were before). Ids that failed validation are named, so that they do not block the rest. */
export const UsageCommittedSchema = z.object({
  committed: z.int().nonnegative(),
  rejected: z.array(z.object({ id: z.string(), reason: z.string() })),
});
export type UsageCommitted = z.infer<typeof UsageCommittedSchema>;

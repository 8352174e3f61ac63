import { dayOfId } from '@tollgate/kernel';
import { z } from 'zod';
import { MoneySchema, USAGE_BASES } from '../usage.js';
import { USAGE_OUTCOMES } from '../usage-record.js';
import { defineOperations } from './operation.js';
import { PageQuerySchema, pageOf } from './page.js';
import { TokenIdSchema } from './tokens.js';

export const USAGE_GROUPS = ['model', 'token', 'provider', 'outcome', 'day', 'hour'] as const;
export type UsageGroup = (typeof USAGE_GROUPS)[number];

/** RFC 3339 with an offset, or a date (midnight UTC); parsed to milliseconds since the epoch. */
const TimeSchema = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()], { error: 'must be an RFC 3339 time or a date' })
  .transform((text) => Date.parse(text));
/** Names as they are stored; Postgres holds no NUL, and no name holds another control character. */
const name = z
  .string()
  .min(1)
  .max(256)
  .regex(/^\P{Cc}*$/u, 'must not hold control characters')
  .refine((text) => text.isWellFormed(), 'must be well-formed Unicode');

export const UsageRecordIdSchema = z
  .string()
  .regex(/^req_[0-9a-hjkmnp-tv-z]{26}$/, { error: 'must be the id of a request (req_...)', abort: true })
  // Its day is asked for in Postgres, whose years past 9999 are written otherwise.
  .refine((id) => /^\d{4}-/.test(dayOfId(id) ?? ''), 'must be the id of a request (req_...)');

/** Both ends are named: the caller alone knows which of them is wrong. */
const inOrder = <T extends z.ZodObject>(schema: T): T =>
  schema.superRefine((value, context) => {
    const { from, to } = value as { readonly from?: number; readonly to?: number };
    if (from === undefined || to === undefined || from <= to) return;
    context.addIssue({ code: 'custom', path: ['from'], message: 'is after `to`' });
    context.addIssue({ code: 'custom', path: ['to'], message: 'is before `from`' });
  });

export const UsageQuerySchema = inOrder(
  z.strictObject({
    /** Inclusive, rounded down to the hour; 30 days before `to` by default. */
    from: TimeSchema.optional(),
    /** Exclusive, rounded up to the hour; now by default. */
    to: TimeSchema.optional(),
    group_by: z.enum(USAGE_GROUPS).optional(),
    model: name.optional(),
    token_id: TokenIdSchema.optional(),
    provider: name.optional(),
    /** Groups at most. */
    limit: z.coerce.number().int().min(1).max(1000).default(100),
  }),
);
export type UsageQuery = z.infer<typeof UsageQuerySchema>;

const count = z.int().nonnegative();

const figures = {
  /** All calls that were admitted, whatever became of them. */
  requests: count,
  succeeded: count,
  failed: count,
  cancelled: count,
  interrupted: count,
  /** Refused by policy; outside `requests`. */
  refused: count,
  /** Calls that used a model without a known price: their cost is unknown and in no sum. */
  unpriced_requests: count,
  /** Calls whose tokens were not reported by the provider but counted or estimated. */
  unreported_requests: count,
  /** All that was read: uncached, from the cache, into the cache, audio. */
  input_tokens: count,
  /** All that was written: text, reasoning, audio. */
  output_tokens: count,
  total_tokens: count,
  input_token_details: z.object({ uncached: count, cache_read: count, cache_write: count, audio: count }),
  output_token_details: z.object({ text: count, reasoning: count, audio: count }),
  /** null = unknown, or in several currencies: see `costs`. */
  cost: MoneySchema.nullable(),
  costs: z.array(MoneySchema),
};

export const UsageFiguresSchema = z.object(figures);
export type UsageFigures = z.infer<typeof UsageFiguresSchema>;

export const UsageReportViewSchema = z.object({
  /** What was really looked at: whole hours, UTC. */
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  group_by: z.enum(USAGE_GROUPS).nullable(),
  totals: UsageFiguresSchema,
  groups: z.array(
    z.object({
      /** Model, token id, provider, outcome, `YYYY-MM-DD` or the beginning of the hour; null where a call had none. */
      key: z.string().nullable(),
      ...figures,
    }),
  ),
  /** There are more groups than `limit`. */
  has_more: z.boolean(),
});
export type UsageReportView = z.infer<typeof UsageReportViewSchema>;

export const UsageRecordsQuerySchema = inOrder(
  PageQuerySchema.extend({
    from: TimeSchema.optional(),
    to: TimeSchema.optional(),
    token_id: TokenIdSchema.optional(),
    model: name.optional(),
    outcome: z.enum(USAGE_OUTCOMES).optional(),
    /** Our own id, as in `x-tollgate-request-id`. */
    request_id: UsageRecordIdSchema.optional(),
    id: UsageRecordIdSchema.optional(),
    /** The caller's `x-request-id`. */
    client_request_id: name.optional(),
  }),
);
export type UsageRecordsQuery = z.infer<typeof UsageRecordsQuerySchema>;

const TokensViewSchema = z.object({
  input: count,
  cache_read: count,
  cache_write: count,
  input_audio: count,
  output: count,
  reasoning: count,
  output_audio: count,
});

export const UsageRecordViewSchema = z.object({
  id: z.string(),
  client_request_id: z.string().nullable(),
  trace_id: z.string(),
  team_id: z.string().nullable(),
  token_id: z.string(),
  secret_id: z.string(),
  endpoint: z.string(),
  dialect: z.string(),
  model: z.string(),
  /** Of the last attempt, null where there was none. */
  provider: z.string().nullable(),
  stream: z.boolean(),
  outcome: z.enum(USAGE_OUTCOMES),
  status: z.int(),
  error_code: z.string().nullable(),
  started_at: z.iso.datetime(),
  duration_ms: z.number(),
  first_byte_ms: z.number().nullable(),
  overhead_ms: z.number().nullable(),
  request_bytes: z.int(),
  response_bytes: z.int(),
  input_tokens: count,
  output_tokens: count,
  total_tokens: count,
  /** In disjoint buckets. */
  tokens: TokensViewSchema,
  basis: z.enum(USAGE_BASES),
  cost: MoneySchema.nullable(),
  unverified: z.boolean(),
  metadata: z.record(z.string(), z.string()),
  attempts: z.array(
    z.object({
      number: z.int(),
      deployment_id: z.string(),
      provider: z.string(),
      upstream_model: z.string(),
      status: z.int().nullable(),
      error_code: z.string().nullable(),
      started_at: z.iso.datetime(),
      duration_ms: z.number(),
      first_byte_ms: z.number().nullable(),
      upstream_request_id: z.string().nullable(),
      tokens: TokensViewSchema,
      basis: z.enum(USAGE_BASES),
      price_source: z.string().nullable(),
      cost: MoneySchema.nullable(),
    }),
  ),
});
export type UsageRecordView = z.infer<typeof UsageRecordViewSchema>;

export const UsageRecordsPageSchema = pageOf(UsageRecordViewSchema);

export const RepriceSchema = z.strictObject({
  /** Calls that began then or later. */
  from: z.iso.datetime({ offset: true }),
  /** And before; now where it is not given. */
  to: z.iso.datetime({ offset: true }).optional(),
  /** true: only says what would change. */
  dry_run: z.boolean().default(false),
});
export type Reprice = z.infer<typeof RepriceSchema>;

export const RepricingSchema = z.object({
  /** Records without a cost in that time. */
  looked_at: z.int(),
  repriced: z.int(),
  /** Their model has no price yet. */
  still_unpriced: z.int(),
  /** What the repriced ones cost together, by currency. */
  cost: z.array(MoneySchema),
  /** false: there is more than one request does; send it again. */
  complete: z.boolean(),
});
export type Repricing = z.infer<typeof RepricingSchema>;

export const USAGE_OPERATIONS = defineOperations({
  getUsage: {
    service: 'analytics',
    method: 'GET',
    path: '/api/v1/usage',
    permission: 'usage:read',
    teams: true,
    summary: 'Sum up requests, tokens and cost',
    description: 'Read from hourly and daily rollups, in UTC.',
    tag: 'usage',
    query: UsageQuerySchema,
    answer: { status: 200, description: 'The sums', schema: UsageReportViewSchema },
    errors: ['deadline_exceeded'],
  },
  listUsageRecords: {
    service: 'analytics',
    method: 'GET',
    path: '/api/v1/usage/records',
    permission: 'usage:read',
    teams: true,
    summary: 'List usage records, newest first',
    tag: 'usage',
    query: UsageRecordsQuerySchema,
    answer: { status: 200, description: 'One page', schema: UsageRecordsPageSchema },
    errors: ['deadline_exceeded'],
  },
  repriceUsage: {
    service: 'analytics',
    method: 'POST',
    path: '/api/v1/usage/reprice',
    permission: 'admin:models:write',
    summary: 'Give a cost to calls that had no price',
    description:
      'By the prices that the catalogue has now, for every organisation of the installation. A call that has a cost keeps it; sums move by what is added. Budgets are not charged for it.',
    tag: 'usage',
    body: RepriceSchema,
    answer: { status: 200, description: 'What was found and done', schema: RepricingSchema },
    errors: ['gateway_unavailable'],
  },
  getUsageRecord: {
    service: 'analytics',
    method: 'GET',
    path: '/api/v1/usage/records/{id}',
    permission: 'usage:read',
    teams: true,
    summary: 'Read one usage record',
    tag: 'usage',
    answer: { status: 200, description: 'The record', schema: UsageRecordViewSchema },
    errors: ['not_found', 'deadline_exceeded'],
  },
});

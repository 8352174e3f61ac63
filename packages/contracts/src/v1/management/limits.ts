import { z } from 'zod';
import { idOf, lineOf } from './line.js';
import { defineOperations } from './operation.js';
import { PageQuerySchema, pageOf } from './page.js';

export const LimitIdSchema = idOf('limit', 'a limit');
export const LIMIT_KINDS = ['requests', 'tokens', 'concurrency'] as const;

const count = z.int().min(1).max(1_000_000_000);
const PeriodSchema = z.int().min(1).max(86_400);

/**
 * A limit that all keys of an organisation or of a team share, or that one key has beside its plain limit of requests (which is
 * part of the key). A child spends from the limits of the keys above it as well.
 */
export const CreateLimitSchema = z.object({
  subject: z.object({ type: z.enum(['organisation', 'team', 'token']), id: lineOf(64).optional() }),
  /** requests: calls per period. tokens: input and output together per period. concurrency: calls under way at once. */
  kind: z.enum(LIMIT_KINDS),
  /** A glob over model names; null = every call. */
  models: lineOf(200).nullable().default(null),
  limit: count,
  /** Not for concurrency. */
  period_seconds: PeriodSchema.optional(),
  /** So much at once; the limit itself where it is not given. Not for concurrency. */
  burst: count.optional(),
});
export type CreateLimit = z.infer<typeof CreateLimitSchema>;

export const ChangeLimitSchema = z.object({ limit: count, period_seconds: PeriodSchema, burst: count }).partial();
export type ChangeLimit = z.infer<typeof ChangeLimitSchema>;

export const LimitSchema = z.object({
  id: z.string(),
  subject: z.object({ type: z.enum(['organisation', 'team', 'token']), id: z.string() }),
  kind: z.enum(LIMIT_KINDS),
  models: z.string().nullable(),
  limit: z.int(),
  period_seconds: z.int().nullable(),
  burst: z.int().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
  revision: z.int(),
});
export type Limit = z.infer<typeof LimitSchema>;

const read = { service: 'auth', tag: 'limits', permission: 'admin:limits:read' } as const;
const write = { service: 'auth', tag: 'limits', permission: 'admin:limits:write' } as const;
const answer = { status: 200, description: 'The limit', schema: LimitSchema };

export const LIMIT_OPERATIONS = defineOperations({
  listLimits: {
    ...read,
    teams: true,
    method: 'GET',
    path: '/api/v1/limits',
    summary: 'List the limits of the organisation, its teams and its tokens, newest first',
    query: PageQuerySchema,
    answer: { status: 200, description: 'A page of limits', schema: pageOf(LimitSchema) },
  },
  createLimit: {
    ...write,
    method: 'POST',
    path: '/api/v1/limits',
    summary: 'Make a limit for the organisation, a team or a token',
    description: 'A call takes from every limit that matches it, or from none. In force at every router within a second.',
    body: CreateLimitSchema,
    answer: { ...answer, status: 201 },
    errors: ['conflict'],
  },
  getLimit: {
    ...read,
    teams: true,
    method: 'GET',
    path: '/api/v1/limits/{id}',
    summary: 'Read a limit',
    answer,
    errors: ['not_found'],
  },
  changeLimit: {
    ...write,
    method: 'PATCH',
    path: '/api/v1/limits/{id}',
    summary: 'Change the numbers of a limit',
    body: ChangeLimitSchema,
    conditional: true,
    answer,
    errors: ['not_found'],
  },
  deleteLimit: {
    ...write,
    method: 'DELETE',
    path: '/api/v1/limits/{id}',
    summary: 'Remove a limit',
    conditional: true,
    answer: { status: 204, description: 'Removed', schema: null },
    errors: ['not_found'],
  },
});

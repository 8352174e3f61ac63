import { z } from 'zod';
import { BUDGET_PERIODS } from '../budget.js';
import { idOf, lineOf, nameOf } from './line.js';
import { defineOperations } from './operation.js';
import { PageQuerySchema, pageOf } from './page.js';

export const BudgetIdSchema = idOf('budget', 'a budget');

/** Whose spending it bounds: `id` is that of a team or a token, and absent for the organisation. */
export const BudgetSubjectSchema = z.object({
  type: z.enum(['organisation', 'team', 'token']),
  id: lineOf(64).optional(),
});

/** Up to nine million, to the billionth. */
const AmountSchema = z
  .string()
  .regex(/^\d{1,7}(\.\d{1,9})?$/, 'must be a decimal text such as "25.00", with at most 9 decimals')
  .refine((text) => Number(text) > 0 && Number(text) <= 9_000_000, 'must be above 0 and at most 9000000');
const CurrencySchema = z.string().regex(/^[A-Z]{3}$/, 'must be a currency of ISO 4217, for instance USD');
const TimeZoneSchema = lineOf(64);
/** Share of the amount in percent at which an alert is raised, once per window. */
const AlertsSchema = z.array(z.int().min(1).max(1_000)).max(10);
/** A glob over model names; null = every call. */
const ModelsSchema = lineOf(200).nullable();

export const CreateBudgetSchema = z.object({
  name: nameOf(100),
  subject: BudgetSubjectSchema,
  amount: AmountSchema,
  currency: CurrencySchema.default('USD'),
  /** hour, day, week and month follow the clock and the calendar of `time_zone`; total never begins anew. */
  period: z.enum(BUDGET_PERIODS),
  /** An IANA name. */
  time_zone: TimeZoneSchema.default('UTC'),
  models: ModelsSchema.default(null),
  /** true: calls beyond it are refused (429 budget_exceeded). false: an alert is raised and calls go on. */
  hard: z.boolean().default(true),
  alert_at_percent: AlertsSchema.default([80, 100]),
});
export type CreateBudget = z.infer<typeof CreateBudgetSchema>;

/** JSON merge patch. Subject, currency, period and time zone stay: make another budget for another window. */
export const ChangeBudgetSchema = z
  .object({
    name: nameOf(100),
    amount: AmountSchema,
    models: ModelsSchema,
    hard: z.boolean(),
    alert_at_percent: AlertsSchema,
  })
  .partial();
export type ChangeBudget = z.infer<typeof ChangeBudgetSchema>;

const money = z.string();
export const BudgetSchema = z.object({
  id: z.string(),
  name: z.string(),
  subject: z.object({ type: z.enum(['organisation', 'team', 'token']), id: z.string() }),
  amount: money,
  currency: z.string(),
  period: z.enum(BUDGET_PERIODS),
  time_zone: z.string(),
  models: z.string().nullable(),
  hard: z.boolean(),
  alert_at_percent: z.array(z.int()),
  /** The window that is open now. spent + reserved + remaining = amount, unless the amount was lowered below what was spent. */
  current: z.object({
    starts_at: z.string().nullable(),
    ends_at: z.string().nullable(),
    spent: money,
    /** Set aside for calls under way, and by routers for those to come. */
    reserved: money,
    remaining: money,
    alerts_raised_percent: z.array(z.int()),
  }),
  created_at: z.string(),
  updated_at: z.string(),
  revision: z.int(),
});
export type Budget = z.infer<typeof BudgetSchema>;

export const ListBudgetsQuerySchema = PageQuerySchema.extend({
  subject_type: z.enum(['organisation', 'team', 'token']).optional(),
  subject_id: lineOf(64).optional(),
});
export type ListBudgetsQuery = z.infer<typeof ListBudgetsQuerySchema>;

const read = { service: 'auth', tag: 'budgets', permission: 'admin:budgets:read' } as const;
const write = { service: 'auth', tag: 'budgets', permission: 'admin:budgets:write' } as const;
const answer = { status: 200, description: 'The budget and what is spent of it', schema: BudgetSchema };

export const BUDGET_OPERATIONS = defineOperations({
  listBudgets: {
    ...read,
    teams: true,
    method: 'GET',
    path: '/api/v1/budgets',
    summary: 'List the budgets of the organisation, newest first',
    query: ListBudgetsQuerySchema,
    answer: { status: 200, description: 'A page of budgets, each with its current window', schema: pageOf(BudgetSchema) },
  },
  createBudget: {
    ...write,
    method: 'POST',
    path: '/api/v1/budgets',
    summary: 'Make a budget for the organisation, a team or a token',
    description: 'A call must fit into every budget that matches it. In force at every router within a second.',
    body: CreateBudgetSchema,
    answer: { ...answer, status: 201 },
    errors: ['conflict'],
  },
  getBudget: {
    ...read,
    teams: true,
    method: 'GET',
    path: '/api/v1/budgets/{id}',
    summary: 'Read a budget and its current window',
    answer,
    errors: ['not_found'],
  },
  changeBudget: {
    ...write,
    method: 'PATCH',
    path: '/api/v1/budgets/{id}',
    summary: 'Change a budget; what is spent stays spent',
    body: ChangeBudgetSchema,
    conditional: true,
    answer,
    errors: ['not_found'],
  },
  deleteBudget: {
    ...write,
    method: 'DELETE',
    path: '/api/v1/budgets/{id}',
    summary: 'End a budget; its record stays for the audit trail',
    conditional: true,
    answer: { status: 204, description: 'Ended', schema: null },
    errors: ['not_found'],
  },
});

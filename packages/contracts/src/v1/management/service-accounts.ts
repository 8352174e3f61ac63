import { z } from 'zod';
import { idOf, lineOf, nameOf } from './line.js';
import { defineOperations } from './operation.js';
import { PageQuerySchema, pageOf } from './page.js';
import { TeamIdSchema } from './teams.js';

export const ServiceAccountIdSchema = idOf('sa', 'a service account');
const STATUSES = ['active', 'suspended', 'archived'] as const;

export const CreateServiceAccountSchema = z.object({
  name: nameOf(100),
  description: lineOf(500).nullable().default(null),
  /** The team that it works for; null = the organisation. Never changes. */
  team_id: TeamIdSchema.nullable().default(null),
});
export type CreateServiceAccount = z.infer<typeof CreateServiceAccountSchema>;

export const ChangeServiceAccountSchema = z
  .object({ name: nameOf(100), description: lineOf(500).nullable(), status: z.enum(['active', 'suspended']) })
  .partial();
export type ChangeServiceAccount = z.infer<typeof ChangeServiceAccountSchema>;

export const ServiceAccountSchema = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  team_id: z.string().nullable(),
  /** The keys of one that is not active are refused. */
  status: z.enum(STATUSES),
  created_at: z.string(),
  updated_at: z.string(),
  revision: z.int(),
});
export type ServiceAccount = z.infer<typeof ServiceAccountSchema>;

export const ListServiceAccountsQuerySchema = PageQuerySchema.extend({
  status: z.enum(STATUSES).optional(),
  team_id: TeamIdSchema.optional(),
});
export type ListServiceAccountsQuery = z.infer<typeof ListServiceAccountsQuerySchema>;

const row = { service: 'auth', tag: 'service-accounts', teams: true } as const;
const read = { ...row, permission: 'admin:service-accounts:read' } as const;
const write = { ...row, permission: 'admin:service-accounts:write' } as const;
const answer = { status: 200, description: 'The service account as it is now', schema: ServiceAccountSchema } as const;

export const SERVICE_ACCOUNT_OPERATIONS = defineOperations({
  listServiceAccounts: {
    ...read,
    method: 'GET',
    path: '/api/v1/service-accounts',
    summary: 'List the service accounts of the organisation, newest first',
    query: ListServiceAccountsQuerySchema,
    answer: { status: 200, description: 'A page of service accounts', schema: pageOf(ServiceAccountSchema) },
  },
  createServiceAccount: {
    ...write,
    method: 'POST',
    path: '/api/v1/service-accounts',
    summary: 'Make a service account: the owner of keys that outlive people',
    body: CreateServiceAccountSchema,
    answer: { status: 201, description: 'The service account', schema: ServiceAccountSchema },
    errors: ['conflict'],
  },
  getServiceAccount: {
    ...read,
    method: 'GET',
    path: '/api/v1/service-accounts/{id}',
    summary: 'Read a service account',
    answer,
    errors: ['not_found'],
  },
  changeServiceAccount: {
    ...write,
    method: 'PATCH',
    path: '/api/v1/service-accounts/{id}',
    summary: 'Rename, suspend or restore a service account',
    body: ChangeServiceAccountSchema,
    conditional: true,
    answer,
    errors: ['not_found', 'conflict'],
  },
  archiveServiceAccount: {
    ...write,
    method: 'DELETE',
    path: '/api/v1/service-accounts/{id}',
    summary: 'Archive a service account for ever',
    description: 'Its record stays for the audit trail.',
    conditional: true,
    answer,
    errors: ['not_found'],
  },
});

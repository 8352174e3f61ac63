import { z } from 'zod';
import { idOf, nameOf } from './line.js';
import { defineOperations } from './operation.js';
import { PageQuerySchema, pageOf } from './page.js';
import { CreatedUserSchema, EmailSchema, PersonNameSchema } from './users.js';

export const OrganisationIdSchema = idOf('org', 'an organisation');

export const OrganisationSchema = z.object({
  id: z.string(),
  name: z.string(),
  /** Runs this installation: its administrators manage providers and other organisations. */
  operator: z.boolean(),
  /** Nothing of a suspended one is let in: no token, no session, no OAuth client. */
  status: z.enum(['active', 'suspended']),
  created_at: z.string(),
  updated_at: z.string(),
  revision: z.int(),
});
export type Organisation = z.infer<typeof OrganisationSchema>;

export const CreateOrganisationSchema = z.object({
  name: nameOf(100),
  owner: z.object({ email: EmailSchema, name: PersonNameSchema }),
});
export type CreateOrganisation = z.infer<typeof CreateOrganisationSchema>;

export const CreatedOrganisationSchema = OrganisationSchema.extend({ owner: CreatedUserSchema });
export type CreatedOrganisation = z.infer<typeof CreatedOrganisationSchema>;

export const ChangeOrganisationSchema = z.object({ name: nameOf(100) }).partial();
export type ChangeOrganisation = z.infer<typeof ChangeOrganisationSchema>;

export const ChangeOrganisationStatusSchema = z.object({ status: OrganisationSchema.shape.status });
export type ChangeOrganisationStatus = z.infer<typeof ChangeOrganisationStatusSchema>;

const row = { service: 'auth', tag: 'organisations' } as const;

export const ORGANISATION_OPERATIONS = defineOperations({
  listOrganisations: {
    ...row,
    method: 'GET',
    path: '/api/v1/organisations',
    permission: 'admin:organisations:read',
    summary: 'List the organisations of the installation, newest first',
    description: 'For the operating organisation alone.',
    query: PageQuerySchema,
    answer: { status: 200, description: 'A page of organisations', schema: pageOf(OrganisationSchema) },
  },
  createOrganisation: {
    ...row,
    method: 'POST',
    path: '/api/v1/organisations',
    permission: 'admin:organisations:write',
    summary: 'Make an organisation with its first owner',
    description: "For the operating organisation alone. The owner's first password is in the answer and nowhere else.",
    body: CreateOrganisationSchema,
    answer: { status: 201, description: 'The organisation and its owner', schema: CreatedOrganisationSchema },
    errors: ['conflict'],
  },
  changeOrganisation: {
    ...row,
    method: 'PATCH',
    path: '/api/v1/organisations/{id}',
    permission: 'admin:organisations:write',
    summary: 'Suspend or restore an organisation',
    description:
      'For the operating organisation alone, which is not suspended itself. Tokens, sessions and OAuth clients of a suspended one are refused, at every router within a second, and work again once it is restored.',
    body: ChangeOrganisationStatusSchema,
    conditional: true,
    answer: { status: 200, description: 'The organisation as it is now', schema: OrganisationSchema },
    errors: ['not_found', 'conflict'],
  },
  getCurrentOrganisation: {
    ...row,
    method: 'GET',
    path: '/api/v1/organisations/current',
    permission: 'admin:organisation:read',
    teams: true,
    summary: 'Read the own organisation',
    answer: { status: 200, description: 'The organisation', schema: OrganisationSchema },
  },
  changeCurrentOrganisation: {
    ...row,
    method: 'PATCH',
    path: '/api/v1/organisations/current',
    permission: 'admin:organisation:write',
    summary: 'Rename the own organisation',
    body: ChangeOrganisationSchema,
    conditional: true,
    answer: { status: 200, description: 'The organisation as it is now', schema: OrganisationSchema },
  },
});

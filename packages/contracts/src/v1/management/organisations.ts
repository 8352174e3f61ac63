import { z } from 'zod';
import { defineOperations } from './operation.js';

export const OrganisationSchema = z.object({
  id: z.string(),
  name: z.string(),
  created_at: z.string(),
  updated_at: z.string(),
});
export type Organisation = z.infer<typeof OrganisationSchema>;

export const ORGANISATION_OPERATIONS = defineOperations({
  getCurrentOrganisation: {
    service: 'auth',
    method: 'GET',
    path: '/api/v1/organisations/current',
    permission: 'admin:organisation:read',
    summary: 'Read the organisation of the token',
    tag: 'organisations',
    answer: { status: 200, description: 'The organisation', schema: OrganisationSchema },
  },
});

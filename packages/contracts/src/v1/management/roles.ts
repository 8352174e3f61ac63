import { z } from 'zod';
import { ROLES } from '../roles.js';
import { defineOperations } from './operation.js';

export const RoleViewSchema = z.object({ name: z.enum(ROLES), permissions: z.array(z.string()) });
export type RoleView = z.infer<typeof RoleViewSchema>;

export const ROLE_OPERATIONS = defineOperations({
  listRoles: {
    service: 'auth',
    method: 'GET',
    path: '/api/v1/roles',
    permission: 'admin:organisation:read',
    teams: true,
    summary: 'List the roles and what each of them may do',
    tag: 'roles',
    answer: { status: 200, description: 'The roles', schema: z.object({ data: z.array(RoleViewSchema) }) },
  },
});

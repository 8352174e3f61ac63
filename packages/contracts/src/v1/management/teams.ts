import { z } from 'zod';
import { idOf, nameOf } from './line.js';
import { defineOperations } from './operation.js';
import { PageQuerySchema, pageOf } from './page.js';

export const TeamIdSchema = idOf('team', 'a team');

export const CreateTeamSchema = z.object({ name: nameOf(100) });
export type CreateTeam = z.infer<typeof CreateTeamSchema>;

export const ChangeTeamSchema = z.object({ name: nameOf(100), status: z.enum(['active', 'archived']) }).partial();
export type ChangeTeam = z.infer<typeof ChangeTeamSchema>;

export const TeamSchema = z.object({
  id: z.string(),
  name: z.string(),
  /** An archived team calls nothing: its keys are refused until it is active again. */
  status: z.enum(['active', 'archived']),
  created_at: z.string(),
  updated_at: z.string(),
  revision: z.int(),
});
export type Team = z.infer<typeof TeamSchema>;

export const ListTeamsQuerySchema = PageQuerySchema.extend({ status: z.enum(['active', 'archived']).optional() });
export type ListTeamsQuery = z.infer<typeof ListTeamsQuerySchema>;

const row = { service: 'auth', tag: 'teams' } as const;
const read = { ...row, permission: 'admin:teams:read', teams: true } as const;
const write = { ...row, permission: 'admin:teams:write' } as const;
const answer = { status: 200, description: 'The team as it is now', schema: TeamSchema } as const;

export const TEAM_OPERATIONS = defineOperations({
  listTeams: {
    ...read,
    method: 'GET',
    path: '/api/v1/teams',
    summary: 'List the teams of the organisation, newest first',
    query: ListTeamsQuerySchema,
    answer: { status: 200, description: 'A page of teams', schema: pageOf(TeamSchema) },
  },
  createTeam: {
    ...write,
    method: 'POST',
    path: '/api/v1/teams',
    summary: 'Make a team',
    body: CreateTeamSchema,
    answer: { status: 201, description: 'The team', schema: TeamSchema },
    errors: ['conflict'],
  },
  getTeam: { ...read, method: 'GET', path: '/api/v1/teams/{id}', summary: 'Read a team', answer, errors: ['not_found'] },
  changeTeam: {
    ...write,
    method: 'PATCH',
    path: '/api/v1/teams/{id}',
    summary: 'Rename, archive or restore a team',
    description: 'The keys of an archived team are refused at every router within a second, and work again once it is restored.',
    body: ChangeTeamSchema,
    conditional: true,
    answer,
    errors: ['not_found', 'conflict'],
  },
  archiveTeam: {
    ...write,
    method: 'DELETE',
    path: '/api/v1/teams/{id}',
    summary: 'Archive a team',
    description: 'Its keys are refused from now on; nothing is lost, and a change of its status restores it.',
    conditional: true,
    answer,
    errors: ['not_found'],
  },
});

import { z } from 'zod';
import { ROLES } from '../roles.js';
import { idOf, nameOf } from './line.js';
import { defineOperations } from './operation.js';
import { PageQuerySchema, pageOf } from './page.js';
import { TeamIdSchema } from './teams.js';

export const UserIdSchema = idOf('user', 'a user');
/** Upper and lower case are the same address. */
export const EmailSchema = z
  .string()
  .max(254)
  .pipe(z.email('must be an email address'))
  .transform((email) => email.toLowerCase());
export const PersonNameSchema = nameOf(100);

/** A role in the whole organisation (`team_id` null) or in one team. */
const RoleInSchema = z.object({ role: z.enum(ROLES), team_id: TeamIdSchema.nullable().default(null) });
const roles = z
  .array(RoleInSchema)
  .min(1, 'a user without a role can do nothing')
  .max(100)
  .refine(
    (all) => all.every(({ role, team_id }) => role !== 'owner' || team_id === null),
    'an owner is one of the whole organisation',
  )
  .refine(
    (all) => new Set(all.map(({ role, team_id }) => `${role} ${team_id}`)).size === all.length,
    'holds the same role twice',
  );

export const CreateUserSchema = z.object({ email: EmailSchema, name: PersonNameSchema, roles });
export type CreateUser = z.infer<typeof CreateUserSchema>;

export const ChangeUserSchema = z.object({ name: PersonNameSchema, status: z.enum(['active', 'suspended']), roles }).partial();
export type ChangeUser = z.infer<typeof ChangeUserSchema>;

export const UserSchema = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  /** A suspended user is signed out and cannot sign in. */
  status: z.enum(['active', 'suspended']),
  roles: z.array(z.object({ role: z.enum(ROLES), team_id: z.string().nullable() })),
  /** Signed in with the first password, and so kept to changing it. */
  must_change_password: z.boolean(),
  last_signed_in_at: z.string().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
  revision: z.int(),
});
export type User = z.infer<typeof UserSchema>;

/** `initial_password` is shown here and never again; it must be changed at the first sign-in. */
export const CreatedUserSchema = UserSchema.extend({ initial_password: z.string() });
export type CreatedUser = z.infer<typeof CreatedUserSchema>;

export const ListUsersQuerySchema = PageQuerySchema.extend({
  status: z.enum(['active', 'suspended']).optional(),
  team_id: TeamIdSchema.optional(),
});
export type ListUsersQuery = z.infer<typeof ListUsersQuerySchema>;

const row = { service: 'auth', tag: 'users' } as const;
const read = { ...row, permission: 'admin:users:read' } as const;
const write = { ...row, permission: 'admin:users:write' } as const;
const answer = { status: 200, description: 'The user as they are now', schema: UserSchema } as const;
const REACH = 'Nobody gives a role that holds more than they do, nor changes somebody who does.';

export const USER_OPERATIONS = defineOperations({
  listUsers: {
    ...read,
    method: 'GET',
    path: '/api/v1/users',
    summary: 'List the users of the organisation, newest first',
    query: ListUsersQuerySchema,
    answer: { status: 200, description: 'A page of users', schema: pageOf(UserSchema) },
  },
  createUser: {
    ...write,
    method: 'POST',
    path: '/api/v1/users',
    summary: 'Make a user, with a first password',
    description: `${REACH} The password is in the answer and nowhere else.`,
    body: CreateUserSchema,
    answer: { status: 201, description: 'The user, with the first password', schema: CreatedUserSchema },
    errors: ['conflict'],
  },
  getUser: { ...read, method: 'GET', path: '/api/v1/users/{id}', summary: 'Read a user', answer, errors: ['not_found'] },
  changeUser: {
    ...write,
    method: 'PATCH',
    path: '/api/v1/users/{id}',
    summary: 'Rename, suspend or restore a user, or replace their roles',
    description: `${REACH} The last owner stays one.`,
    body: ChangeUserSchema,
    conditional: true,
    answer,
    errors: ['not_found', 'conflict'],
  },
  removeUser: {
    ...write,
    method: 'DELETE',
    path: '/api/v1/users/{id}',
    summary: 'Remove a user from the organisation',
    description: 'Signs them out. The last owner cannot be removed.',
    conditional: true,
    answer: { status: 204, description: 'Removed', schema: null },
    errors: ['not_found', 'conflict'],
  },
  resetPassword: {
    ...write,
    method: 'POST',
    path: '/api/v1/users/{id}/reset-password',
    summary: 'Replace the password of a user by a first one',
    description: `${REACH} Signs them out. Refused for a user who belongs to another organisation as well.`,
    answer: { status: 200, description: 'The user, with the first password', schema: CreatedUserSchema },
    errors: ['not_found', 'conflict'],
  },
  endSessionsOfUser: {
    ...write,
    method: 'POST',
    path: '/api/v1/users/{id}/end-sessions',
    summary: 'Sign a user out everywhere',
    answer: { status: 200, description: 'How many sessions ended', schema: z.object({ ended: z.int() }) },
    errors: ['not_found'],
  },
});

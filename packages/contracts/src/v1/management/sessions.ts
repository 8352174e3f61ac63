import { z } from 'zod';
import { ACCOUNT_PERMISSION, ROLES } from '../roles.js';
import { idOf } from './line.js';
import { defineOperations } from './operation.js';

export const SessionIdSchema = idOf('ses', 'a session');

export const PASSWORD_LENGTH_MIN = 12;
export const PASSWORD_LENGTH_MAX = 256;

export const SignInSchema = z.object({
  email: z.string().min(1).max(254),
  password: z.string().min(1).max(PASSWORD_LENGTH_MAX),
  /** Where the user belongs to several; the first that they joined by default. */
  organisation_id: idOf('org', 'an organisation').optional(),
});
export type SignIn = z.infer<typeof SignInSchema>;

export const ChangePasswordSchema = z.object({
  current_password: z.string().min(1).max(PASSWORD_LENGTH_MAX),
  new_password: z
    .string()
    .min(PASSWORD_LENGTH_MIN, `must have at least ${PASSWORD_LENGTH_MIN} characters`)
    .max(PASSWORD_LENGTH_MAX)
    .refine((text) => text.isWellFormed(), 'must be well-formed Unicode'),
});
export type ChangePassword = z.infer<typeof ChangePasswordSchema>;

export const SessionViewSchema = z.object({
  id: z.string(),
  user: z.object({ id: z.string(), email: z.string(), name: z.string() }),
  organisation: z.object({ id: z.string(), name: z.string() }),
  roles: z.array(z.object({ role: z.enum(ROLES), team_id: z.string().nullable() })),
  /** What the roles hold now; after a sign-in with a first password nothing but the own account. */
  grants: z.array(z.object({ team_id: z.string().nullable(), permissions: z.array(z.string()) })),
  must_change_password: z.boolean(),
  /** Send it as `x-tollgate-csrf` with everything that changes something. */
  csrf_token: z.string(),
  created_at: z.string(),
  /** However much the session is used. */
  expires_at: z.string(),
});
export type SessionView = z.infer<typeof SessionViewSchema>;

export const ListedSessionSchema = z.object({
  id: z.string(),
  current: z.boolean(),
  ip: z.string().nullable(),
  user_agent: z.string().nullable(),
  created_at: z.string(),
  last_seen_at: z.string(),
  expires_at: z.string(),
});
export type ListedSession = z.infer<typeof ListedSessionSchema>;

const row = { service: 'auth', tag: 'sessions' } as const;
const own = { ...row, permission: ACCOUNT_PERMISSION, teams: true } as const;
const EndedSchema = z.object({ ended: z.int() });

export const SESSION_OPERATIONS = defineOperations({
  signIn: {
    ...row,
    permission: null,
    method: 'POST',
    path: '/api/v1/sessions',
    summary: 'Sign in with email and password',
    description:
      'Sets an HttpOnly cookie. An unknown address and a wrong password get the same answer in the same time. After five failures each further one waits longer, up to 15 minutes.',
    body: SignInSchema,
    answer: { status: 201, description: 'The session, with its CSRF token', schema: SessionViewSchema },
    errors: ['sign_in_failed', 'permission_denied', 'invalid_request', 'rate_limit_exceeded', 'overloaded'],
  },
  listSessions: {
    ...own,
    method: 'GET',
    path: '/api/v1/sessions',
    summary: 'List where the user is signed in',
    answer: { status: 200, description: 'The sessions, newest first', schema: z.object({ data: z.array(ListedSessionSchema) }) },
  },
  getCurrentSession: {
    ...own,
    method: 'GET',
    path: '/api/v1/sessions/current',
    summary: 'Read who is signed in, and what they may do',
    answer: { status: 200, description: 'The session', schema: SessionViewSchema },
  },
  signOut: {
    ...own,
    method: 'DELETE',
    path: '/api/v1/sessions/current',
    summary: 'Sign out',
    answer: { status: 204, description: 'Signed out', schema: null },
  },
  endOtherSessions: {
    ...own,
    method: 'POST',
    path: '/api/v1/sessions/end-others',
    summary: 'Sign out everywhere else',
    answer: { status: 200, description: 'How many sessions ended', schema: EndedSchema },
  },
  endSession: {
    ...own,
    method: 'DELETE',
    path: '/api/v1/sessions/{id}',
    summary: 'Sign out elsewhere',
    answer: { status: 204, description: 'Ended', schema: null },
    errors: ['not_found'],
  },
  changePassword: {
    ...own,
    method: 'POST',
    path: '/api/v1/account/password',
    summary: 'Change the own password',
    description: 'Ends all other sessions and renews this one: cookie and CSRF token are new.',
    body: ChangePasswordSchema,
    answer: { status: 200, description: 'The session, renewed', schema: SessionViewSchema },
    errors: ['sign_in_failed', 'rate_limit_exceeded'],
  },
});

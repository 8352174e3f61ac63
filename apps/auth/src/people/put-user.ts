import type { CreatedUser, CreateUser } from '@tollgate/contracts';
import { newId, type RandomBytes } from '@tollgate/kernel';
import type { Change } from '../changes/changes.js';
import { assertRolesGivable, type RoleIn } from './assert-roles-in-reach.js';
import { assertTeamInReach } from './assert-team-in-reach.js';
import { makeInitialPassword } from './passwords.js';
import { orConflict } from './unique.js';
import { auditUser, targetUser, type UserRow, viewUser } from './user-row.js';

export interface FirstPassword {
  readonly text: string;
  readonly hash: string;
}

/** Hashed before the transaction begins: it takes a while. */
export async function firstPassword(
  randomBytes: RandomBytes,
  passwords: { hash(password: string): Promise<string> },
): Promise<FirstPassword> {
  const text = makeInitialPassword(randomBytes);
  return { text, hash: await passwords.hash(text) };
}

export async function createUser(
  change: Change,
  randomBytes: RandomBytes,
  password: FirstPassword,
  { email, name, roles }: CreateUser,
): Promise<CreatedUser> {
  const { manager, act, now } = change;
  assertRolesGivable(act, roles);
  await assertTeams(change, roles);
  const time = new Date(now);
  const row: UserRow = {
    id: newId('user', now, randomBytes),
    email,
    name,
    status: 'active',
    must_change_password: true,
    last_signed_in_at: null,
    created_at: time,
    updated_at: time,
    revision: 1,
    roles,
  };
  await orConflict(
    manager.query(
      'INSERT INTO auth.users (id, email, password_hash, must_change_password, created_at) VALUES ($1, $2, $3, true, $4)',
      [row.id, email, password.hash, time],
    ),
    'This email address is in use.',
  );
  await manager.query(
    `INSERT INTO auth.members (organisation_id, user_id, name, status, created_at, updated_at) VALUES ($1, $2, $3, 'active', $4, $4)`,
    [act.organisationId, row.id, name, time],
  );
  await insertRoles(change, row.id, roles);
  change.audit({ action: 'user.created', target: targetUser(row), before: null, after: auditUser(row) });
  return { ...viewUser(row), initial_password: password.text };
}

export async function assertTeams(change: Change, roles: readonly RoleIn[]): Promise<void> {
  for (const [index, { team_id }] of roles.entries()) await assertTeamInReach(change, team_id, `/roles/${index}/team_id`);
}

export async function insertRoles({ manager, act }: Change, userId: string, roles: readonly RoleIn[]): Promise<void> {
  await manager.query(
    `INSERT INTO auth.member_roles (organisation_id, user_id, role, team_id)
     SELECT $1, $2, role, team_id FROM unnest($3::text[], $4::text[]) AS given (role, team_id)`,
    [act.organisationId, userId, roles.map(({ role }) => role), roles.map(({ team_id }) => team_id)],
  );
}

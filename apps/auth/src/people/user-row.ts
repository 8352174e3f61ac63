import type { User } from '@tollgate/contracts';
import { TollgateError } from '@tollgate/kernel';
import type { EntityManager } from 'typeorm';
import type { Act } from '../changes/act.js';
import type { RoleIn } from './assert-roles-in-reach.js';

export interface UserRow {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly status: User['status'];
  readonly must_change_password: boolean;
  readonly last_signed_in_at: Date | null;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly revision: number;
  readonly roles: readonly RoleIn[];
}

/** As one organisation sees a user: its own name for them, its status, its roles. */
export const USER_SELECT = `SELECT u.id, u.email, u.must_change_password, u.last_signed_in_at, m.name, m.status, m.created_at,
  m.updated_at, m.revision, COALESCE((
    SELECT json_agg(json_build_object('role', r.role, 'team_id', r.team_id) ORDER BY r.team_id NULLS FIRST, r.role)
    FROM auth.member_roles r WHERE r.organisation_id = m.organisation_id AND r.user_id = m.user_id), '[]'::json) AS roles
  FROM auth.members m JOIN auth.users u ON u.id = m.user_id`;

/** One who does not belong to the organisation is not found. `lock` keeps others from changing them until the transaction ends. */
export async function findUser(manager: EntityManager, act: Act, id: string, lock: boolean): Promise<UserRow> {
  const rows: UserRow[] = await manager.query(
    `${USER_SELECT} WHERE m.organisation_id = $1 AND m.user_id = $2 ${lock ? 'FOR UPDATE OF m, u' : ''}`,
    [act.organisationId, id],
  );
  const [row] = rows;
  if (row === undefined) throw new TollgateError('not_found', 'There is no such user.');
  return row;
}

export const viewUser = ({ created_at, updated_at, last_signed_in_at, roles, ...row }: UserRow): User => ({
  ...row,
  roles: [...roles],
  last_signed_in_at: last_signed_in_at?.toISOString() ?? null,
  created_at: created_at.toISOString(),
  updated_at: updated_at.toISOString(),
});

/** What the trail keeps of a user. */
export const auditUser = ({ name, status, roles }: Pick<UserRow, 'name' | 'status' | 'roles'>) => ({
  name,
  status,
  roles: roles.map(({ role, team_id }) => ({ role, teamId: team_id })),
});
export const targetUser = ({ id, email }: Pick<UserRow, 'id' | 'email'>) => ({ type: 'user', id, name: email });

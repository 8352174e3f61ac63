import type { ListUsersQuery, Page, User } from '@tollgate/contracts';
import type { EntityManager } from 'typeorm';
import type { Act } from '../changes/act.js';
import { afterOf, pageOfRows } from './page.js';
import { USER_SELECT, type UserRow, viewUser } from './user-row.js';

export async function listUsers(manager: EntityManager, act: Act, query: ListUsersQuery): Promise<Page<User>> {
  const rows: UserRow[] = await manager.query(
    `${USER_SELECT} WHERE m.organisation_id = $1 AND ($2::text IS NULL OR m.user_id < $2) AND ($3::text IS NULL OR m.status = $3)
       AND ($4::text IS NULL OR EXISTS (SELECT 1 FROM auth.member_roles r
         WHERE r.organisation_id = m.organisation_id AND r.user_id = m.user_id AND r.team_id = $4))
     ORDER BY m.user_id DESC LIMIT $5`,
    [act.organisationId, afterOf(query, 'user'), query.status ?? null, query.team_id ?? null, query.limit + 1],
  );
  return pageOfRows(rows, query.limit, viewUser);
}

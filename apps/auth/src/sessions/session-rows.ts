import { ACCOUNT_PERMISSION, type Grant, permissionsOfRole, type SessionSnapshot } from '@tollgate/contracts';
import type { PoolClient } from 'pg';
import type { RoleIn } from '../people/assert-roles-in-reach.js';

export const IDLE_MS = 12 * 3_600_000;
export const LIFETIME_MS = 7 * 86_400_000;
/** How often the last use is written down. */
const SEEN_EVERY_MS = 60_000;

interface ResolveRow {
  readonly id: string;
  readonly user_id: string;
  readonly organisation_id: string;
  readonly operator: boolean;
  readonly must_change_password: boolean;
  readonly last_seen_at: Date;
  readonly roles: readonly RoleIn[];
}

/** Roles in archived teams are none. */
export const ROLES_OF_MEMBER = `COALESCE((
  SELECT json_agg(json_build_object('role', r.role, 'team_id', r.team_id) ORDER BY r.team_id NULLS FIRST, r.role)
  FROM auth.member_roles r LEFT JOIN auth.teams t ON t.organisation_id = r.organisation_id AND t.id = r.team_id
  WHERE r.organisation_id = m.organisation_id AND r.user_id = m.user_id AND (r.team_id IS NULL OR t.status = 'active')), '[]'::json)`;

/** Whose session it is and what they may do now; null where it has ended, sat idle, or its user or organisation has been suspended. */
export async function resolveSession(
  client: PoolClient,
  digests: readonly Buffer[],
  now: number,
): Promise<SessionSnapshot | null> {
  const { rows } = await client.query<ResolveRow>({
    name: 'resolve-session',
    text: `SELECT s.id, s.user_id, s.organisation_id, s.last_seen_at, o.operator, u.must_change_password, ${ROLES_OF_MEMBER} AS roles
      FROM auth.sessions s
      JOIN auth.members m ON m.organisation_id = s.organisation_id AND m.user_id = s.user_id AND m.status = 'active'
      JOIN auth.users u ON u.id = s.user_id
      JOIN auth.organisations o ON o.id = s.organisation_id AND o.status = 'active'
      WHERE s.digest = ANY($1) AND s.expires_at > $2 AND s.last_seen_at > $3`,
    values: [digests, new Date(now), new Date(now - IDLE_MS)],
  });
  const [row] = rows;
  if (row === undefined) return null;
  if (now - row.last_seen_at.getTime() > SEEN_EVERY_MS) {
    await client.query('UPDATE auth.sessions SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2', [row.id, new Date(now)]);
  }
  return {
    id: row.id,
    userId: row.user_id,
    organisationId: row.organisation_id,
    operator: row.operator,
    grants: [...grantsOf(row.roles, row.must_change_password)],
  };
}

/** Whoever still has the first password, which somebody else has seen, does nothing but change it. */
export function grantsOf(roles: readonly RoleIn[], mustChangePassword: boolean): readonly Grant[] {
  if (mustChangePassword) return [{ teamId: null, permissions: [ACCOUNT_PERMISSION] }];
  const byTeam = new Map<string | null, Set<string>>([[null, new Set([ACCOUNT_PERMISSION])]]);
  for (const { role, team_id } of roles) {
    const permissions = byTeam.get(team_id) ?? new Set();
    for (const permission of permissionsOfRole(role)) permissions.add(permission);
    byTeam.set(team_id, permissions);
  }
  return [...byTeam].map(([teamId, permissions]) => ({ teamId, permissions: [...permissions] }));
}

/** Ended by time; cookies of such are refused anyway. */
export async function sweepSessions(client: PoolClient): Promise<void> {
  await client.query("DELETE FROM auth.sessions WHERE expires_at < now() OR last_seen_at < now() - interval '13 hours'");
  await client.query("DELETE FROM auth.sign_in_attempts WHERE updated_at < now() - interval '25 hours'");
}

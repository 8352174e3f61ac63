import type { ChangeUser, CreatedUser, User } from '@tollgate/contracts';
import { TollgateError } from '@tollgate/kernel';
import type { Change } from '../changes/changes.js';
import { differenceOf } from '../changes/difference-of.js';
import { assertUnchanged } from '../changes/precondition.js';
import { dropSignInsOf } from '../oauth/store/artefacts.js';
import { announceKeysOf } from './announce-keys-of.js';
import { assertRolesGivable, assertUserInReach } from './assert-roles-in-reach.js';
import { assertTeams, type FirstPassword, insertRoles } from './put-user.js';
import { auditUser, findUser, targetUser, type UserRow, viewUser } from './user-row.js';

export async function changeUser(change: Change, id: string, patch: ChangeUser): Promise<User> {
  const { manager, act, now } = change;
  await lockOwners(change);
  const row = await findUser(manager, act, id, true);
  assertUnchanged(act, row);
  assertUserInReach(act, row.roles);
  const next: UserRow = {
    ...row,
    name: patch.name ?? row.name,
    status: patch.status ?? row.status,
    roles: patch.roles === undefined ? row.roles : inOrder(patch.roles),
    updated_at: new Date(now),
    revision: row.revision + 1,
  };
  const difference = differenceOf(auditUser(row), auditUser(next));
  if (difference === null) return viewUser(row);
  if (patch.roles !== undefined) {
    assertRolesGivable(act, next.roles);
    await assertTeams(change, patch.roles);
    await manager.query('DELETE FROM auth.member_roles WHERE organisation_id = $1 AND user_id = $2', [act.organisationId, id]);
    await insertRoles(change, id, next.roles);
  }
  await manager.query(
    'UPDATE auth.members SET name = $3, status = $4, updated_at = $5, revision = $6 WHERE organisation_id = $1 AND user_id = $2',
    [act.organisationId, id, next.name, next.status, next.updated_at, next.revision],
  );
  await assertOwnerLeft(change, isOwner(row));
  if (row.status !== next.status) {
    if (next.status === 'suspended') await endSessions(change, id);
    await announceKeysOf(change, id, next.status === 'active' ? 'changed' : 'revoked');
  }
  change.audit({ action: actionOf(row, next), target: targetUser(next), ...difference });
  return viewUser(next);
}

/** The last trace of somebody who belongs nowhere else is the audit trail. */
export async function removeUser(change: Change, id: string): Promise<void> {
  const { manager, act } = change;
  await lockOwners(change);
  const row = await findUser(manager, act, id, true);
  assertUnchanged(act, row);
  assertUserInReach(act, row.roles);
  await announceKeysOf(change, id, 'revoked');
  await manager.query('DELETE FROM auth.members WHERE organisation_id = $1 AND user_id = $2', [act.organisationId, id]);
  await manager.query(
    'DELETE FROM auth.users u WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM auth.members m WHERE m.user_id = u.id)',
    [id],
  );
  await assertOwnerLeft(change, isOwner(row));
  change.audit({ action: 'user.removed', target: targetUser(row), before: auditUser(row), after: null });
}

/** A password opens every organisation of a user: nobody sets it from one of several. */
export async function resetPassword(change: Change, id: string, password: FirstPassword): Promise<CreatedUser> {
  const { manager, act } = change;
  const row = await findUser(manager, act, id, true);
  assertUserInReach(act, row.roles);
  const elsewhere: unknown[] = await manager.query('SELECT 1 FROM auth.members WHERE user_id = $1 AND organisation_id <> $2', [
    id,
    act.organisationId,
  ]);
  if (elsewhere.length > 0) {
    throw new TollgateError('conflict', 'This user belongs to another organisation as well: only they change their password.');
  }
  await manager.query('UPDATE auth.users SET password_hash = $2, must_change_password = true WHERE id = $1', [id, password.hash]);
  await manager.query('DELETE FROM auth.sessions WHERE user_id = $1', [id]);
  await dropSignInsOf(manager, id);
  change.audit({ action: 'user.password_reset', target: targetUser(row), before: null, after: null });
  return { ...viewUser({ ...row, must_change_password: true }), initial_password: password.text };
}

export async function endSessionsOfUser(change: Change, id: string): Promise<{ readonly ended: number }> {
  const { manager, act } = change;
  const row = await findUser(manager, act, id, true);
  assertUserInReach(act, row.roles);
  const ended = await endSessions(change, id);
  if (ended > 0) change.audit({ action: 'user.signed_out', target: targetUser(row), before: null, after: { sessions: ended } });
  return { ended };
}

async function endSessions({ manager, act }: Change, userId: string): Promise<number> {
  await dropSignInsOf(manager, userId);
  const rows: unknown[] = await manager.query(
    'WITH gone AS (DELETE FROM auth.sessions WHERE organisation_id = $1 AND user_id = $2 RETURNING id) SELECT id FROM gone',
    [act.organisationId, userId],
  );
  return rows.length;
}

/** Two owners who remove each other at the same moment would leave none. */
async function lockOwners({ manager, act }: Change): Promise<void> {
  await manager.query('SELECT 1 FROM auth.organisations WHERE id = $1 FOR NO KEY UPDATE', [act.organisationId]);
}

async function assertOwnerLeft({ manager, act }: Change, wasOwner: boolean): Promise<void> {
  if (!wasOwner) return;
  const owners: unknown[] = await manager.query(
    `SELECT 1 FROM auth.member_roles r JOIN auth.members m USING (organisation_id, user_id)
     WHERE r.organisation_id = $1 AND r.role = 'owner' AND m.status = 'active' LIMIT 1`,
    [act.organisationId],
  );
  if (owners.length === 0) throw new TollgateError('conflict', 'An organisation keeps an owner: make another one first.');
}

const isOwner = ({ roles, status }: UserRow): boolean => status === 'active' && roles.some(({ role }) => role === 'owner');

/** As they are read. */
const inOrder = (roles: UserRow['roles']): UserRow['roles'] =>
  [...roles].sort((a, b) => (a.team_id ?? '').localeCompare(b.team_id ?? '') || a.role.localeCompare(b.role));

const actionOf = (before: UserRow, after: UserRow): string =>
  before.status === after.status ? 'user.changed' : after.status === 'active' ? 'user.restored' : 'user.suspended';

import { InvalidFieldsError } from '@tollgate/nest';
import type { Change } from '../changes/changes.js';

/**
 * A user or service account of another organisation does not exist. Whoever acts for a team makes keys for themselves and for
 * the service accounts of that team.
 */
export async function assertOwner({ manager, act }: Change, ownerId: string | null): Promise<void> {
  if (ownerId === null) return;
  const [row]: { known: boolean }[] = await manager.query(
    `SELECT EXISTS (SELECT FROM auth.members WHERE organisation_id = $1 AND user_id = $2 AND ($3::text[] IS NULL OR user_id = $4))
       OR EXISTS (SELECT FROM auth.service_accounts WHERE organisation_id = $1 AND id = $2 AND status <> 'archived'
         AND ($3::text[] IS NULL OR team_id = ANY($3))) AS known`,
    [act.organisationId, ownerId, act.teams, act.actor.id],
  );
  if (row?.known === true) return;
  throw new InvalidFieldsError([
    { pointer: '/owner_id', detail: 'There is no such user or service account.', reason: 'no_owner' },
  ]);
}

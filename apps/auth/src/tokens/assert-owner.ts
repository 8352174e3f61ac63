import { InvalidFieldsError } from '@tollgate/nest';
import type { Change } from '../changes/changes.js';

/** A user or service account of another organisation does not exist. */
export async function assertOwner({ manager, act }: Change, ownerId: string | null): Promise<void> {
  if (ownerId === null) return;
  const [row]: { known: boolean }[] = await manager.query(
    `SELECT EXISTS (SELECT FROM auth.members WHERE organisation_id = $1 AND user_id = $2)
       OR EXISTS (SELECT FROM auth.service_accounts WHERE organisation_id = $1 AND id = $2 AND status <> 'archived') AS known`,
    [act.organisationId, ownerId],
  );
  if (row?.known === true) return;
  throw new InvalidFieldsError([
    { pointer: '/owner_id', detail: 'There is no such user or service account.', reason: 'no_owner' },
  ]);
}

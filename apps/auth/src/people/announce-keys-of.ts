import type { FeedEvent } from '@tollgate/contracts';
import type { Change } from '../changes/changes.js';

/** The keys of an owner stand and fall with them: every router looks them up anew. */
export async function announceKeysOf(
  { manager, act, announce }: Change,
  ownerId: string,
  kind: FeedEvent['kind'],
): Promise<void> {
  const rows: { public_id: string }[] = await manager.query(
    "SELECT public_id FROM auth.tokens WHERE organisation_id = $1 AND owner_id = $2 AND status <> 'revoked'",
    [act.organisationId, ownerId],
  );
  for (const row of rows) announce(row.public_id, kind);
}

import { TollgateError } from '@tollgate/kernel';
import { heldFor } from '../changes/act.js';
import type { Change } from '../changes/changes.js';
import { assertInReach } from '../tokens/assert-within.js';
import { changeToken } from '../tokens/change-token.js';
import { findToken } from '../tokens/find-token.js';
import type { IncidentRow } from './incident-rows.js';
import { announceFamily } from './take-action.js';

/** Brings the key of the incident back to what it was. One that was revoked meanwhile stays so. Whoever does it must reach that far. */
export async function undoAction(change: Change, row: IncidentRow): Promise<void> {
  const { manager, act } = change;
  if (row.token_id === null) throw new TollgateError('conflict', 'The incident is about no key.');
  const token = await findToken(manager, act, row.token_id, true);
  assertInReach(token, heldFor(act, token.teamId));
  if (row.action === 'suspend') {
    // The ETag was that of the incident.
    const within: Change = { ...change, act: { ...act, ifMatch: null } };
    if (token.status === 'suspended') await changeToken(within, token.id, { status: 'active' });
    return;
  }
  // What a later incident of the same key made of it is that one's.
  const [gone]: [unknown[], number] = await manager.query(
    'DELETE FROM auth.slow_downs WHERE token_id = $1 AND incident_id = $2 RETURNING 1',
    [token.id, row.id],
  );
  if (gone.length > 0) await announceFamily(change, token);
}

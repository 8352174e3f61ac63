import type { PutWatchSettings, WatchAction } from '@tollgate/contracts';
import type { Change } from '../changes/changes.js';
import { TokenEntity, type TokenRow } from '../database/entities.js';
import { changeToken } from '../tokens/change-token.js';
import { findDescendants } from '../tokens/family.js';
import type { IncidentRow } from './incident-rows.js';

const MINUTE_MS = 60_000;

interface Wanted {
  readonly wanted: WatchAction;
  readonly slowDown: PutWatchSettings['slow_down'];
}

/**
 * Slows the key of the incident down or takes it out of service, unless that has been done. Routers hear of it with the commit. A
 * client or a grant of OAuth has no key to be stopped by: what may be done about those is done by the server itself.
 */
export async function takeAction(change: Change, row: IncidentRow, { wanted, slowDown }: Wanted): Promise<IncidentRow> {
  if (wanted === 'alert' || row.token_id === null) return row;
  const token = await change.manager.findOne(TokenEntity, {
    where: { id: row.token_id, organisationId: change.act.organisationId },
    lock: { mode: 'pessimistic_write' },
  });
  // Out of service already, by whomever.
  if (token === null || token.type === 'o' || token.status !== 'active') return row;
  if (wanted === 'suspend') {
    await changeToken(change, token.id, { status: 'suspended' });
    return note(change, row, { wanted, until: null });
  }
  if (row.action_state === 'in_force') return row;
  const until = new Date(change.now + slowDown.minutes * MINUTE_MS);
  await change.manager.query(
    `INSERT INTO auth.slow_downs (token_id, organisation_id, incident_id, requests_per_minute, until) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (token_id) DO UPDATE SET incident_id = EXCLUDED.incident_id, until = EXCLUDED.until,
       requests_per_minute = LEAST(slow_downs.requests_per_minute, EXCLUDED.requests_per_minute)`,
    [token.id, change.act.organisationId, row.id, slowDown.requests_per_minute, until],
  );
  await announceFamily(change, token);
  return note(change, row, { wanted, until });
}

/** Routers look the key and those below it up anew: its limits are theirs too. */
export async function announceFamily(change: Change, token: Pick<TokenRow, 'id' | 'publicId'>): Promise<void> {
  change.announce(token.publicId, 'changed');
  for (const child of await findDescendants(change.manager, token.id, false)) change.announce(child.publicId, 'changed');
}

async function note(
  { manager, now, audit }: Change,
  row: IncidentRow,
  { wanted, until }: { readonly wanted: WatchAction; readonly until: Date | null },
): Promise<IncidentRow> {
  const [rows]: [IncidentRow[], number] = await manager.query(
    `UPDATE auth.incidents SET action = $2, action_state = 'in_force', action_until = $3, updated_at = $4, revision = revision + 1
     WHERE id = $1 RETURNING *`,
    [row.id, wanted, until, new Date(now)],
  );
  audit({
    action: 'incident.action_taken',
    target: { type: 'incident', id: row.id, name: row.rule },
    before: { action: row.action, state: row.action_state },
    after: { action: wanted, tokenId: row.token_id, until: until?.toISOString() ?? null },
  });
  return rows[0] as IncidentRow;
}

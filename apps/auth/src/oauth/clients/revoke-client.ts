import type { Change } from '../../changes/changes.js';
import { assertUnchanged } from '../../changes/precondition.js';
import { assertInReach } from '../../tokens/assert-within.js';
import { revokeRow } from '../../tokens/revoke-token.js';
import { findClient } from './change-client.js';
import type { ClientRow } from './client-row.js';

/** Ends a client, its secrets, and all that users have granted to it. Again changes nothing and leaves no trace. */
export async function revokeClient(change: Change, id: string): Promise<ClientRow> {
  const { manager, act, now } = change;
  const client = await findClient(change, id);
  assertInReach(client.token, act.held);
  assertUnchanged(act, client.token);
  if (client.token.status === 'revoked') return client;
  change.audit({
    action: 'oauth_client.revoked',
    target: { type: 'oauth_client', id, name: client.token.name },
    before: { status: client.token.status },
    after: { status: 'revoked' },
  });
  await manager.query(
    `DELETE FROM auth.oauth_artefacts WHERE grant_id IN (SELECT id FROM auth.oauth_grants WHERE client_id = $1)`,
    [id],
  );
  await revokeRow(change, client.token);
  const time = new Date(now);
  return {
    ...client,
    token: { ...client.token, status: 'revoked', revokedAt: time, updatedAt: time, revision: client.token.revision + 1 },
    secrets: client.secrets.map((secret) => ({ ...secret, state: 'revoked', revokedAt: time })),
  };
}

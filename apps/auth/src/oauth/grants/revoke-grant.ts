import type { Change } from '../../changes/changes.js';
import { revokeRow } from '../../tokens/revoke-token.js';
import { dropArtefactsOfGrant } from '../store/artefacts.js';
import { type GrantRow, readGrant } from './grant-row.js';

/** Why a grant ends, as it stands in the trail. */
export type GrantEnd = 'revoked' | 'refresh_token_reused' | 'code_reused';

/**
 * Ends a grant for ever: its codes and refresh tokens are gone, and routers refuse its access tokens as soon as they hear of it.
 * Again changes nothing. null where there is no such grant.
 */
export async function revokeGrant(
  change: Change,
  id: string,
  organisationId: string | null,
  end: GrantEnd,
): Promise<GrantRow | null> {
  const { manager, now } = change;
  const grant = await readGrant(manager, id, organisationId, true);
  if (grant === null) return null;
  await dropArtefactsOfGrant(manager, id);
  if (grant.token.status === 'revoked') return grant;
  change.audit({
    action: `oauth_grant.${end}`,
    target: { type: 'oauth_grant', id, name: grant.clientName },
    before: { status: grant.token.status },
    after: { status: 'revoked', clientId: grant.clientId, userId: grant.userId },
  });
  await revokeRow(change, grant.token);
  return { ...grant, token: { ...grant.token, status: 'revoked', revokedAt: new Date(now) } };
}

import type { Change } from '../../changes/changes.js';
import type { Raised } from '../../changes/raised.js';
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
  if (end !== 'revoked') change.raise(reusedGrant(change, grant, end));
  await revokeRow(change, grant.token);
  return { ...grant, token: { ...grant.token, status: 'revoked', revokedAt: new Date(now) } };
}

const WHAT = { refresh_token_reused: 'A refresh token', code_reused: 'An authorization code' } as const;

/** RFC 9700, 4.14.2: somebody has what belongs to another, and nobody can tell which of the two it is. */
const reusedGrant = ({ now }: Change, grant: GrantRow, end: keyof typeof WHAT): Raised => ({
  finding: {
    rule: 'grant_reused',
    severity: 'critical',
    reason: `${WHAT[end]} of ${grant.clientName} was used twice: one of the two is not its owner. The grant has ended with all its tokens.`,
    evidence: { grant_id: grant.id, client_id: grant.clientId, user_id: grant.userId, reused: end },
    count: 1,
    at: now,
    secretId: null,
    // It has ended already.
    proven: false,
  },
  subject: grant.id,
  key: { id: grant.token.id, name: grant.token.name, publicId: grant.token.publicId },
});

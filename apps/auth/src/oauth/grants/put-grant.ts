import { EMPTY_POLICY } from '@tollgate/contracts';
import type { Change } from '../../changes/changes.js';
import { TokenEntity } from '../../database/entities.js';
import type { Mint } from '../../tokens/create-token.js';
import type { ClientRow } from '../clients/client-row.js';
import { keyRow } from '../clients/make-key.js';
import { readGrant } from './grant-row.js';

const DAY_MS = 86_400_000;
/** However often it is refreshed: then the user is asked again. */
export const GRANT_MS = 365 * DAY_MS;

export interface GrantWish {
  readonly id: string;
  readonly client: ClientRow;
  readonly userId: string;
  readonly scopes: readonly string[];
}

/**
 * Notes what a user has granted: a key of its own below that of the client, so that the client's policy, limits and budgets
 * bind it too. Of a grant that exists the scopes grow.
 */
export async function putGrant(change: Change, mint: Mint, { id, client, userId, scopes }: GrantWish): Promise<void> {
  const { manager, now } = change;
  const known = await readGrant(manager, id, client.organisationId, true);
  const target = { type: 'oauth_grant', id, name: client.token.name };
  if (known !== null) {
    const all = [...new Set([...known.token.policy.scopes, ...scopes])];
    if (all.length === known.token.policy.scopes.length) return;
    const policy = { ...known.token.policy, scopes: all };
    await manager.update(
      TokenEntity,
      { id: known.token.id },
      { policy, updatedAt: new Date(now), revision: known.token.revision + 1 },
    );
    change.audit({
      action: 'oauth_grant.changed',
      target,
      before: { scopes: known.token.policy.scopes },
      after: { scopes: all },
    });
    change.announce(known.token.publicId, 'changed');
    return;
  }
  const token = keyRow(change, mint, {
    name: client.token.name,
    organisationId: client.organisationId,
    teamId: client.token.teamId,
    ownerId: userId,
    parentId: client.tokenId,
    expiresAt: new Date(now + GRANT_MS),
    policyOf: () => ({ ...EMPTY_POLICY, scopes: [...scopes], models: { allow: ['*'], deny: [] } }),
  });
  await manager.insert(TokenEntity, token);
  await manager.query(
    `INSERT INTO auth.oauth_grants (id, organisation_id, client_id, user_id, token_id, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
    [id, client.organisationId, client.id, userId, token.id, new Date(now)],
  );
  change.audit({
    action: 'oauth_grant.created',
    target,
    before: null,
    after: { clientId: client.id, userId, scopes: [...scopes], tokenId: token.id, publicId: token.publicId },
  });
  change.announce(token.publicId, 'changed');
}

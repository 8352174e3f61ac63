import { In, Not } from 'typeorm';
import { heldFor } from '../changes/act.js';
import type { Change } from '../changes/changes.js';
import { assertUnchanged } from '../changes/precondition.js';
import { TokenEntity, type TokenRow, TokenSecretEntity } from '../database/entities.js';
import { assertInReach } from './assert-within.js';
import { type Descendant, findDescendants } from './family.js';
import { findToken } from './find-token.js';

/** Ends a token, its children and all their secrets for ever. Again changes nothing and leaves no trace. */
export async function revokeToken(change: Change, id: string): Promise<TokenRow> {
  const { manager, act } = change;
  const row = await findToken(manager, act, id, true);
  assertUnchanged(act, row);
  assertInReach(row, heldFor(act, row.teamId));
  if (row.status === 'revoked') return row;
  await revokeRow(change, row);
  const time = new Date(change.now);
  return { ...row, status: 'revoked', revokedAt: time, updatedAt: time, revision: row.revision + 1 };
}

/**
 * The row is locked, active or suspended, and in reach; a child holds no more than its parent, so it is in reach as well.
 * Returns the ids of all that were revoked.
 */
export async function revokeRow(change: Change, row: TokenRow): Promise<readonly string[]> {
  const { manager, now } = change;
  const time = new Date(now);
  const children = (await findDescendants(manager, row.id, true)).filter(({ status }) => status !== 'revoked');
  const ids = [row.id, ...children.map(({ id }) => id)];
  await manager
    .createQueryBuilder()
    .update(TokenEntity)
    .set({ status: 'revoked', revokedAt: time, updatedAt: time, revision: () => 'revision + 1' })
    .where({ id: In(ids) })
    .execute();
  await manager.update(TokenSecretEntity, { tokenId: In(ids), state: Not('revoked') }, { state: 'revoked', revokedAt: time });
  note(change, row, null);
  for (const child of children) note(change, child, row.id);
  return ids;
}

function note(change: Change, { id, name, status, publicId }: Descendant, parentId: string | null): void {
  change.audit({
    action: 'token.revoked',
    target: { type: 'token', id, name },
    before: { status },
    after: { status: 'revoked', ...(parentId === null ? {} : { withParent: parentId }) },
  });
  change.announce(publicId, 'revoked');
}

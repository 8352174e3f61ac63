import { Not } from 'typeorm';
import type { Change } from '../changes/changes.js';
import { TokenEntity, type TokenRow, TokenSecretEntity } from '../database/entities.js';
import { assertInReach } from './assert-within.js';
import { findToken } from './find-token.js';

/** Ends a token and all its secrets for ever. Again changes nothing and leaves no trace. */
export async function revokeToken(change: Change, id: string): Promise<TokenRow> {
  const { manager, act, now } = change;
  const row = await findToken(manager, act.organisationId, id, true);
  assertInReach(row, act.held);
  if (row.status === 'revoked') return row;
  const time = new Date(now);
  const next: TokenRow = { ...row, status: 'revoked', revokedAt: time, updatedAt: time, revision: row.revision + 1 };
  await manager.update(TokenEntity, { id, organisationId: act.organisationId }, next);
  await manager.update(TokenSecretEntity, { tokenId: id, state: Not('revoked') }, { state: 'revoked', revokedAt: time });
  change.audit({
    action: 'token.revoked',
    target: { type: 'token', id, name: row.name },
    before: { status: row.status },
    after: { status: 'revoked' },
  });
  change.announce(row.publicId, 'revoked');
  return next;
}

import { TollgateError } from '@tollgate/kernel';
import { endSecret } from '@tollgate/policy';
import { heldFor } from '../changes/act.js';
import type { Change } from '../changes/changes.js';
import { assertUnchanged } from '../changes/precondition.js';
import type { TokenRow } from '../database/entities.js';
import { assertInReach } from '../tokens/assert-within.js';
import { findToken } from '../tokens/find-token.js';
import { endRotation } from './finish-rotation.js';
import { stepsOf } from './refuse-rotation.js';
import { pendingRotationOf } from './rotation-rows.js';
import { announceSecrets, applySteps, livesOf, touchToken } from './secrets-of-token.js';

/** Ends a secret before its time: an old one in its grace, or a new one on its way. Again changes nothing. */
export async function revokeSecret(change: Change, id: string, secretId: string): Promise<TokenRow> {
  const { manager, act } = change;
  const row = await findToken(manager, act, id, true);
  assertUnchanged(act, row);
  assertInReach(row, heldFor(act, row.teamId));
  if (await isRevoked(change, id, secretId)) return row;
  const secrets = await livesOf(manager, id);
  const steps = stepsOf(endSecret(secrets, secretId));
  const before = secrets.find((secret) => secret.id === secretId);
  if (before?.state === 'pending') {
    const rotation = await pendingRotationOf(manager, id);
    if (rotation !== null) await endRotation(change, row, rotation, { end: 'cancelled', reason: 'secret_revoked' });
  }
  await applySteps(change, steps);
  await touchToken(change, row);
  change.audit({
    action: 'token.secret_revoked',
    target: { type: 'token', id, name: row.name },
    before: { secretId, state: before?.state ?? null },
    after: { state: 'revoked' },
  });
  announceSecrets(change, row, steps);
  return { ...row, revision: row.revision + 1, updatedAt: new Date(change.now) };
}

async function isRevoked({ manager }: Change, tokenId: string, secretId: string): Promise<boolean> {
  const rows: { state: string }[] = await manager.query('SELECT state FROM auth.token_secrets WHERE id = $1 AND token_id = $2', [
    secretId,
    tokenId,
  ]);
  const [row] = rows;
  if (row === undefined) throw new TollgateError('not_found', 'There is no such secret of this token.');
  return row.state === 'revoked';
}

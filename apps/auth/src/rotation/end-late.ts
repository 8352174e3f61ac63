import type { EntityManager } from 'typeorm';
import type { Change } from '../changes/changes.js';
import { findToken } from '../tokens/find-token.js';
import type { Due } from './due.js';
import { endRotation } from './finish-rotation.js';
import { lockRotation } from './rotation-rows.js';
import { livesOf } from './secrets-of-token.js';

/** Rotations that nobody acknowledged in time, and those whose token was revoked meanwhile. */
export const lateRotations = (manager: EntityManager, now: Date): Promise<readonly Due[]> =>
  manager.query(
    `SELECT rotation.id, rotation.organisation_id FROM auth.rotations AS rotation
     JOIN auth.token_secrets AS secret ON secret.id = rotation.secret_id
     WHERE rotation.state = 'pending' AND (rotation.deadline_at <= $1 OR secret.state <> 'pending') LIMIT 100`,
    [now],
  );

export async function endLateRotation(change: Change, id: string): Promise<void> {
  const { manager, act, now } = change;
  const rotation = await lockRotation(manager, id);
  if (rotation?.state !== 'pending') return;
  const token = await findToken(manager, act.organisationId, rotation.token_id, false);
  const waits = (await livesOf(manager, token.id)).some(
    (secret) => secret.id === rotation.secret_id && secret.state === 'pending',
  );
  if (!waits) await endRotation(change, token, rotation, { end: 'cancelled', reason: 'secret_revoked' });
  else if (rotation.deadline_at.getTime() <= now) {
    await endRotation(change, token, rotation, { end: 'failed', reason: rotation.last_problem ?? 'not_acknowledged' });
  }
}

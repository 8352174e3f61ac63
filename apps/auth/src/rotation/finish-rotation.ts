import { activatePending, endSecret } from '@tollgate/policy';
import type { Change } from '../changes/changes.js';
import type { Raised } from '../changes/raised.js';
import type { TokenRow } from '../database/entities.js';
import { stepsOf } from './refuse-rotation.js';
import type { RotationRow } from './rotation-rows.js';
import { announceSecrets, applySteps, livesOf, touchToken } from './secrets-of-token.js';

/** The delivery is acknowledged: from the commit on the new secret works. Token and rotation are locked, and it is pending. */
export async function completeRotation(change: Change, token: TokenRow, rotation: RotationRow): Promise<RotationRow> {
  const { manager, now } = change;
  const overlapMs = Number(rotation.overlap_ms);
  const steps = stepsOf(activatePending(await livesOf(manager, token.id), rotation.secret_id, { now, overlapMs }));
  await applySteps(change, steps);
  const retired = steps.find(({ state, id }) => state !== 'active' && id !== rotation.secret_id);
  await touchToken(change, token);
  // Whoever took the secret by a webhook is told when it works.
  const row = await close(change, rotation, 'completed', null, rotation.url === null ? null : now);
  change.audit({
    action: 'token.rotated',
    target: { type: 'token', id: token.id, name: token.name },
    before: { secretId: retired?.id ?? null },
    after: {
      secretId: rotation.secret_id,
      rotationId: rotation.id,
      oldSecretEndsAt: new Date(retired?.expiresAt ?? now).toISOString(),
    },
  });
  announceSecrets(change, token, steps);
  return row;
}

export type RotationEnd = 'failed' | 'cancelled';

/**
 * The new secret never comes to work, and its text is gone; the old one stays alone. A failure is an event of its own, so that
 * somebody looks. Token and rotation are locked, and it is pending.
 */
export async function endRotation(
  change: Change,
  token: Pick<TokenRow, 'id' | 'name' | 'publicId'>,
  rotation: RotationRow,
  { end, reason }: { readonly end: RotationEnd; readonly reason: string },
): Promise<void> {
  const ending = endSecret(await livesOf(change.manager, token.id), rotation.secret_id);
  // With its token it may be revoked already.
  if (ending.ok) await applySteps(change, ending.value);
  await close(change, rotation, end, reason, null);
  change.audit({
    action: end === 'failed' ? 'token.rotation_failed' : 'token.rotation_cancelled',
    target: { type: 'token', id: token.id, name: token.name },
    before: { rotationId: rotation.id, secretId: rotation.secret_id, state: 'pending' },
    after: { state: end, reason, attempts: rotation.attempts },
  });
  if (end === 'failed') change.raise(failedRotation(change, token, rotation, reason));
}

/** The old secret works on, and nobody has the new one: whoever looks after the key has to know. */
const failedRotation = (
  { now }: Change,
  token: Pick<TokenRow, 'id' | 'name' | 'publicId'>,
  { id, delivery, attempts, secret_id: secretId }: RotationRow,
  reason: string,
): Raised => ({
  finding: {
    rule: 'rotation_failed',
    severity: 'medium',
    reason: `A new secret could not be delivered (${reason}). The old one works on.`,
    evidence: { rotation_id: id, secret_id: secretId, delivery, attempts, problem: reason },
    count: 1,
    at: now,
    secretId,
    proven: false,
  },
  subject: token.id,
  key: { id: token.id, name: token.name, publicId: token.publicId },
});

async function close(
  { manager, now }: Change,
  { id }: RotationRow,
  state: RotationRow['state'],
  problem: string | null,
  tellAt: number | null,
): Promise<RotationRow> {
  const [rows]: [RotationRow[], number] = await manager.query(
    `UPDATE auth.rotations SET state = $2, last_problem = COALESCE($3, last_problem), finished_at = $4, next_attempt_at = $5,
       attempts = CASE WHEN $2 = 'completed' THEN 0 ELSE attempts END, kept = NULL, kept_link = NULL, link_digest = NULL
     WHERE id = $1 RETURNING *`,
    [id, state, problem, new Date(now), tellAt === null ? null : new Date(tellAt)],
  );
  return rows[0] as RotationRow;
}

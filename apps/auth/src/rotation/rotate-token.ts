import type { RotateToken } from '@tollgate/contracts';
import { planRotation, type SecretStep } from '@tollgate/policy';
import { heldFor } from '../changes/act.js';
import type { Change } from '../changes/changes.js';
import { assertUnchanged } from '../changes/precondition.js';
import type { TokenRow } from '../database/entities.js';
import { assertInReach, assertOutlived } from '../tokens/assert-within.js';
import type { Mint } from '../tokens/create-token.js';
import { findToken } from '../tokens/find-token.js';
import { endRotation } from './finish-rotation.js';
import { type PreparedRotation, prepareRotation } from './prepare-rotation.js';
import { assertRotatable, stepsOf } from './refuse-rotation.js';
import { pendingRotationOf } from './rotation-rows.js';
import { addSecret, announceSecrets, applySteps, livesOf, type NewSecret, touchToken } from './secrets-of-token.js';

/** The token that may be given a new secret by the caller, who is about to hold what it holds. Locked. */
export async function findRotatable({ manager, act }: Change, id: string): Promise<TokenRow> {
  const row = await findToken(manager, act, id, true);
  assertInReach(row, heldFor(act, row.teamId));
  assertOutlived(row, act.held);
  assertRotatable(row);
  return row;
}

/** A new secret that works from the commit on; the old one until its overlap is over. */
export async function rotateToken(
  change: Change,
  mint: Mint,
  id: string,
  { overlap_seconds, force }: RotateToken,
): Promise<{ readonly row: TokenRow; readonly secret: NewSecret }> {
  const { manager, now } = change;
  const row = await findRotatable(change, id);
  assertUnchanged(change.act, row);
  const secrets = await livesOf(manager, id);
  const steps = stepsOf(planRotation(secrets, { now, overlapMs: overlap_seconds * 1_000, force }));
  await cancelPending(change, row, 'forced');
  await applySteps(change, steps);
  const secret = await addSecret(change, mint, row, 'active');
  await touchToken(change, row);
  const active = secrets.find(({ state }) => state === 'active');
  change.audit({
    action: 'token.rotated',
    target: { type: 'token', id, name: row.name },
    before: { secretId: active?.id ?? null },
    after: {
      secretId: secret.id,
      oldSecretEndsAt: new Date(now + overlap_seconds * 1_000).toISOString(),
      revoked: steps.filter(({ state }) => state === 'revoked').map((step) => step.id),
    },
  });
  announceSecrets(change, row, steps);
  return { row, secret };
}

/** A link for somebody else; the secret behind it works once that one has opened it. */
export async function rotateByLink(
  change: Change,
  mint: Mint,
  id: string,
  { overlap_seconds, force }: RotateToken,
): Promise<{ readonly row: TokenRow; readonly prepared: PreparedRotation }> {
  const row = await findRotatable(change, id);
  assertUnchanged(change.act, row);
  if (force) {
    await cancelPending(change, row, 'forced');
    await endGrace(change, row);
  }
  const period = `manual:${new Date(change.now).toISOString()}`;
  const order = { cause: 'manual', period, delivery: 'one_time_link', url: null, attemptsMax: 0 } as const;
  const prepared = await prepareRotation(change, mint, row, { ...order, overlapMs: overlap_seconds * 1_000 });
  if (prepared === null) throw new Error('two rotations of one token in the same millisecond');
  return { row, prepared };
}

export async function cancelPending(change: Change, row: TokenRow, reason: string): Promise<void> {
  const pending = await pendingRotationOf(change.manager, row.id);
  if (pending !== null) await endRotation(change, row, pending, { end: 'cancelled', reason });
}

async function endGrace(change: Change, row: TokenRow): Promise<void> {
  const old = (await livesOf(change.manager, row.id)).filter(({ state }) => state === 'grace');
  const steps = old.map(({ id }): SecretStep => ({ id, state: 'revoked', expiresAt: null }));
  await applySteps(change, steps);
  for (const { id } of old) {
    change.audit({
      action: 'token.secret_revoked',
      target: { type: 'token', id: row.id, name: row.name },
      before: { secretId: id, state: 'grace' },
      after: { state: 'revoked', reason: 'forced' },
    });
  }
  if (old.length > 0) announceSecrets(change, row, steps);
}

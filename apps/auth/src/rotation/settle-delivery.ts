import type { Change } from '../changes/changes.js';
import { findToken } from '../tokens/find-token.js';
import type { WebhookOutcome } from '../webhooks/send-webhook.js';
import { completeRotation, endRotation } from './finish-rotation.js';
import { lockRotation, type RotationRow } from './rotation-rows.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
/** After the first attempt, the second, and so on; the last one again and again. All within the day that a rotation has. */
const BACKOFF_MS = [
  ...[SECOND_MS, 5 * SECOND_MS, 30 * SECOND_MS, 2 * MINUTE_MS, 10 * MINUTE_MS],
  ...[30 * MINUTE_MS, HOUR_MS, 2 * HOUR_MS, 3 * HOUR_MS],
];

export const backoffMs = (attempts: number): number => BACKOFF_MS[Math.min(attempts, BACKOFF_MS.length) - 1] ?? SECOND_MS;

/** Writes down what an attempt has led to. What was ended meanwhile stays ended. */
export async function settleDelivery(change: Change, sent: RotationRow, outcome: WebhookOutcome): Promise<void> {
  const { manager, act } = change;
  const row = await lockRotation(manager, sent.id);
  if (row === null || row.state !== sent.state) return;
  if (row.state !== 'pending') {
    await settleNotice(change, row, outcome);
    return;
  }
  const token = await findToken(manager, act.organisationId, row.token_id, false);
  const target = { type: 'token', id: token.id, name: token.name };
  if (outcome.kind !== 'acknowledged') {
    const last = outcome.kind === 'gone' || row.attempts >= row.attempts_max;
    if (last) await endRotation(change, token, row, { end: 'failed', reason: outcome.problem });
    else await retry(change, row, outcome.problem);
  } else if (row.delivery === 'webhook') await completeRotation(change, token, row);
  else {
    // Now it lies with whoever opens the link.
    await manager.query('UPDATE auth.rotations SET next_attempt_at = NULL, kept_link = NULL, last_problem = NULL WHERE id = $1', [
      row.id,
    ]);
    change.audit({
      action: 'token.rotation_link_delivered',
      target,
      before: null,
      after: { rotationId: row.id, secretId: row.secret_id },
    });
  }
}

/** That a secret works now is said as a courtesy: it works whether or not anybody hears it. */
async function settleNotice(change: Change, row: RotationRow, outcome: WebhookOutcome): Promise<void> {
  if (outcome.kind === 'failed' && row.attempts < row.attempts_max) await retry(change, row, outcome.problem);
  else {
    const problem = outcome.kind === 'acknowledged' ? null : outcome.problem;
    await change.manager.query('UPDATE auth.rotations SET next_attempt_at = NULL, last_problem = $2 WHERE id = $1', [
      row.id,
      problem,
    ]);
  }
}

const retry = ({ manager, now }: Change, row: RotationRow, problem: string): Promise<unknown> =>
  manager.query('UPDATE auth.rotations SET next_attempt_at = $2, last_problem = $3 WHERE id = $1', [
    row.id,
    new Date(now + backoffMs(row.attempts)),
    problem,
  ]);

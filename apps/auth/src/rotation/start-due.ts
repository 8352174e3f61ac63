import { TollgateError } from '@tollgate/kernel';
import type { EntityManager } from 'typeorm';
import type { Change } from '../changes/changes.js';
import type { TokenRow } from '../database/entities.js';
import type { Mint } from '../tokens/create-token.js';
import { findToken } from '../tokens/find-token.js';
import type { Due } from './due.js';
import { prepareRotation } from './prepare-rotation.js';
import { nextRunOf, type ScheduleRow, scheduleOf } from './schedule-rows.js';
import { livesOf } from './secrets-of-token.js';

/** While something is in the way of a run, it is tried again so often. */
const POSTPONED_MS = 60_000;

export const dueSchedules = (manager: EntityManager, now: Date): Promise<readonly Due[]> =>
  manager.query(
    'SELECT token_id AS id, organisation_id FROM auth.rotation_schedules WHERE next_run_at <= $1 ORDER BY next_run_at LIMIT 100',
    [now],
  );

/** Starts the rotation of the period and sets the next one, in one transaction: a period has one rotation or none. */
export async function startDue(change: Change, mint: Mint, tokenId: string): Promise<void> {
  const { manager, act, now } = change;
  const token = await findToken(manager, act.organisationId, tokenId, true);
  const schedule = await scheduleOf(manager, tokenId);
  if (schedule?.next_run_at == null || schedule.period_at === null || schedule.next_run_at.getTime() > now) return;
  if (token.status === 'revoked' || (token.expiresAt !== null && token.expiresAt.getTime() <= now)) {
    await setNext(manager, tokenId, { periodAt: null, runAt: null });
    return;
  }
  if (await isBlocked(change, token)) {
    await postpone(change, token, schedule);
    return;
  }
  const { delivery, overlap_ms } = schedule;
  await prepareRotation(change, mint, token, {
    cause: 'schedule',
    period: schedule.period_at.toISOString(),
    delivery: delivery.kind,
    url: delivery.url,
    overlapMs: Number(overlap_ms),
    attemptsMax: delivery.attempts_max,
  });
  const after = Math.max(now, schedule.period_at.getTime());
  await setNext(manager, tokenId, nextRunOf({ ...schedule, jitterMs: Number(schedule.jitter_ms) }, after));
}

/** By hand, out of turn; the run to come stays. */
export async function startNow(change: Change, mint: Mint, token: TokenRow, { delivery, overlap_ms }: ScheduleRow) {
  const prepared = await prepareRotation(change, mint, token, {
    cause: 'manual',
    period: `manual:${new Date(change.now).toISOString()}`,
    delivery: delivery.kind,
    url: delivery.url,
    overlapMs: Number(overlap_ms),
    attemptsMax: delivery.attempts_max,
  });
  if (prepared === null) throw new TollgateError('conflict', 'A rotation of this token has just been started.');
  return prepared.row;
}

/** Another secret lives beside the active one: somebody has rotated by hand, or the last one is still on its way. */
const isBlocked = async ({ manager, now }: Change, { id }: TokenRow): Promise<boolean> =>
  (await livesOf(manager, id)).some(
    ({ state, expiresAt }) => state === 'pending' || (state === 'grace' && expiresAt !== null && expiresAt > now),
  );

async function postpone(change: Change, token: TokenRow, schedule: ScheduleRow): Promise<void> {
  const { manager, now } = change;
  const { period_at, next_run_at } = schedule;
  const first = nextRunOf({ ...schedule, jitterMs: Number(schedule.jitter_ms) }, (period_at?.getTime() ?? 0) - 1).runAt;
  await setNext(manager, token.id, { periodAt: period_at, runAt: new Date(now + POSTPONED_MS) });
  // Once for each period, not once a minute.
  if (first?.getTime() !== next_run_at?.getTime()) return;
  change.audit({
    action: 'token.rotation_postponed',
    target: { type: 'token', id: token.id, name: token.name },
    before: null,
    after: { period: period_at?.toISOString() ?? null, reason: 'another_secret_is_live' },
  });
}

const setNext = (
  manager: EntityManager,
  tokenId: string,
  { periodAt, runAt }: { readonly periodAt: Date | null; readonly runAt: Date | null },
): Promise<unknown> =>
  manager.query('UPDATE auth.rotation_schedules SET period_at = $2, next_run_at = $3 WHERE token_id = $1', [
    tokenId,
    periodAt,
    runAt,
  ]);

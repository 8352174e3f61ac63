import type { PutRotationSchedule } from '@tollgate/contracts';
import { type InvalidField, InvalidFieldsError } from '@tollgate/nest';
import { type AuditValue, keepSecret, type Network, readTiming, type TimingProblem } from '@tollgate/policy';
import type { Change } from '../changes/changes.js';
import { assertUnchanged } from '../changes/precondition.js';
import type { Mint } from '../tokens/create-token.js';
import { makeSigningSecret } from '../webhooks/make-signing-secret.js';
import { targetMistakes } from '../webhooks/target-mistakes.js';
import { cancelPending, findRotatable } from './rotate-token.js';
import { assertScheduled, nextRunOf, type ScheduleRow, scheduleOf, timingOf } from './schedule-rows.js';

const TIMING: Readonly<Record<TimingProblem, readonly [pointer: string, detail: string]>> = {
  no_cron: ['/timing/cron', 'must be five fields of cron: minute, hour, day of the month, month, day of the week'],
  unknown_zone: ['/timing/time_zone', 'must be the name of an IANA time zone, for instance Europe/Vienna'],
  never: ['/timing/cron', 'never comes'],
  too_often: ['/timing/cron', 'must leave an hour at least between two runs'],
};
export interface ScheduleNeeds {
  readonly mint: Mint;
  readonly networks: readonly Network[];
}

export interface PutSchedule {
  readonly row: ScheduleRow;
  /** Where one was made. */
  readonly signingSecret: string | null;
}

/** Sets the schedule whole. The secret that signs stays unless it is renewed. */
export async function putSchedule(
  change: Change,
  { mint, networks }: ScheduleNeeds,
  id: string,
  asked: PutRotationSchedule,
): Promise<PutSchedule> {
  const { manager, act, now } = change;
  assertSound(asked, networks, now);
  const token = await findRotatable(change, id);
  const before = await scheduleOf(manager, id);
  assertUnchanged(act, before ?? { revision: 0 });
  const signingSecret = before === null || asked.renew_signing_secret ? makeSigningSecret(mint) : null;
  const kept =
    signingSecret === null ? (before as ScheduleRow).signing_secret : keepSecret(mint.peppers, signingSecret, `${id}:webhook`);
  const time = new Date(now);
  const jitterMs = asked.jitter_seconds * 1_000;
  const next = asked.enabled
    ? nextRunOf({ token_id: id, timing: asked.timing, anchor_at: time, jitterMs }, now)
    : { periodAt: null, runAt: null };
  const rows: ScheduleRow[] = await manager.query(
    `INSERT INTO auth.rotation_schedules (token_id, organisation_id, timing, jitter_ms, overlap_ms, delivery, signing_secret, enabled,
       anchor_at, period_at, next_run_at, created_at, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $9, $9)
     ON CONFLICT (token_id) DO UPDATE SET timing = $3, jitter_ms = $4, overlap_ms = $5, delivery = $6, signing_secret = $7,
       enabled = $8, anchor_at = $9, period_at = $10, next_run_at = $11, updated_at = $9,
       revision = auth.rotation_schedules.revision + 1
     RETURNING *`,
    [
      ...[id, act.organisationId, JSON.stringify(asked.timing), jitterMs, asked.overlap_seconds * 1_000],
      ...[JSON.stringify(asked.delivery), kept, asked.enabled, time, next.periodAt, next.runAt],
    ],
  );
  const row = rows[0] as ScheduleRow;
  change.audit({
    action: 'token.rotation_scheduled',
    target: { type: 'token', id, name: token.name },
    before: before === null ? null : auditView(before),
    after: { ...auditView(row), signingSecretRenewed: signingSecret !== null },
  });
  return { row, signingSecret };
}

export async function deleteSchedule(change: Change, id: string): Promise<void> {
  const { manager, act } = change;
  const token = await findRotatable(change, id);
  const before = assertScheduled(await scheduleOf(manager, id));
  assertUnchanged(act, before);
  await cancelPending(change, token, 'schedule_removed');
  await manager.query('DELETE FROM auth.rotation_schedules WHERE token_id = $1', [id]);
  change.audit({
    action: 'token.rotation_unscheduled',
    target: { type: 'token', id, name: token.name },
    before: auditView(before),
    after: null,
  });
}

/** All mistakes at once. */
function assertSound(asked: PutRotationSchedule, networks: readonly Network[], now: number): void {
  const mistakes: InvalidField[] = [];
  const timing = readTiming(timingOf(asked.timing), now);
  if (!timing.ok) {
    const [pointer, detail] = TIMING[timing.error];
    mistakes.push({ pointer, detail });
  } else if ((asked.overlap_seconds + asked.jitter_seconds) * 1_000 >= timing.value.gapMs) {
    mistakes.push({ pointer: '/overlap_seconds', detail: 'must be over, jitter included, before the next run' });
  }
  mistakes.push(...targetMistakes(asked.delivery.url, networks, '/delivery/url'));
  if (mistakes.length > 0) throw new InvalidFieldsError(mistakes);
}

/** Paths and queries of chat bridges hold their secrets: the host says enough. */
const auditView = ({
  timing,
  jitter_ms,
  overlap_ms,
  delivery,
  enabled,
}: ScheduleRow): { readonly [key: string]: AuditValue } => ({
  timing,
  jitterSeconds: Number(jitter_ms) / 1_000,
  overlapSeconds: Number(overlap_ms) / 1_000,
  delivery: { kind: delivery.kind, host: new URL(delivery.url).host, attemptsMax: delivery.attempts_max },
  enabled,
});

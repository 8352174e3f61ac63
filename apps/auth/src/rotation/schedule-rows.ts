import type { RotationDelivery, RotationSchedule, RotationTimingView } from '@tollgate/contracts';
import { TollgateError } from '@tollgate/kernel';
import { jitterOf, nextRun, type RotationTiming } from '@tollgate/policy';
import type { EntityManager } from 'typeorm';

/** One row of auth.rotation_schedules; bigints come as texts. */
export interface ScheduleRow {
  readonly token_id: string;
  readonly organisation_id: string;
  readonly timing: RotationTimingView;
  readonly jitter_ms: string;
  readonly overlap_ms: string;
  readonly delivery: RotationDelivery;
  readonly signing_secret: Buffer;
  readonly enabled: boolean;
  /** Whole days are counted from here. */
  readonly anchor_at: Date;
  /** The run to come, without its jitter; null = none. */
  readonly period_at: Date | null;
  readonly next_run_at: Date | null;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly revision: number;
}

export async function scheduleOf(manager: EntityManager, tokenId: string): Promise<ScheduleRow | null> {
  const rows: ScheduleRow[] = await manager.query('SELECT * FROM auth.rotation_schedules WHERE token_id = $1', [tokenId]);
  return rows[0] ?? null;
}

export function assertScheduled(row: ScheduleRow | null): ScheduleRow {
  if (row === null) throw new TollgateError('not_found', 'This token has no rotation schedule.');
  return row;
}

export const timingOf = (view: RotationTimingView): RotationTiming =>
  view.kind === 'every' ? view : { kind: 'cron', cron: view.cron, timeZone: view.time_zone };

export interface NextRun {
  readonly periodAt: Date | null;
  readonly runAt: Date | null;
}

/** The first run after that moment. */
export function nextRunOf(
  row: Pick<ScheduleRow, 'token_id' | 'timing' | 'anchor_at'> & { readonly jitterMs: number },
  after: number,
): NextRun {
  const period = nextRun(timingOf(row.timing), row.anchor_at.getTime(), after);
  if (period === null) return { periodAt: null, runAt: null };
  return { periodAt: new Date(period), runAt: new Date(period + jitterOf(row.token_id, period, row.jitterMs)) };
}

export const viewSchedule = (row: ScheduleRow, signingSecret: string | null): RotationSchedule => ({
  token_id: row.token_id,
  timing: row.timing,
  jitter_seconds: Number(row.jitter_ms) / 1_000,
  overlap_seconds: Number(row.overlap_ms) / 1_000,
  delivery: row.delivery,
  enabled: row.enabled,
  next_run_at: row.next_run_at?.toISOString() ?? null,
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
  revision: row.revision,
  signing_secret: signingSecret,
});

import { createHash } from 'node:crypto';
import { fail, ok, type Result } from '@tollgate/kernel';
import { Cron } from 'croner';
import { canonicalZone } from '../access/week.js';

/** When a key is given a new secret. */
export type RotationTiming =
  | { readonly kind: 'every'; readonly days: number }
  /** Five fields: minute, hour, day of the month, month, day of the week (0 or 7 = Sunday). Wall-clock time of an IANA zone. */
  | { readonly kind: 'cron'; readonly cron: string; readonly timeZone: string };

export type TimingProblem = 'no_cron' | 'unknown_zone' | 'never' | 'too_often';

const DAY_MS = 86_400_000;
/** Nobody can follow secrets that change more often. */
export const ROTATION_GAP_MS_MIN = 3_600_000;
/** Runs that are looked at for the shortest gap: two weeks of the shortest one. */
const RUNS_LOOKED_AT = 400;

export interface ReadTiming {
  readonly timing: RotationTiming;
  /** The shortest time between two runs to come. */
  readonly gapMs: number;
}

/** Refuses what is no pattern, what never comes and what comes more than once an hour. */
export function readTiming(timing: RotationTiming, now: number): Result<ReadTiming, TimingProblem> {
  if (timing.kind === 'every') return ok({ timing, gapMs: timing.days * DAY_MS });
  const timeZone = canonicalZone(timing.timeZone);
  if (timeZone === null) return fail('unknown_zone');
  const cron = { ...timing, timeZone };
  let runs: readonly number[];
  try {
    runs = cronOf(cron)
      .nextRuns(RUNS_LOOKED_AT, new Date(now))
      .map((run) => run.getTime());
  } catch {
    return fail('no_cron');
  }
  if (runs.length === 0) return fail('never');
  let gapMs = Number.POSITIVE_INFINITY;
  for (let i = 1; i < runs.length; i += 1) gapMs = Math.min(gapMs, (runs[i] as number) - (runs[i - 1] as number));
  return gapMs < ROTATION_GAP_MS_MIN ? fail('too_often') : ok({ timing: cron, gapMs });
}

/**
 * The first run after that moment, without its jitter: the name of the period. `anchor` is where whole days are counted
 * from. All in milliseconds since the epoch; null = never again.
 */
export function nextRun(timing: RotationTiming, anchor: number, after: number): number | null {
  if (timing.kind === 'cron') return cronOf(timing).nextRun(new Date(after))?.getTime() ?? null;
  const period = timing.days * DAY_MS;
  return anchor + Math.max(1, Math.floor((after - anchor) / period) + 1) * period;
}

/**
 * How much later than its run this key is rotated: spread evenly below `jitterMs` and the same wherever it is computed, so
 * that a thousand keys of one schedule do not change in the same second.
 */
export function jitterOf(tokenId: string, run: number, jitterMs: number): number {
  if (jitterMs === 0) return 0;
  const digest = createHash('sha256').update(`${tokenId}:${run}`).digest();
  return Math.floor((digest.readUIntBE(0, 6) / 2 ** 48) * jitterMs);
}

const cronOf = ({ cron, timeZone }: Extract<RotationTiming, { kind: 'cron' }>): Cron =>
  new Cron(cron, { timezone: timeZone, mode: '5-part', paused: true });

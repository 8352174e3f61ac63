import { type UsageRecord, UsageRecordSchema, type UsageReport, UsageReportSchema } from '@tollgate/contracts';
import { dayOfId, fail, ok, type Result } from '@tollgate/kernel';
import type { z } from 'zod';

/** As `newId('req', ...)` makes them. */
const ID = /^req_[0-9a-hjkmnp-tv-z]{26}$/;
/** Of texts that stand in an index: Postgres takes at most 2,704 bytes per entry. */
const KEY_LENGTH_MAX = 128;
const MODEL_LENGTH_MAX = 256;
const TOKENS_MAX = 1e12;
const DURATION_MS_MAX = 1e10;
/** The last millisecond of the year 9999. */
const TIME_MAX = 253_402_300_799_999;

/** The days that are taken, both included. */
export interface DayBounds {
  readonly oldestDay: string;
  readonly newestDay: string;
}

/** What stands in the record is good to store; the reason where not. Texts are made storable, long model names cut. */
export function checkRecord(value: unknown, bounds: DayBounds): Result<UsageRecord, string> {
  const parsed = UsageRecordSchema.safeParse(value);
  if (!parsed.success) return fail(reasonOf(parsed.error));
  const record = parsed.data;
  const problem =
    idProblem(record.id, bounds) ??
    longKey(record) ??
    (inRange(record.startedAt, TIME_MAX) ? null : 'startedAt: out of range') ??
    (inRange(record.durationMs, DURATION_MS_MAX) ? null : 'durationMs: out of range') ??
    (Object.values(record.usage).every((count) => count <= TOKENS_MAX) ? null : 'usage: out of range');
  if (problem !== null) return fail(problem);
  if (record.attempts.some(({ provider }) => provider.length > KEY_LENGTH_MAX)) return fail('attempts.provider: too long');
  if (record.model.length > MODEL_LENGTH_MAX)
    return ok({ ...record, model: record.model.slice(0, MODEL_LENGTH_MAX).toWellFormed() });
  return ok(record);
}

export function checkReport(value: unknown, bounds: DayBounds): Result<UsageReport, string> {
  const parsed = UsageReportSchema.safeParse(value);
  if (!parsed.success) return fail(reasonOf(parsed.error));
  const report = parsed.data;
  const problem =
    idProblem(report.id, bounds) ??
    (inRange(report.attempt, 10_000) ? null : 'attempt: out of range') ??
    (inRange(report.durationMs, DURATION_MS_MAX) ? null : 'durationMs: out of range') ??
    (Object.values(report.usage).every((count) => count <= TOKENS_MAX) ? null : 'usage: out of range');
  return problem === null ? ok(report) : fail(problem);
}

function idProblem(id: string, bounds: DayBounds): string | null {
  const day = ID.test(id) ? dayOfId(id) : null;
  if (day === null) return 'id: not a request id';
  // Past the retention there is no partition left that could tell a repetition from a first arrival.
  if (day < bounds.oldestDay) return `id: of ${day}, older than the retention`;
  if (day.length > 10 || day > bounds.newestDay) return `id: of ${day}, in the far future`;
  return null;
}

function longKey(record: UsageRecord): string | null {
  for (const key of ['organisationId', 'teamId', 'tokenId', 'secretId', 'clientRequestId'] as const) {
    if ((record[key]?.length ?? 0) > (key === 'clientRequestId' ? MODEL_LENGTH_MAX : KEY_LENGTH_MAX)) return `${key}: too long`;
  }
  return null;
}

const inRange = (value: number, max: number): boolean => value >= 0 && value <= max;

function reasonOf(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue === undefined ? 'not usable' : `${issue.path.map(String).join('.')}: ${issue.message}`.slice(0, 200);
}

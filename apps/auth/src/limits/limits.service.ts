import { Inject, Injectable } from '@nestjs/common';
import type { ChangeLimit, CreateLimit, Limit, Page, PageQuery } from '@tollgate/contracts';
import { newId, type RandomBytes, TollgateError } from '@tollgate/kernel';
import { type InvalidField, InvalidFieldsError, RANDOM_BYTES } from '@tollgate/nest';
import type { EntityManager } from 'typeorm';
import { assertNotOwn } from '../budgets/assert-not-own.js';
import { pageOfRows, readCursor } from '../budgets/cursor.js';
import { findSubject } from '../budgets/subjects.js';
import type { Act } from '../changes/act.js';
import { type Change, Changes } from '../changes/changes.js';
import { assertUnchanged } from '../changes/precondition.js';
import { bucketOf } from '../resolve/shared-bounds.js';

/** A row of auth.scope_limits, as the driver gives it. */
interface LimitRow {
  readonly id: string;
  readonly organisation_id: string;
  readonly team_id: string | null;
  readonly token_id: string | null;
  readonly kind: Limit['kind'];
  readonly models: string | null;
  readonly limit_count: string;
  readonly period_ms: string;
  readonly burst: string;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly revision: number;
}

const COLUMNS =
  'id, organisation_id, team_id, token_id, kind, models, limit_count, period_ms, burst, created_at, updated_at, revision';
const PERIOD_SECONDS_DEFAULT = 60;

/** The limits that all keys of an organisation or of a team share. */
@Injectable()
export class LimitsService {
  constructor(
    @Inject(Changes) private readonly changes: Changes,
    @Inject(RANDOM_BYTES) private readonly randomBytes: RandomBytes,
  ) {}

  create(act: Act, input: CreateLimit): Promise<Limit> {
    assertNumbers(input.kind, input);
    return this.changes.run(act, async (change) => {
      const { manager, now } = change;
      const subject = await findSubject(change, input.subject);
      if (subject.type === 'token' && input.kind === 'requests' && input.models === null) throw partOfKey();
      const numbers = numbersOf(input.kind, input, null);
      const [row] = (await manager.query(
        `INSERT INTO auth.scope_limits (id, organisation_id, team_id, token_id, kind, models, limit_count, period_ms, burst, created_at, updated_at)
         VALUES ($1, $2, $3, $10, $4, $5, $6, $7, $8, $9, $9) ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
        [
          newId('limit', now, this.randomBytes),
          act.organisationId,
          subject.teamId,
          input.kind,
          input.models,
          ...numbers,
          new Date(now),
          subject.type === 'token' ? subject.id : null,
        ],
      )) as LimitRow[];
      if (row === undefined) throw new TollgateError('conflict', 'There is such a limit already: change it instead.');
      return changed(change, row, 'limit.created', null);
    });
  }

  list(act: Act, query: PageQuery): Promise<Page<Limit>> {
    return this.changes.read(async (manager) => {
      const rows: LimitRow[] = await manager.query(
        `SELECT ${COLUMNS} FROM auth.scope_limits WHERE organisation_id = $1 AND ($2::text IS NULL OR id < $2)
           AND ($4::text[] IS NULL OR team_id = ANY($4)) ORDER BY id DESC LIMIT $3`,
        [act.organisationId, query.cursor === undefined ? null : readCursor(query.cursor, 'limit'), query.limit + 1, act.teams],
      );
      const page = pageOfRows(rows, query.limit);
      return { ...page, data: page.data.map(viewLimit) };
    });
  }

  get(act: Act, id: string): Promise<Limit> {
    return this.changes.read(async (manager) => viewLimit(await find(manager, act, id, false)));
  }

  change(act: Act, id: string, patch: ChangeLimit): Promise<Limit> {
    return this.changes.run(act, async (change) => {
      const before = await find(change.manager, act, id, true);
      assertUnchanged(act, before);
      assertNotOwn(act, { bucket: bucketOf(before) });
      assertNumbers(before.kind, patch);
      const numbers = numbersOf(before.kind, patch, before);
      const [row] = (await change.manager.query(
        `WITH changed AS (
           UPDATE auth.scope_limits SET limit_count = $2, period_ms = $3, burst = $4, updated_at = $5, revision = revision + 1
           WHERE id = $1 RETURNING ${COLUMNS}
         ) SELECT * FROM changed`,
        [id, ...numbers, new Date(change.now)],
      )) as LimitRow[];
      return changed(change, row as LimitRow, 'limit.changed', before);
    });
  }

  async remove(act: Act, id: string): Promise<void> {
    await this.changes.run(act, async (change) => {
      const row = await find(change.manager, act, id, true);
      assertUnchanged(act, row);
      assertNotOwn(act, { bucket: bucketOf(row) });
      await change.manager.query('WITH gone AS (DELETE FROM auth.scope_limits WHERE id = $1) SELECT 1', [id]);
      change.announceScope(row.team_id);
      change.audit({ action: 'limit.removed', target: targetOf(row), before: auditOf(row), after: null });
    });
  }
}

const partOfKey = (): InvalidFieldsError =>
  new InvalidFieldsError([
    { pointer: '/kind', detail: 'The plain limit of requests is part of the key: set limits.requests there.' },
  ]);

function changed(change: Change, row: LimitRow, action: string, before: LimitRow | null): Limit {
  change.announceScope(row.team_id);
  change.audit({ action, target: targetOf(row), before: before === null ? null : auditOf(before), after: auditOf(row) });
  return viewLimit(row);
}

const targetOf = (row: LimitRow) => ({
  type: 'limit',
  id: row.id,
  name: `${row.kind}${row.models === null ? '' : ` of ${row.models}`}`,
});

function auditOf(row: LimitRow) {
  const { subject, kind, models, limit, period_seconds, burst } = viewLimit(row);
  return { subject, kind, models, limit, period_seconds, burst };
}

async function find(manager: EntityManager, act: Act, id: string, lock: boolean): Promise<LimitRow> {
  const [row]: LimitRow[] = await manager.query(
    `SELECT ${COLUMNS} FROM auth.scope_limits WHERE id = $1 AND organisation_id = $2
       AND ($3::text[] IS NULL OR team_id = ANY($3))${lock ? ' FOR UPDATE' : ''}`,
    [id, act.organisationId, act.teams],
  );
  if (row === undefined) throw new TollgateError('not_found', 'There is no such limit.');
  return row;
}

type Numbers = Pick<ChangeLimit, 'limit' | 'period_seconds' | 'burst'>;

/** A field that would be ignored is refused. */
function assertNumbers(kind: Limit['kind'], numbers: Numbers): void {
  if (kind !== 'concurrency') return;
  const wrong = (['period_seconds', 'burst'] as const).flatMap((field): InvalidField[] =>
    numbers[field] === undefined ? [] : [{ pointer: `/${field}`, detail: 'Calls under way have no period and no burst.' }],
  );
  if (wrong.length > 0) throw new InvalidFieldsError(wrong);
}

/** limit_count, period_ms, burst; a limit that is changed alone takes its burst along. */
function numbersOf(kind: Limit['kind'], patch: Numbers, before: LimitRow | null): readonly [number, number, number] {
  const limit = patch.limit ?? Number(before?.limit_count);
  if (kind === 'concurrency') return [limit, 1, limit];
  const periodMs =
    patch.period_seconds === undefined
      ? Number(before?.period_ms ?? PERIOD_SECONDS_DEFAULT * 1_000)
      : patch.period_seconds * 1_000;
  const kept = before === null || patch.limit !== undefined ? limit : Number(before.burst);
  return [limit, periodMs, patch.burst ?? kept];
}

function subjectOf({ organisation_id, team_id, token_id }: LimitRow): Limit['subject'] {
  if (token_id !== null) return { type: 'token', id: token_id };
  return team_id === null ? { type: 'organisation', id: organisation_id } : { type: 'team', id: team_id };
}

const viewLimit = (row: LimitRow): Limit => {
  const slots = row.kind === 'concurrency';
  return {
    id: row.id,
    subject: subjectOf(row),
    kind: row.kind,
    models: row.models,
    limit: Number(row.limit_count),
    period_seconds: slots ? null : Number(row.period_ms) / 1_000,
    burst: slots ? null : Number(row.burst),
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
    revision: row.revision,
  };
};

import { Inject, Injectable } from '@nestjs/common';
import type { Budget, ChangeBudget, CreateBudget, ListBudgetsQuery, Page } from '@tollgate/contracts';
import { type Clock, newId, type RandomBytes, TollgateError } from '@tollgate/kernel';
import { CLOCK, InvalidFieldsError, RANDOM_BYTES } from '@tollgate/nest';
import { isTimeZone, toNano } from '@tollgate/policy';
import type { EntityManager } from 'typeorm';
import type { Act } from '../changes/act.js';
import { type Change, Changes } from '../changes/changes.js';
import { assertUnchanged } from '../changes/precondition.js';
import { assertNotOwn } from './assert-not-own.js';
import { type BudgetRow, viewBudgets, viewWithoutWindow } from './budget-view.js';
import { pageOfRows, readCursor } from './cursor.js';
import { findSubject } from './subjects.js';

const COLUMNS = `id, organisation_id, subject, subject_id, name, models, nano, currency, period, time_zone, hard, alert_at_percent,
  created_at, updated_at, revision`;
/** More would make every call of a key slow to admit. */
const PER_SUBJECT_MAX = 20;

/** The use cases of budgets, for one organisation: that of the act. */
@Injectable()
export class BudgetsService {
  constructor(
    @Inject(Changes) private readonly changes: Changes,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(RANDOM_BYTES) private readonly randomBytes: RandomBytes,
  ) {}

  create(act: Act, input: CreateBudget): Promise<Budget> {
    if (!isTimeZone(input.time_zone)) {
      throw new InvalidFieldsError([{ pointer: '/time_zone', detail: 'is not an IANA time zone, for instance Europe/Vienna' }]);
    }
    return this.changes.run(act, async (change) => {
      const { manager, now } = change;
      const subject = await findSubject(change, input.subject);
      await this.assertRoom(manager, subject.id);
      const id = newId('budget', now, this.randomBytes);
      const [row] = (await manager.query(
        `INSERT INTO auth.budgets (id, organisation_id, subject, subject_id, name, models, nano, currency, period, time_zone,
           hard, alert_at_percent, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13) RETURNING ${COLUMNS}`,
        [
          id,
          act.organisationId,
          subject.type,
          subject.id,
          input.name,
          input.models,
          toNano(input.amount),
          input.currency,
          input.period,
          input.time_zone,
          input.hard,
          input.alert_at_percent,
          new Date(now),
        ],
      )) as BudgetRow[];
      return this.changed(change, row as BudgetRow, 'budget.created', null);
    });
  }

  list(act: Act, query: ListBudgetsQuery): Promise<Page<Budget>> {
    return this.changes.read(async (manager) => {
      const rows: BudgetRow[] = await manager.query(
        `SELECT ${COLUMNS} FROM auth.budgets
         WHERE organisation_id = $1 AND ended_at IS NULL AND ($2::text IS NULL OR id < $2)
           AND ($3::text IS NULL OR subject = $3) AND ($4::text IS NULL OR subject_id = $4)
           AND ($6::text[] IS NULL OR (subject = 'team' AND subject_id = ANY($6)))
         ORDER BY id DESC LIMIT $5`,
        [
          act.organisationId,
          query.cursor === undefined ? null : readCursor(query.cursor, 'budget'),
          query.subject_type ?? null,
          query.subject_id ?? null,
          query.limit + 1,
          act.teams,
        ],
      );
      const page = pageOfRows(rows, query.limit);
      return { ...page, data: await viewBudgets(manager, page.data, this.clock.now()) };
    });
  }

  get(act: Act, id: string): Promise<Budget> {
    return this.changes.read(async (manager) => this.view(manager, await find(manager, act, id, false)));
  }

  change(act: Act, id: string, patch: ChangeBudget): Promise<Budget> {
    return this.changes.run(act, async (change) => {
      const { manager, now } = change;
      const before = await find(manager, act, id, true);
      assertUnchanged(act, before);
      assertNotOwn(act, { budget: id });
      const [row] = (await manager.query(
        `WITH changed AS (
           UPDATE auth.budgets SET name = $2, models = $3, nano = $4, hard = $5, alert_at_percent = $6, updated_at = $7,
             revision = revision + 1 WHERE id = $1 RETURNING ${COLUMNS}
         ) SELECT * FROM changed`,
        [
          id,
          patch.name ?? before.name,
          patch.models === undefined ? before.models : patch.models,
          patch.amount === undefined ? before.nano : toNano(patch.amount),
          patch.hard ?? before.hard,
          patch.alert_at_percent ?? before.alert_at_percent,
          new Date(now),
        ],
      )) as BudgetRow[];
      return this.changed(change, row as BudgetRow, 'budget.changed', before);
    });
  }

  async remove(act: Act, id: string): Promise<void> {
    await this.changes.run(act, async (change) => {
      const row = await find(change.manager, act, id, true);
      assertUnchanged(act, row);
      assertNotOwn(act, { budget: id });
      await change.manager.query('UPDATE auth.budgets SET ended_at = $2 WHERE id = $1', [id, new Date(change.now)]);
      announce(change, row);
      change.audit({
        action: 'budget.ended',
        target: { type: 'budget', id, name: row.name },
        before: viewWithoutWindow(row),
        after: null,
      });
    });
  }

  private async changed(change: Change, row: BudgetRow, action: string, before: BudgetRow | null): Promise<Budget> {
    announce(change, row);
    change.audit({
      action,
      target: { type: 'budget', id: row.id, name: row.name },
      before: before === null ? null : viewWithoutWindow(before),
      after: viewWithoutWindow(row),
    });
    return this.view(change.manager, row);
  }

  private async view(manager: EntityManager, row: BudgetRow): Promise<Budget> {
    const [view] = await viewBudgets(manager, [row], this.clock.now());
    return view as Budget;
  }

  private async assertRoom(manager: EntityManager, subjectId: string): Promise<void> {
    const [row]: { count: number }[] = await manager.query(
      'SELECT count(*)::int AS count FROM auth.budgets WHERE subject_id = $1 AND ended_at IS NULL',
      [subjectId],
    );
    if ((row?.count ?? 0) < PER_SUBJECT_MAX) return;
    throw new TollgateError('conflict', `There are ${PER_SUBJECT_MAX} budgets for this already: end one first.`);
  }
}

async function find(manager: EntityManager, act: Act, id: string, lock: boolean): Promise<BudgetRow> {
  const [row]: BudgetRow[] = await manager.query(
    `SELECT ${COLUMNS} FROM auth.budgets WHERE id = $1 AND organisation_id = $2 AND ended_at IS NULL
       AND ($3::text[] IS NULL OR (subject = 'team' AND subject_id = ANY($3)))${lock ? ' FOR UPDATE' : ''}`,
    [id, act.organisationId, act.teams],
  );
  if (row === undefined) throw new TollgateError('not_found', 'There is no such budget.');
  return row;
}

/** Routers ask again for the keys that it applies to; of a token that is its whole organisation, for children spend from it too. */
const announce = (change: Change, row: BudgetRow): void => change.announceScope(row.subject === 'team' ? row.subject_id : null);

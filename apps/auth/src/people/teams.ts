import type { ChangeTeam, CreateTeam, ListTeamsQuery, Page, Team } from '@tollgate/contracts';
import { newId, type RandomBytes, TollgateError } from '@tollgate/kernel';
import type { EntityManager } from 'typeorm';
import type { Act } from '../changes/act.js';
import type { Change } from '../changes/changes.js';
import { differenceOf } from '../changes/difference-of.js';
import { assertUnchanged } from '../changes/precondition.js';
import { afterOf, pageOfRows } from './page.js';
import { orConflict } from './unique.js';

interface Row {
  readonly id: string;
  readonly name: string;
  readonly status: Team['status'];
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly revision: number;
}

const COLUMNS = 'id, name, status, created_at, updated_at, revision';
const TAKEN = 'There is a team of that name already.';

export async function listTeams(manager: EntityManager, act: Act, query: ListTeamsQuery): Promise<Page<Team>> {
  const rows: Row[] = await manager.query(
    `SELECT ${COLUMNS} FROM auth.teams WHERE organisation_id = $1 AND ($2::text IS NULL OR id < $2)
       AND ($3::text[] IS NULL OR id = ANY($3)) AND ($4::text IS NULL OR status = $4) ORDER BY id DESC LIMIT $5`,
    [act.organisationId, afterOf(query, 'team'), act.teams, query.status ?? null, query.limit + 1],
  );
  return pageOfRows(rows, query.limit, viewOf);
}

export async function readTeam(manager: EntityManager, act: Act, id: string): Promise<Team> {
  return viewOf(await find(manager, act, id, false));
}

export async function createTeam(change: Change, randomBytes: RandomBytes, { name }: CreateTeam): Promise<Team> {
  const { manager, act, now } = change;
  const time = new Date(now);
  const row: Row = {
    id: newId('team', now, randomBytes),
    name,
    status: 'active',
    created_at: time,
    updated_at: time,
    revision: 1,
  };
  await orConflict(
    manager.query(
      'INSERT INTO auth.teams (id, organisation_id, name, status, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $5)',
      [row.id, act.organisationId, name, row.status, time],
    ),
    TAKEN,
  );
  change.audit({ action: 'team.created', target: targetOf(row), before: null, after: auditOf(row) });
  return viewOf(row);
}

/** To archive a team takes every key of it out of service, at once: they are looked up anew everywhere. */
export async function changeTeam(change: Change, id: string, patch: ChangeTeam): Promise<Team> {
  const { manager, act, now } = change;
  const row = await find(manager, act, id, true);
  assertUnchanged(act, row);
  const next: Row = {
    ...row,
    name: patch.name ?? row.name,
    status: patch.status ?? row.status,
    updated_at: new Date(now),
    revision: row.revision + 1,
  };
  const difference = differenceOf(auditOf(row), auditOf(next));
  if (difference === null) return viewOf(row);
  await orConflict(
    manager.query(
      'UPDATE auth.teams SET name = $3, status = $4, updated_at = $5, revision = $6 WHERE organisation_id = $1 AND id = $2',
      [act.organisationId, id, next.name, next.status, next.updated_at, next.revision],
    ),
    TAKEN,
  );
  change.audit({ action: actionOf(row, next), target: targetOf(next), ...difference });
  if (row.status !== next.status) change.announceScope(id);
  return viewOf(next);
}

async function find(manager: EntityManager, act: Act, id: string, lock: boolean): Promise<Row> {
  const rows: Row[] = await manager.query(
    `SELECT ${COLUMNS} FROM auth.teams WHERE organisation_id = $1 AND id = $2 AND ($3::text[] IS NULL OR id = ANY($3))
     ${lock ? 'FOR UPDATE' : ''}`,
    [act.organisationId, id, act.teams],
  );
  const [row] = rows;
  if (row === undefined) throw new TollgateError('not_found', 'There is no such team.');
  return row;
}

const actionOf = (before: Row, after: Row): string =>
  before.status === after.status ? 'team.changed' : after.status === 'archived' ? 'team.archived' : 'team.restored';
const auditOf = ({ name, status }: Row) => ({ name, status });
const targetOf = ({ id, name }: Row) => ({ type: 'team', id, name });
const viewOf = ({ id, name, status, created_at, updated_at, revision }: Row): Team => ({
  id,
  name,
  status,
  created_at: created_at.toISOString(),
  updated_at: updated_at.toISOString(),
  revision,
});

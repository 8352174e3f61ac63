import type {
  ChangeServiceAccount,
  CreateServiceAccount,
  ListServiceAccountsQuery,
  Page,
  ServiceAccount,
} from '@tollgate/contracts';
import { newId, type RandomBytes, TollgateError } from '@tollgate/kernel';
import type { EntityManager } from 'typeorm';
import type { Act } from '../changes/act.js';
import type { Change } from '../changes/changes.js';
import { differenceOf } from '../changes/difference-of.js';
import { assertUnchanged } from '../changes/precondition.js';
import { announceKeysOf } from './announce-keys-of.js';
import { assertTeamInReach } from './assert-team-in-reach.js';
import { afterOf, pageOfRows } from './page.js';
import { orConflict } from './unique.js';

interface Row {
  readonly id: string;
  readonly team_id: string | null;
  readonly name: string;
  readonly description: string | null;
  readonly status: ServiceAccount['status'];
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly revision: number;
}

const COLUMNS = 'id, team_id, name, description, status, created_at, updated_at, revision';
const TAKEN = 'There is a service account of that name already.';

export async function listServiceAccounts(
  manager: EntityManager,
  act: Act,
  query: ListServiceAccountsQuery,
): Promise<Page<ServiceAccount>> {
  const rows: Row[] = await manager.query(
    `SELECT ${COLUMNS} FROM auth.service_accounts WHERE organisation_id = $1 AND ($2::text IS NULL OR id < $2)
       AND ($3::text[] IS NULL OR team_id = ANY($3)) AND ($4::text IS NULL OR status = $4)
       AND ($5::text IS NULL OR team_id = $5) ORDER BY id DESC LIMIT $6`,
    [act.organisationId, afterOf(query, 'sa'), act.teams, query.status ?? null, query.team_id ?? null, query.limit + 1],
  );
  return pageOfRows(rows, query.limit, viewOf);
}

export async function readServiceAccount(manager: EntityManager, act: Act, id: string): Promise<ServiceAccount> {
  return viewOf(await find(manager, act, id, false));
}

export async function createServiceAccount(
  change: Change,
  randomBytes: RandomBytes,
  { name, description, team_id }: CreateServiceAccount,
): Promise<ServiceAccount> {
  const { manager, act, now } = change;
  await assertTeamInReach(change, team_id);
  const time = new Date(now);
  const row: Row = {
    id: newId('sa', now, randomBytes),
    team_id,
    name,
    description,
    status: 'active',
    created_at: time,
    updated_at: time,
    revision: 1,
  };
  await orConflict(
    manager.query(
      `INSERT INTO auth.service_accounts (id, organisation_id, team_id, name, description, status, created_at, updated_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $7)`,
      [row.id, act.organisationId, team_id, name, description, row.status, time],
    ),
    TAKEN,
  );
  change.audit({ action: 'service_account.created', target: targetOf(row), before: null, after: auditOf(row) });
  return viewOf(row);
}

export async function changeServiceAccount(
  change: Change,
  id: string,
  patch: Omit<ChangeServiceAccount, 'status'> & { readonly status?: ServiceAccount['status'] | undefined },
): Promise<ServiceAccount> {
  const { manager, act, now } = change;
  const row = await find(manager, act, id, true);
  assertUnchanged(act, row);
  if (row.status === 'archived') {
    if (patch.status === 'archived') return viewOf(row);
    throw new TollgateError('conflict', 'An archived service account stays as it is: make a new one.');
  }
  const next: Row = {
    ...row,
    name: patch.name ?? row.name,
    description: patch.description === undefined ? row.description : patch.description,
    status: patch.status ?? row.status,
    updated_at: new Date(now),
    revision: row.revision + 1,
  };
  const difference = differenceOf(auditOf(row), auditOf(next));
  if (difference === null) return viewOf(row);
  await orConflict(
    manager.query(
      `UPDATE auth.service_accounts SET name = $3, description = $4, status = $5, updated_at = $6, revision = $7
       WHERE organisation_id = $1 AND id = $2`,
      [act.organisationId, id, next.name, next.description, next.status, next.updated_at, next.revision],
    ),
    TAKEN,
  );
  change.audit({ action: actionOf(row, next), target: targetOf(next), ...difference });
  if (row.status !== next.status) await announceKeysOf(change, id, next.status === 'active' ? 'changed' : 'revoked');
  return viewOf(next);
}

async function find(manager: EntityManager, act: Act, id: string, lock: boolean): Promise<Row> {
  const rows: Row[] = await manager.query(
    `SELECT ${COLUMNS} FROM auth.service_accounts
     WHERE organisation_id = $1 AND id = $2 AND ($3::text[] IS NULL OR team_id = ANY($3)) ${lock ? 'FOR UPDATE' : ''}`,
    [act.organisationId, id, act.teams],
  );
  const [row] = rows;
  if (row === undefined) throw new TollgateError('not_found', 'There is no such service account.');
  return row;
}

function actionOf(before: Row, after: Row): string {
  if (before.status === after.status) return 'service_account.changed';
  return { active: 'service_account.restored', suspended: 'service_account.suspended', archived: 'service_account.archived' }[
    after.status
  ];
}
const auditOf = ({ name, description, team_id, status }: Row) => ({ name, description, teamId: team_id, status });
const targetOf = ({ id, name }: Row) => ({ type: 'service_account', id, name });
const viewOf = ({ created_at, updated_at, ...row }: Row): ServiceAccount => ({
  ...row,
  created_at: created_at.toISOString(),
  updated_at: updated_at.toISOString(),
});

import { TollgateError } from '@tollgate/kernel';
import { InvalidFieldsError } from '@tollgate/nest';
import { excessOf } from '@tollgate/policy';
import type { EntityManager } from 'typeorm';
import type { Change } from '../changes/changes.js';
import { TokenEntity, type TokenRow } from '../database/entities.js';

/** A key, its child, the child's child, and so on: so many at most. */
const GENERATIONS_MAX = 4;
/** Below one key: what happens to it happens to all of them in one transaction. */
export const DESCENDANTS_MAX = 1_000;

export interface Descendant {
  readonly id: string;
  readonly publicId: string;
  readonly name: string;
  readonly status: TokenRow['status'];
}

/** Everything below the key, oldest first; locked until the transaction ends where `lock` says so. */
export async function findDescendants(manager: EntityManager, id: string, lock: boolean): Promise<readonly Descendant[]> {
  const rows: { id: string; public_id: string; name: string; status: TokenRow['status'] }[] = await manager.query(
    `WITH RECURSIVE family AS (
       SELECT child.id, 1 AS generation FROM auth.tokens AS child WHERE child.parent_id = $1
       UNION ALL
       SELECT child.id, family.generation + 1 FROM auth.tokens AS child JOIN family ON child.parent_id = family.id
       WHERE family.generation < $2
     )
     SELECT id, public_id, name, status FROM auth.tokens WHERE id IN (SELECT id FROM family) ORDER BY id ${lock ? 'FOR UPDATE' : ''}`,
    [id, GENERATIONS_MAX],
  );
  return rows.map(({ public_id, ...row }) => ({ ...row, publicId: public_id }));
}

/** From the parent upwards. */
export async function findAncestors(manager: EntityManager, parentId: string | null): Promise<readonly TokenRow[]> {
  const found: TokenRow[] = [];
  for (let id = parentId; id !== null && found.length < GENERATIONS_MAX; id = found.at(-1)?.parentId ?? null) {
    const row = await manager.findOneBy(TokenEntity, { id });
    if (row === null) break;
    found.push(row);
  }
  return found;
}

/**
 * The key that shall become a parent; it does not change until the transaction ends. Refused where it is no longer active, or
 * has as many generations above it or keys below it as there may be.
 */
export async function parentOf({ manager, act, now }: Change, id: string, type: TokenRow['type']): Promise<TokenRow> {
  const refuse = (detail: string): InvalidFieldsError => new InvalidFieldsError([{ pointer: '/parent_id', detail }]);
  const row = await manager.findOne(TokenEntity, {
    where: { id, organisationId: act.organisationId },
    lock: { mode: 'pessimistic_write' },
  });
  if (row === null) throw refuse('There is no such token.');
  if (row.type !== type) throw refuse('A parent is of the same type as its child.');
  const above = [row, ...(await findAncestors(manager, row.parentId))];
  if (above.some((each) => each.status !== 'active' || (each.expiresAt !== null && each.expiresAt.getTime() <= now))) {
    throw refuse('The parent is not active.');
  }
  if (above.length >= GENERATIONS_MAX) throw refuse(`There are ${GENERATIONS_MAX} generations already.`);
  const root = above.at(-1) as TokenRow;
  if ((await findDescendants(manager, root.id, false)).length >= DESCENDANTS_MAX) {
    throw new TollgateError(
      'conflict',
      `A key has at most ${DESCENDANTS_MAX} keys below it: revoke some, or make one without a parent.`,
    );
  }
  return row;
}

/** A child is a subset of its parent; what it would have beyond it is named. */
export function assertSubset(child: Pick<TokenRow, 'policy' | 'expiresAt' | 'teamId'>, parent: TokenRow): void {
  const bounds = ({ policy, expiresAt }: Pick<TokenRow, 'policy' | 'expiresAt'>) => ({
    policy,
    expiresAt: expiresAt?.getTime() ?? null,
  });
  const excess: { pointer: string; detail: string; reason: string }[] = excessOf(bounds(child), bounds(parent)).map(
    ({ pointer, detail, reason }) => ({ pointer, reason, detail: `Wider than the parent: ${detail}` }),
  );
  if (child.teamId !== parent.teamId) {
    excess.push({ pointer: '/team_id', reason: 'team_differs', detail: 'A child belongs to the team of its parent.' });
  }
  if (excess.length > 0) throw new InvalidFieldsError(excess);
}

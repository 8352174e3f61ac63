import type { BulkRevoke, BulkRevoked } from '@tollgate/contracts';
import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import { type Act, heldFor } from '../changes/act.js';
import type { Change, Changes } from '../changes/changes.js';
import { TokenEntity, type TokenRow } from '../database/entities.js';
import { isInReach } from './assert-within.js';
import { revokeRow } from './revoke-token.js';

const BATCH = 100;

/**
 * Revokes what the filters name, oldest first, a hundred in a transaction: no lock is held for long, and nothing that was
 * revoked comes back should a later batch fail. The act as a whole is audited with the first batch, before anything is done.
 */
export async function bulkRevoke(changes: Changes, act: Act, asked: BulkRevoke, now: number): Promise<BulkRevoked> {
  // Made later than this they are not meant, and a caller that makes them as fast cannot keep this going for ever.
  const filters: Filters = { act, asked, createdUntil: new Date(now) };
  const matched = await changes.read((manager) => filtered(manager, filters).getCount());
  if (asked.dry_run || matched === 0) {
    const outOfReach = await changes.read((manager) => countOutOfReach(manager, filters));
    return { dry_run: asked.dry_run, matched, revoked: 0, out_of_reach: outOfReach };
  }
  let revoked = 0;
  let outOfReach = 0;
  let after = '';
  for (let first = true; ; first = false) {
    const batch = await changes.run(act, (change) => revokeBatch(change, filters, after, first ? matched : null));
    revoked += batch.revoked;
    outOfReach += batch.outOfReach;
    if (batch.last === null) return { dry_run: false, matched, revoked, out_of_reach: outOfReach };
    after = batch.last;
  }
}

interface Filters {
  readonly act: Act;
  readonly asked: BulkRevoke;
  readonly createdUntil: Date;
}

interface Batch {
  readonly revoked: number;
  readonly outOfReach: number;
  /** Where the next one begins; null = this was the last. */
  readonly last: string | null;
}

async function revokeBatch(change: Change, filters: Filters, after: string, announced: number | null): Promise<Batch> {
  const { manager, act } = change;
  if (announced !== null) auditBulk(change, filters.asked, announced);
  const rows = await filtered(manager, filters)
    .andWhere('token.id > :after', { after })
    .orderBy('token.id', 'ASC')
    .limit(BATCH)
    .setLock('pessimistic_write')
    .getMany();
  let outOfReach = 0;
  // A child of one of them has gone with its parent.
  const done = new Set<string>();
  for (const row of rows) {
    if (!isInReach(row, heldFor(act, row.teamId))) outOfReach += 1;
    else if (!done.has(row.id)) for (const id of await revokeRow(change, row)) done.add(id);
  }
  return { revoked: done.size, outOfReach, last: rows.length < BATCH ? null : (rows.at(-1)?.id ?? null) };
}

function auditBulk(change: Change, { dry_run: _, ...asked }: BulkRevoke, matched: number): void {
  const { organisationId } = change.act;
  change.audit({
    action: 'tokens.bulk_revoked',
    target: { type: 'organisation', id: organisationId, name: null },
    before: null,
    after: {
      ownerId: asked.owner_id ?? null,
      teamId: asked.team_id ?? null,
      parentId: asked.parent_id ?? null,
      issuedBefore: asked.issued_before ?? null,
      matched,
    },
  });
}

function filtered(manager: EntityManager, { act, asked, createdUntil }: Filters): SelectQueryBuilder<TokenRow> {
  const builder = manager
    .createQueryBuilder(TokenEntity, 'token')
    .where('token.organisationId = :organisationId', { organisationId: act.organisationId })
    .andWhere("token.status <> 'revoked'")
    .andWhere('token.id <> :self', { self: act.actor.id })
    .andWhere('token.createdAt <= :createdUntil', { createdUntil });
  if (act.teams !== null) builder.andWhere('token.teamId = ANY(:teams)', { teams: [...act.teams] });
  if (asked.owner_id !== undefined) builder.andWhere('token.ownerId = :ownerId', { ownerId: asked.owner_id });
  if (asked.team_id !== undefined) builder.andWhere('token.teamId = :teamId', { teamId: asked.team_id });
  if (asked.parent_id !== undefined) builder.andWhere('token.parentId = :parentId', { parentId: asked.parent_id });
  if (asked.issued_before !== undefined) {
    builder.andWhere('token.createdAt < :issuedBefore', { issuedBefore: new Date(asked.issued_before) });
  }
  return builder;
}

async function countOutOfReach(manager: EntityManager, filters: Filters): Promise<number> {
  if (filters.act.held === null) return 0;
  let count = 0;
  let after = '';
  for (;;) {
    const rows = await filtered(manager, filters)
      .andWhere('token.id > :after', { after })
      .orderBy('token.id', 'ASC')
      .limit(1_000)
      .getMany();
    count += rows.filter((row) => !isInReach(row, heldFor(filters.act, row.teamId))).length;
    const last = rows.at(-1);
    if (last === undefined || rows.length < 1_000) return count;
    after = last.id;
  }
}

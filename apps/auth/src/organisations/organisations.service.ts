import { Inject, Injectable } from '@nestjs/common';
import type {
  ChangeOrganisation,
  ChangeOrganisationStatus,
  CreatedOrganisation,
  CreateOrganisation,
  Organisation,
  Page,
  PageQuery,
} from '@tollgate/contracts';
import { newId, type RandomBytes, TollgateError } from '@tollgate/kernel';
import { RANDOM_BYTES } from '@tollgate/nest';
import type { EntityManager } from 'typeorm';
import { type Act, systemAct } from '../changes/act.js';
import { Changes, runChange } from '../changes/changes.js';
import { differenceOf } from '../changes/difference-of.js';
import { assertUnchanged } from '../changes/precondition.js';
import { OrganisationEntity, type OrganisationRow } from '../database/entities.js';
import { afterOf, pageOfRows } from '../people/page.js';
import { Passwords } from '../people/passwords.js';
import { createUser, firstPassword } from '../people/put-user.js';

@Injectable()
export class OrganisationsService {
  constructor(
    @Inject(Changes) private readonly changes: Changes,
    @Inject(Passwords) private readonly passwords: Passwords,
    @Inject(RANDOM_BYTES) private readonly randomBytes: RandomBytes,
  ) {}

  get(id: string): Promise<Organisation> {
    return this.changes.read(async (manager) => viewOf(await find(manager, id, false)));
  }

  list(query: PageQuery): Promise<Page<Organisation>> {
    return this.changes.read(async (manager) => {
      const builder = manager.createQueryBuilder(OrganisationEntity, 'organisation').orderBy('organisation.id', 'DESC');
      const after = afterOf(query, 'org');
      if (after !== null) builder.where('organisation.id < :after', { after });
      return pageOfRows(await builder.limit(query.limit + 1).getMany(), query.limit, viewOf);
    });
  }

  /** In the trail of the operating organisation stands who made it; its own trail begins with that. */
  async create(act: Act, { name, owner }: CreateOrganisation): Promise<CreatedOrganisation> {
    const password = await firstPassword(this.randomBytes, this.passwords);
    return this.changes.make(act, async (change) => {
      const time = new Date(change.now);
      const id = newId('org', change.now, this.randomBytes);
      const row: OrganisationRow = { id, name, operator: false, status: 'active', createdAt: time, updatedAt: time, revision: 1 };
      await change.manager.insert(OrganisationEntity, row);
      const fact = {
        action: 'organisation.created',
        target: { type: 'organisation', id, name },
        before: null,
        after: { name },
      };
      change.audit(fact);
      const within = { ...systemAct(id, 'operator'), requestId: act.requestId, traceId: act.traceId };
      const made = await runChange(change.manager, within, change.now, async (inner) => {
        inner.audit(fact);
        return createUser(inner, this.randomBytes, password, { ...owner, roles: [{ role: 'owner', team_id: null }] });
      });
      return { ...viewOf(row), owner: made };
    });
  }

  /**
   * Nothing of a suspended organisation is let in, and all of it is as before once it is restored. The operating organisation
   * is not suspended: nobody would be left to restore it.
   */
  setStatus(act: Act, id: string, { status }: ChangeOrganisationStatus): Promise<Organisation> {
    return this.changes.run(act, async (change) => {
      const row = await find(change.manager, id, true);
      assertUnchanged(act, row);
      if (row.status === status) return viewOf(row);
      if (row.operator) throw new TollgateError('conflict', 'The operating organisation is not suspended: it restores others.');
      const next: OrganisationRow = { ...row, status, updatedAt: new Date(change.now), revision: row.revision + 1 };
      await change.manager.update(OrganisationEntity, { id }, next);
      const fact = {
        action: status === 'active' ? 'organisation.restored' : 'organisation.suspended',
        target: { type: 'organisation', id, name: row.name },
        before: { status: row.status },
        after: { status },
      };
      change.audit(fact);
      const within = { ...systemAct(id, 'operator'), requestId: act.requestId, traceId: act.traceId };
      await runChange(change.manager, within, change.now, async (inner) => inner.audit(fact));
      // Of the outer change: the feed's lock comes after those of both trails, or two changes could wait for one another.
      change.announceScope(null, id);
      return viewOf(next);
    });
  }

  change(act: Act, patch: ChangeOrganisation): Promise<Organisation> {
    return this.changes.run(act, async (change) => {
      const id = act.organisationId;
      const row = await find(change.manager, id, true);
      assertUnchanged(act, row);
      const next: OrganisationRow = {
        ...row,
        name: patch.name ?? row.name,
        updatedAt: new Date(change.now),
        revision: row.revision + 1,
      };
      const difference = differenceOf({ name: row.name }, { name: next.name });
      if (difference === null) return viewOf(row);
      await change.manager.update(OrganisationEntity, { id }, next);
      change.audit({ action: 'organisation.changed', target: { type: 'organisation', id, name: next.name }, ...difference });
      return viewOf(next);
    });
  }
}

async function find(manager: EntityManager, id: string, lock: boolean): Promise<OrganisationRow> {
  const row = await manager.findOne(OrganisationEntity, {
    where: { id },
    ...(lock ? { lock: { mode: 'pessimistic_write' } } : {}),
  });
  if (row === null) throw new TollgateError('not_found', 'There is no such organisation.');
  return row;
}

const viewOf = ({ id, name, operator, status, createdAt, updatedAt, revision }: OrganisationRow): Organisation => ({
  id,
  name,
  operator,
  status,
  created_at: createdAt.toISOString(),
  updated_at: updatedAt.toISOString(),
  revision,
});

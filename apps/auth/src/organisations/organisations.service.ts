import { Inject, Injectable } from '@nestjs/common';
import type { Organisation } from '@tollgate/contracts';
import { TollgateError } from '@tollgate/kernel';
import { Changes } from '../changes/changes.js';
import { OrganisationEntity } from '../database/entities.js';

@Injectable()
export class OrganisationsService {
  constructor(@Inject(Changes) private readonly changes: Changes) {}

  async get(id: string): Promise<Organisation> {
    const row = await this.changes.read((manager) => manager.findOneBy(OrganisationEntity, { id }));
    if (row === null) throw new TollgateError('not_found', 'There is no such organisation.');
    return { id, name: row.name, created_at: row.createdAt.toISOString(), updated_at: row.updatedAt.toISOString() };
  }
}

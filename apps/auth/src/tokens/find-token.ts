import { TollgateError } from '@tollgate/kernel';
import { type EntityManager, In, Not } from 'typeorm';
import type { Act } from '../changes/act.js';
import { TokenEntity, type TokenRow, TokenSecretEntity, type TokenSecretRow } from '../database/entities.js';

/** What an operation may touch: an organisation, or some of its teams. */
export type Reach = Pick<Act, 'organisationId' | 'teams'>;

/** The token of that organisation; `lock` keeps others from changing it until the transaction ends. One that belongs elsewhere is not found. */
export async function findToken(manager: EntityManager, reach: Reach | string, id: string, lock: boolean): Promise<TokenRow> {
  const { organisationId, teams } = typeof reach === 'string' ? { organisationId: reach, teams: null } : reach;
  const row = await manager.findOne(TokenEntity, {
    // Clients and grants of OAuth have an API of their own.
    where: { id, organisationId, type: Not('o'), ...(teams !== null && { teamId: In([...teams]) }) },
    ...(lock ? { lock: { mode: 'pessimistic_write' } } : {}),
  });
  if (row === null) throw new TollgateError('not_found', 'There is no such token.');
  return row;
}

/** Oldest first, by token. */
export async function findSecrets(manager: EntityManager, tokenIds: readonly string[]): Promise<Map<string, TokenSecretRow[]>> {
  const found = new Map<string, TokenSecretRow[]>(tokenIds.map((id) => [id, []]));
  if (tokenIds.length === 0) return found;
  const rows = await manager.find(TokenSecretEntity, { where: { tokenId: In([...tokenIds]) }, order: { id: 'ASC' } });
  for (const row of rows) found.get(row.tokenId)?.push(row);
  return found;
}

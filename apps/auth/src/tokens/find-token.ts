import { TollgateError } from '@tollgate/kernel';
import { type EntityManager, In } from 'typeorm';
import { TokenEntity, type TokenRow, TokenSecretEntity, type TokenSecretRow } from '../database/entities.js';

/** The token of that organisation; `lock` keeps others from changing it until the transaction ends. One that belongs elsewhere is not found. */
export async function findToken(manager: EntityManager, organisationId: string, id: string, lock: boolean): Promise<TokenRow> {
  const row = await manager.findOne(TokenEntity, {
    where: { id, organisationId },
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

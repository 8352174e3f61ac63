import type { ListTokensQuery, Page, Token } from '@tollgate/contracts';
import { InvalidFieldsError } from '@tollgate/nest';
import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import { TokenEntity, type TokenRow } from '../database/entities.js';
import { findSecrets } from './find-token.js';
import { type ViewSettings, viewToken } from './token-view.js';

const TOKEN_ID = /^tok_[0-9a-z]{26}$/;

/** Newest first; the cursor is the last id seen, so a page costs the same wherever it stands. */
export async function listTokens(
  manager: EntityManager,
  organisationId: string,
  query: ListTokensQuery,
  settings: ViewSettings,
): Promise<Page<Token>> {
  const builder = manager
    .createQueryBuilder(TokenEntity, 'token')
    .where('token.organisationId = :organisationId', { organisationId })
    .orderBy('token.id', 'DESC')
    .limit(query.limit + 1);
  if (query.cursor !== undefined) builder.andWhere('token.id < :after', { after: readCursor(query.cursor) });
  if (query.type !== undefined) builder.andWhere('token.type = :type', { type: query.type === 'api_key' ? 'k' : 'a' });
  if (query.name !== undefined) {
    // strpos takes the text as it is: no pattern, so nothing to escape and no `%` that costs a scan of its own.
    builder.andWhere('strpos(lower(token.name), lower(:name)) > 0', { name: query.name });
  }
  if (query.status !== undefined) whereStatus(builder, query.status, new Date(settings.now));
  const rows = await builder.getMany();
  const shown = rows.slice(0, query.limit);
  const secrets = await findSecrets(
    manager,
    shown.map((row) => row.id),
  );
  const last = rows.length > query.limit ? shown.at(-1) : undefined;
  return {
    data: shown.map((row) => viewToken(row, secrets.get(row.id) ?? [], settings)),
    next_cursor: last === undefined ? null : Buffer.from(last.id).toString('base64url'),
    has_more: last !== undefined,
  };
}

/** The status that is shown: a token that is not revoked but past its time is expired, whatever else it is. */
function whereStatus(builder: SelectQueryBuilder<TokenRow>, status: Token['status'], now: Date): void {
  switch (status) {
    case 'revoked':
      builder.andWhere("token.status = 'revoked'");
      return;
    case 'expired':
      builder.andWhere("token.status <> 'revoked' AND token.expiresAt <= :now", { now });
      return;
    case 'active':
    case 'suspended':
      builder.andWhere('token.status = :status AND (token.expiresAt IS NULL OR token.expiresAt > :now)', { status, now });
  }
}

function readCursor(cursor: string): string {
  const id = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!TOKEN_ID.test(id)) throw new InvalidFieldsError([{ pointer: 'cursor', detail: 'is not one of ours' }]);
  return id;
}

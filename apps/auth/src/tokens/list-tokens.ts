import type { ListTokensQuery, Page, Token } from '@tollgate/contracts';
import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import { TokenEntity, type TokenRow } from '../database/entities.js';
import { findSecrets, type Reach } from './find-token.js';
import { cursorAfter, orderTokens } from './token-order.js';
import { type ViewSettings, viewToken } from './token-view.js';

type Builder = SelectQueryBuilder<TokenRow>;

/** The cursor is the place of the last one seen, so a page costs the same wherever it stands. */
export async function listTokens(
  manager: EntityManager,
  { organisationId, teams }: Reach,
  query: ListTokensQuery,
  settings: ViewSettings,
): Promise<Page<Token>> {
  const builder = manager
    .createQueryBuilder(TokenEntity, 'token')
    .where('token.organisationId = :organisationId', { organisationId })
    // Those of OAuth are shown as clients and grants.
    .andWhere("token.type <> 'o'");
  if (teams !== null) builder.andWhere('token.teamId = ANY(:teams)', { teams: [...teams] });
  whereEqual(builder, query);
  whereHeld(builder, query);
  whereTime(builder, query);
  if (query.status !== undefined) whereStatus(builder, query.status, new Date(settings.now));
  orderTokens(builder, query.sort, query.cursor);
  const rows = await builder.limit(query.limit + 1).getMany();
  const shown = rows.slice(0, query.limit);
  const secrets = await findSecrets(
    manager,
    shown.map((row) => row.id),
  );
  const last = rows.length > query.limit ? shown.at(-1) : undefined;
  return {
    data: shown.map((row) => viewToken(row, secrets.get(row.id) ?? [], settings)),
    next_cursor: last === undefined ? null : cursorAfter(last, query.sort),
    has_more: last !== undefined,
  };
}

function whereEqual(builder: Builder, query: ListTokensQuery): void {
  if (query.type !== undefined) builder.andWhere('token.type = :type', { type: query.type === 'api_key' ? 'k' : 'a' });
  if (query.owner_id !== undefined) builder.andWhere('token.ownerId = :ownerId', { ownerId: query.owner_id });
  if (query.team_id !== undefined) builder.andWhere('token.teamId = :teamId', { teamId: query.team_id });
  if (query.parent_id !== undefined) builder.andWhere('token.parentId = :parentId', { parentId: query.parent_id });
  if (query.tag !== undefined) builder.andWhere('token.tags @> ARRAY[:tag]::text[]', { tag: query.tag });
  if (query.name !== undefined) {
    // strpos takes the text as it is: no pattern, so nothing to escape and no `%` that costs a scan of its own.
    builder.andWhere('strpos(lower(token.name), lower(:name)) > 0', { name: query.name });
  }
}

/** The globs of the policy as patterns of LIKE, whose own signs are escaped first. The text asked for is never a pattern. */
const likeAny = (path: string, parameter: string): string =>
  `EXISTS (SELECT FROM jsonb_array_elements_text(token.policy #> '{${path}}') AS glob
   WHERE :${parameter} LIKE replace(replace(replace(replace(glob, '\\', '\\\\'), '%', '\\%'), '_', '\\_'), '*', '%'))`;

function whereHeld(builder: Builder, query: ListTokensQuery): void {
  if (query.scope !== undefined) builder.andWhere(likeAny('scopes', 'scope'), { scope: query.scope });
  if (query.model === undefined) return;
  builder.andWhere(likeAny('models,allow', 'model'), { model: query.model });
  builder.andWhere(`NOT ${likeAny('models,deny', 'model')}`);
}

function whereTime(builder: Builder, query: ListTokensQuery): void {
  if (query.expires_before !== undefined) {
    builder.andWhere('token.expiresAt < :expiresBefore', { expiresBefore: new Date(query.expires_before) });
  }
  if (query.last_used_before === undefined) return;
  const usedBefore = new Date(query.last_used_before);
  // The time of the key may be an hour early; those of its secrets are exact.
  builder.andWhere('(token.lastUsedAt IS NULL OR token.lastUsedAt < :usedBefore)', { usedBefore });
  builder.andWhere(
    'NOT EXISTS (SELECT FROM auth.token_secrets AS secret WHERE secret.token_id = token.id AND secret.last_used_at >= :usedBefore)',
  );
}

/** The status that is shown: a token that is not revoked but past its time is expired, whatever else it is. */
function whereStatus(builder: Builder, status: Token['status'], now: Date): void {
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

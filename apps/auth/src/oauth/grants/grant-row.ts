import type { ListOAuthGrantsQuery, OAuthGrant } from '@tollgate/contracts';
import type { EntityManager } from 'typeorm';
import { TokenEntity, type TokenRow } from '../../database/entities.js';
import { statusOf } from '../clients/client-view.js';

/** What one user granted to one client, and the key behind it. */
export interface GrantRow {
  readonly id: string;
  readonly organisationId: string;
  readonly clientId: string;
  readonly clientName: string;
  readonly userId: string;
  readonly token: TokenRow;
}

interface SqlRow {
  readonly id: string;
  readonly organisation_id: string;
  readonly client_id: string;
  readonly client_name: string;
  readonly user_id: string;
  readonly token_id: string;
}

const SELECT = `SELECT g.id, g.organisation_id, g.client_id, g.user_id, g.token_id, token.name AS client_name
  FROM auth.oauth_grants AS g JOIN auth.oauth_clients AS client ON client.id = g.client_id
  JOIN auth.tokens AS token ON token.id = client.token_id`;

/** `organisationId` null = of any organisation, for the server itself. */
export async function readGrant(
  manager: EntityManager,
  id: string,
  organisationId: string | null,
  lock = false,
): Promise<GrantRow | null> {
  const rows: SqlRow[] = await manager.query(
    `${SELECT} WHERE g.id = $1 AND ($2::text IS NULL OR g.organisation_id = $2) ${lock ? 'FOR UPDATE OF g' : ''}`,
    [id, organisationId],
  );
  const [row] = rows;
  return row === undefined ? null : withKey(manager, row, lock);
}

export async function readGrants(
  manager: EntityManager,
  organisationId: string,
  query: Pick<ListOAuthGrantsQuery, 'client_id' | 'user_id'> & { readonly before: string | null; readonly limit: number },
): Promise<readonly GrantRow[]> {
  const rows: SqlRow[] = await manager.query(
    `${SELECT} WHERE g.organisation_id = $1 AND ($2::text IS NULL OR g.id < $2) AND ($3::text IS NULL OR g.client_id = $3)
       AND ($4::text IS NULL OR g.user_id = $4) ORDER BY g.id DESC LIMIT $5`,
    [organisationId, query.before, query.client_id ?? null, query.user_id ?? null, query.limit],
  );
  return Promise.all(rows.map((row) => withKey(manager, row, false)));
}

async function withKey(manager: EntityManager, row: SqlRow, lock: boolean): Promise<GrantRow> {
  return {
    id: row.id,
    organisationId: row.organisation_id,
    clientId: row.client_id,
    clientName: row.client_name,
    userId: row.user_id,
    token: await manager.findOneOrFail(TokenEntity, {
      where: { id: row.token_id },
      ...(lock ? { lock: { mode: 'pessimistic_write' } } : {}),
    }),
  };
}

export const viewGrant = ({ token, ...grant }: GrantRow, now: number): OAuthGrant => ({
  id: grant.id,
  client_id: grant.clientId,
  client_name: grant.clientName,
  user_id: grant.userId,
  token_id: token.id,
  status: statusOf(token, now),
  scopes: token.policy.scopes,
  created_at: token.createdAt.toISOString(),
  expires_at: token.expiresAt?.toISOString() ?? null,
});

import type { OAuthAuthMethod } from '@tollgate/contracts';
import type { EntityManager } from 'typeorm';
import { TokenEntity, type TokenRow, TokenSecretEntity, type TokenSecretRow } from '../../database/entities.js';

type GrantType = 'client_credentials' | 'authorization_code';
type PublicJwk = Readonly<Record<string, string>>;

/** The part of a client that is no key. */
export interface ClientFields {
  readonly id: string;
  readonly organisationId: string;
  readonly tokenId: string;
  readonly grantTypes: readonly GrantType[];
  readonly authMethod: OAuthAuthMethod;
  readonly redirectUris: readonly string[];
  readonly jwks: { readonly keys: readonly PublicJwk[] } | null;
}

/** A client: how it proves itself and where it may send people, and the key (policy, life, secrets) behind it. */
export interface ClientRow extends ClientFields {
  readonly token: TokenRow;
  /** Oldest first. */
  readonly secrets: readonly TokenSecretRow[];
}

interface SqlRow {
  readonly id: string;
  readonly organisation_id: string;
  readonly token_id: string;
  readonly grant_types: readonly GrantType[];
  readonly auth_method: OAuthAuthMethod;
  readonly redirect_uris: readonly string[];
  readonly jwks: ClientFields['jwks'];
}

const COLUMNS = 'id, organisation_id, token_id, grant_types, auth_method, redirect_uris, jwks';

/** Whatever its state; `organisationId` null = of any organisation that is not suspended, for the server itself. */
export async function readClient(
  manager: EntityManager,
  id: string,
  organisationId: string | null,
  lock = false,
): Promise<ClientRow | null> {
  const rows: SqlRow[] = await manager.query(
    `SELECT ${COLUMNS} FROM auth.oauth_clients WHERE id = $1 AND (organisation_id = $2 OR ($2::text IS NULL AND EXISTS (
       SELECT 1 FROM auth.organisations AS o WHERE o.id = oauth_clients.organisation_id AND o.status = 'active'))) ${lock ? 'FOR UPDATE' : ''}`,
    [id, organisationId],
  );
  const [row] = rows;
  return row === undefined ? null : withKey(manager, row, lock);
}

/** Newest first, those before `before`. */
export async function readClients(
  manager: EntityManager,
  organisationId: string,
  page: { readonly before: string | null; readonly limit: number },
): Promise<readonly ClientRow[]> {
  const rows: SqlRow[] = await manager.query(
    `SELECT ${COLUMNS} FROM auth.oauth_clients WHERE organisation_id = $1 AND ($2::text IS NULL OR id < $2)
     ORDER BY id DESC LIMIT $3`,
    [organisationId, page.before, page.limit],
  );
  return Promise.all(rows.map((row) => withKey(manager, row, false)));
}

export async function insertClient(manager: EntityManager, client: ClientFields): Promise<void> {
  await manager.query(`INSERT INTO auth.oauth_clients (${COLUMNS}) VALUES ($1, $2, $3, $4::text[], $5, $6::text[], $7::jsonb)`, [
    client.id,
    client.organisationId,
    client.tokenId,
    client.grantTypes,
    client.authMethod,
    client.redirectUris,
    client.jwks === null ? null : JSON.stringify(client.jwks),
  ]);
}

export async function updateClient(manager: EntityManager, client: ClientFields): Promise<void> {
  await manager.query('UPDATE auth.oauth_clients SET redirect_uris = $2::text[], jwks = $3::jsonb WHERE id = $1', [
    client.id,
    client.redirectUris,
    client.jwks === null ? null : JSON.stringify(client.jwks),
  ]);
}

async function withKey(manager: EntityManager, row: SqlRow, lock: boolean): Promise<ClientRow> {
  const token = await manager.findOneOrFail(TokenEntity, {
    where: { id: row.token_id },
    ...(lock ? { lock: { mode: 'pessimistic_write' } } : {}),
  });
  return {
    id: row.id,
    organisationId: row.organisation_id,
    tokenId: row.token_id,
    grantTypes: row.grant_types,
    authMethod: row.auth_method,
    redirectUris: row.redirect_uris,
    jwks: row.jwks,
    token,
    secrets: await manager.find(TokenSecretEntity, { where: { tokenId: row.token_id }, order: { id: 'ASC' } }),
  };
}

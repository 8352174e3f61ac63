import type { OAuthClient } from '@tollgate/contracts';
import type { AuditValue } from '@tollgate/policy';
import type { TokenRow } from '../../database/entities.js';
import { auditViewOf, viewToken } from '../../tokens/token-view.js';
import type { ClientRow } from './client-row.js';

/** The client as the API shows it: nothing that proves anything. */
export function viewClient(client: ClientRow, now: number): OAuthClient {
  const { token } = client;
  const { limits } = viewToken(token, [], { brand: '', now });
  return {
    id: client.id,
    name: token.name,
    status: statusOf(token, now),
    organisation_id: client.organisationId,
    team_id: token.teamId,
    token_id: token.id,
    grant_types: [...client.grantTypes],
    auth_method: client.authMethod,
    redirect_uris: [...client.redirectUris],
    jwks: client.jwks === null ? null : { keys: client.jwks.keys.map((key) => ({ ...key })) },
    scopes: token.policy.scopes,
    models: token.policy.models,
    limits,
    secrets: client.secrets.map((secret) => ({
      id: secret.id,
      state: secret.state,
      created_at: secret.createdAt.toISOString(),
      expires_at: secret.expiresAt?.toISOString() ?? null,
    })),
    expires_at: token.expiresAt?.toISOString() ?? null,
    created_at: token.createdAt.toISOString(),
    updated_at: token.updatedAt.toISOString(),
    revision: token.revision,
  };
}

export function statusOf(token: Pick<TokenRow, 'status' | 'expiresAt'>, now: number): OAuthClient['status'] {
  if (token.status === 'revoked') return 'revoked';
  return token.expiresAt !== null && token.expiresAt.getTime() <= now ? 'expired' : token.status;
}

/** What stays in the trail. The keys are public halves. */
export const auditViewOfClient = (client: Omit<ClientRow, 'secrets'>): { readonly [key: string]: AuditValue } => ({
  ...auditViewOf(client.token),
  grantTypes: [...client.grantTypes],
  authMethod: client.authMethod,
  redirectUris: [...client.redirectUris],
  jwks: client.jwks as unknown as AuditValue,
});

import type { CreateOAuthClient } from '@tollgate/contracts';
import { newId } from '@tollgate/kernel';
import { type InvalidField, InvalidFieldsError } from '@tollgate/nest';
import type { Change } from '../../changes/changes.js';
import { TokenEntity, TokenSecretEntity } from '../../database/entities.js';
import { assertUsable } from '../../tokens/assert-usable.js';
import { assertGrantable } from '../../tokens/assert-within.js';
import { assertTeam, type Mint } from '../../tokens/create-token.js';
import { assertScopesOfType, futureTime, policyOfNew } from '../../tokens/token-policy.js';
import { type ClientRow, insertClient } from './client-row.js';
import { auditViewOfClient } from './client-view.js';
import { keyRow, newSecret } from './make-key.js';

export interface MadeClient {
  readonly client: ClientRow;
  /** Shown once, stored nowhere; null for a client that has none. */
  readonly secret: string | null;
}

export async function createClient(change: Change, mint: Mint, input: CreateOAuthClient): Promise<MadeClient> {
  const { manager, act, now } = change;
  assertConsistent(input);
  await assertTeam(change, input.team_id ?? null);
  const token = keyRow(change, mint, {
    name: input.name,
    organisationId: act.organisationId,
    teamId: input.team_id ?? null,
    ownerId: null,
    parentId: null,
    expiresAt: input.expires_at === undefined || input.expires_at === null ? null : futureTime(input.expires_at, now),
    policyOf: (id) => policyOfNew({ ...input, type: 'api_key', environment: 'live' }, { id, type: 'k' }, null),
  });
  // A client is bound like an API key: it administers nothing.
  assertScopesOfType(token.policy.scopes, 'k');
  assertUsable(token.policy);
  assertGrantable(token, act.held);
  const made = input.auth_method.startsWith('client_secret') ? newSecret(now, mint, token) : null;
  const client: ClientRow = {
    id: newId('client', now, mint.randomBytes),
    organisationId: act.organisationId,
    tokenId: token.id,
    grantTypes: [...new Set(input.grant_types)],
    authMethod: input.auth_method,
    redirectUris: [...new Set(input.redirect_uris)],
    jwks: input.jwks === undefined ? null : { keys: input.jwks.keys.map((key) => ({ ...key }) as Record<string, string>) },
    token,
    secrets: made === null ? [] : [made.row],
  };
  await manager.insert(TokenEntity, token);
  if (made !== null) await manager.insert(TokenSecretEntity, made.row);
  await insertClient(manager, client);
  change.audit({
    action: 'oauth_client.created',
    target: { type: 'oauth_client', id: client.id, name: token.name },
    before: null,
    after: { ...auditViewOfClient(client), publicId: token.publicId, secretId: made?.row.id ?? null },
  });
  change.announce(token.publicId, 'changed');
  return { client, secret: made?.text ?? null };
}

/** What does not fit together is named; nothing is left out silently. */
function assertConsistent({ grant_types, auth_method, redirect_uris, jwks }: CreateOAuthClient): void {
  const wrong: InvalidField[] = [];
  const code = grant_types.includes('authorization_code');
  const add = (pointer: string, detail: string): void => void wrong.push({ pointer, detail });
  if (code && redirect_uris.length === 0) add('/redirect_uris', 'authorization_code needs at least one.');
  if (!code && redirect_uris.length > 0) add('/redirect_uris', 'are of use only with authorization_code.');
  if (auth_method === 'none' && grant_types.includes('client_credentials')) {
    add('/auth_method', 'A client that proves nothing cannot have client_credentials.');
  }
  if (auth_method === 'private_key_jwt' && jwks === undefined) add('/jwks', 'private_key_jwt needs the public keys.');
  if (auth_method !== 'private_key_jwt' && jwks !== undefined) add('/jwks', 'are of use only with private_key_jwt.');
  if (wrong.length > 0) throw new InvalidFieldsError(wrong);
}

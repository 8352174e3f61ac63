import { isDeepStrictEqual } from 'node:util';
import type { ChangeOAuthClient } from '@tollgate/contracts';
import { TollgateError } from '@tollgate/kernel';
import { InvalidFieldsError } from '@tollgate/nest';
import type { Change } from '../../changes/changes.js';
import { assertUnchanged } from '../../changes/precondition.js';
import { TokenEntity, type TokenRow } from '../../database/entities.js';
import { assertUsable } from '../../tokens/assert-usable.js';
import { assertGrantable, assertInReach } from '../../tokens/assert-within.js';
import { findDescendants } from '../../tokens/family.js';
import { assertScopesOfType, policyOfChanged } from '../../tokens/token-policy.js';
import { type ClientRow, readClient, updateClient } from './client-row.js';
import { auditViewOfClient } from './client-view.js';

/** Locked until the transaction ends. */
export async function findClient({ manager, act }: Change, id: string): Promise<ClientRow> {
  const client = await readClient(manager, id, act.organisationId, true);
  if (client === null) throw new TollgateError('not_found', 'There is no such OAuth client.');
  return client;
}

/** Applies a merge patch. A patch that changes nothing leaves no trace. */
export async function changeClient(change: Change, id: string, patch: ChangeOAuthClient): Promise<ClientRow> {
  const { manager, act, now } = change;
  const client = await findClient(change, id);
  assertInReach(client.token, act.held);
  assertUnchanged(act, client.token);
  if (client.token.status === 'revoked') throw new TollgateError('conflict', 'A revoked client stays as it is: make a new one.');
  const { name, status, redirect_uris, jwks, ...policyPatch } = patch;
  if (policyPatch.scopes !== undefined) assertScopesOfType(policyPatch.scopes, 'k');
  assertFits(client, patch);
  const policy = policyOfChanged(client.token, policyPatch);
  assertUsable(policy);
  const token: TokenRow = {
    ...client.token,
    name: name ?? client.token.name,
    status: status ?? client.token.status,
    policy,
    updatedAt: new Date(now),
    revision: client.token.revision + 1,
  };
  assertGrantable(token, act.held);
  const next: ClientRow = {
    ...client,
    token,
    redirectUris: redirect_uris === undefined ? client.redirectUris : [...new Set(redirect_uris)],
    jwks: jwks === undefined ? client.jwks : { keys: jwks.keys.map((key) => ({ ...key }) as Record<string, string>) },
  };
  const [before, after] = [auditViewOfClient(client), auditViewOfClient(next)];
  const changed = Object.keys(after).filter((key) => !isDeepStrictEqual(before[key], after[key]));
  if (changed.length === 0) return client;
  await manager.update(TokenEntity, { id: token.id }, token);
  await updateClient(manager, next);
  const pick = (fields: typeof after) => Object.fromEntries(changed.map((key) => [key, fields[key] ?? null]));
  change.audit({
    action: 'oauth_client.changed',
    target: { type: 'oauth_client', id, name: token.name },
    before: pick(before),
    after: pick(after),
  });
  const kind = client.token.status === 'active' && token.status === 'suspended' ? 'revoked' : 'changed';
  change.announce(token.publicId, kind);
  // What users have granted to it is bound by it.
  for (const { publicId, status: own } of await findDescendants(manager, token.id, false)) {
    if (own !== 'revoked') change.announce(publicId, kind);
  }
  return next;
}

function assertFits({ grantTypes, authMethod }: ClientRow, { redirect_uris, jwks }: ChangeOAuthClient): void {
  const refuse = (pointer: string, detail: string): never => {
    throw new InvalidFieldsError([{ pointer, detail }]);
  };
  const code = grantTypes.includes('authorization_code');
  if (redirect_uris !== undefined && code && redirect_uris.length === 0) {
    refuse('/redirect_uris', 'authorization_code needs at least one.');
  }
  if (redirect_uris !== undefined && !code && redirect_uris.length > 0) {
    refuse('/redirect_uris', 'are of use only with authorization_code.');
  }
  if (jwks !== undefined && authMethod !== 'private_key_jwt') refuse('/jwks', 'are of use only with private_key_jwt.');
}

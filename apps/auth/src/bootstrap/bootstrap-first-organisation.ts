import { type Clock, newId, type RandomBytes } from '@tollgate/kernel';
import type { DataSource, EntityManager } from 'typeorm';
import { systemAct } from '../changes/act.js';
import { type Change, runChange } from '../changes/changes.js';
import { OrganisationEntity } from '../database/entities.js';
import { createUser, type FirstPassword } from '../people/put-user.js';
import { createToken, type Mint } from '../tokens/create-token.js';

/** Any fixed number: it keeps two first starts from both being the first. */
const LOCK = 0x746f6c6c;

export interface FirstSecrets {
  readonly organisationId: string;
  /** API key for all models. */
  readonly token: string;
  /** Management key. It holds what API keys need too, so that it can hand it on, but reaches no model itself. */
  readonly admin: string;
  /** Where one was asked for: may sign in with it once, and then chooses another password. */
  readonly owner?: { readonly email: string; readonly password: string };
}

export interface FirstOrganisationNeeds extends Mint {
  readonly dataSource: DataSource;
  readonly clock: Clock;
  readonly owner?: { readonly email: string; readonly password: FirstPassword };
  /** Brings the secrets where they are wanted, before the commit: where it throws, nothing has been made and no secret is lost. */
  deliver?(secrets: FirstSecrets): Promise<void>;
}

/**
 * Makes the organisation `default` with one API key and one management key, none of which expires, in one transaction.
 * null where there is an organisation already; of several callers at once one gets the secrets.
 */
export async function bootstrapFirstOrganisation(needs: FirstOrganisationNeeds): Promise<FirstSecrets | null> {
  return needs.dataSource.transaction(async (manager) => {
    await manager.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [LOCK, 'auth.first-organisation']);
    if (await manager.exists(OrganisationEntity)) return null;
    const secrets = await makeFirst(manager, needs);
    await needs.deliver?.(secrets);
    return secrets;
  });
}

async function makeFirst(manager: EntityManager, needs: FirstOrganisationNeeds): Promise<FirstSecrets> {
  const now = needs.clock.now();
  const organisationId = newId('org', now, needs.randomBytes);
  const time = new Date(now);
  const row = {
    id: organisationId,
    name: 'default',
    operator: true,
    status: 'active' as const,
    createdAt: time,
    updatedAt: time,
    revision: 1,
  };
  await manager.insert(OrganisationEntity, row);
  return runChange(manager, systemAct(organisationId, 'first-start'), now, async (change) => {
    const target = { type: 'organisation', id: organisationId, name: row.name };
    change.audit({ action: 'organisation.created', target, before: null, after: { name: row.name } });
    const made = { organisationId, token: await makeApiKey(change, needs), admin: await makeManagementKey(change, needs) };
    return needs.owner === undefined ? made : { ...made, owner: await makeOwner(change, needs.randomBytes, needs.owner) };
  });
}

async function makeOwner(
  change: Change,
  randomBytes: RandomBytes,
  { email, password }: NonNullable<FirstOrganisationNeeds['owner']>,
): Promise<NonNullable<FirstSecrets['owner']>> {
  const roles = [{ role: 'owner' as const, team_id: null }];
  await createUser(change, randomBytes, password, { email, name: email, roles });
  return { email, password: password.text };
}

async function makeApiKey(change: Change, mint: Mint): Promise<string> {
  const { text } = await createToken(change, mint, {
    name: 'first API key',
    type: 'api_key',
    environment: 'live',
    scopes: ['llm:*'],
    models: { allow: ['*'], deny: [] },
    expires_at: null,
  });
  return text;
}

async function makeManagementKey(change: Change, mint: Mint): Promise<string> {
  const { text } = await createToken(change, mint, {
    name: 'first management key',
    type: 'management_key',
    environment: 'live',
    scopes: ['admin:*', 'usage:*', 'llm:*', 'api:*', 'mcp:*'],
    models: { allow: [], deny: [] },
    expires_at: null,
  });
  return text;
}

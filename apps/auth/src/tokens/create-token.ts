import { type CreateToken, TOKEN_LIFETIME_MS_DEFAULT } from '@tollgate/contracts';
import { newId, type RandomBytes } from '@tollgate/kernel';
import { InvalidFieldsError } from '@tollgate/nest';
import { DEFAULT_BRAND, digestToken, generateToken, type PepperSet } from '@tollgate/policy';
import type { Change } from '../changes/changes.js';
import { TeamEntity, TokenEntity, type TokenRow, TokenSecretEntity, type TokenSecretRow } from '../database/entities.js';
import { assertGrantable } from './assert-within.js';
import { assertScopesOfType, futureTime, policyOfNew } from './token-policy.js';
import { auditViewOf } from './token-view.js';

/** What makes secrets. */
export interface Mint {
  readonly peppers: PepperSet;
  readonly randomBytes: RandomBytes;
  /** `tg` where it is not given. */
  readonly brand?: string;
}

export interface MadeToken {
  readonly row: TokenRow;
  readonly secret: TokenSecretRow;
  /** Shown once, stored nowhere. */
  readonly text: string;
}

export async function createToken(change: Change, mint: Mint, input: CreateToken): Promise<MadeToken> {
  const { manager, act, now } = change;
  const type = input.type === 'api_key' ? 'k' : 'a';
  const id = newId('tok', now, mint.randomBytes);
  const policy = policyOfNew(input, type, id);
  assertScopesOfType(policy.scopes, type);
  assertGrantable(policy, type, act.held);
  await assertTeam(change, input.team_id ?? null);
  const { text, publicId } = generateToken({
    type,
    environment: input.environment,
    randomBytes: mint.randomBytes,
    brand: mint.brand ?? DEFAULT_BRAND,
  });
  const time = new Date(now);
  const row: TokenRow = {
    id,
    publicId,
    organisationId: act.organisationId,
    teamId: input.team_id ?? null,
    parentId: null,
    name: input.name,
    type,
    environment: input.environment,
    status: 'active',
    policy,
    expiresAt: expiryOf(input.expires_at, now),
    createdBy: act.actor.id,
    createdAt: time,
    updatedAt: time,
    revokedAt: null,
    revision: 1,
  };
  const [pepper] = mint.peppers;
  const secret: TokenSecretRow = {
    id: newId('sec', now, mint.randomBytes),
    tokenId: row.id,
    digest: digestToken(pepper.key, text),
    pepperVersion: pepper.version,
    state: 'active',
    createdAt: time,
    activatedAt: time,
    expiresAt: null,
    revokedAt: null,
  };
  await manager.insert(TokenEntity, row);
  await manager.insert(TokenSecretEntity, secret);
  change.audit({
    action: 'token.created',
    target: { type: 'token', id: row.id, name: row.name },
    before: null,
    after: { ...auditViewOf(row), publicId, secretId: secret.id },
  });
  // Routers may have been asked for this id before and remember that there was none.
  change.announce(publicId, 'changed');
  return { row, secret, text };
}

const expiryOf = (asked: string | null | undefined, now: number): Date | null => {
  if (asked === null) return null;
  return asked === undefined ? new Date(now + TOKEN_LIFETIME_MS_DEFAULT) : futureTime(asked, now);
};

/** A team of another organisation does not exist. */
export async function assertTeam({ manager, act }: Change, teamId: string | null): Promise<void> {
  if (teamId === null) return;
  const known = await manager.existsBy(TeamEntity, { id: teamId, organisationId: act.organisationId });
  if (!known) throw new InvalidFieldsError([{ pointer: '/team_id', detail: 'There is no such team.' }]);
}

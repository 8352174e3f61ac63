import { type CreateToken, TOKEN_LIFETIME_MS_DEFAULT } from '@tollgate/contracts';
import { newId, type RandomBytes } from '@tollgate/kernel';
import { InvalidFieldsError } from '@tollgate/nest';
import { DEFAULT_BRAND, digestToken, generateToken, type PepperSet } from '@tollgate/policy';
import { type Act, heldFor } from '../changes/act.js';
import type { Change } from '../changes/changes.js';
import { TeamEntity, TokenEntity, type TokenRow, TokenSecretEntity, type TokenSecretRow } from '../database/entities.js';
import { assertAmongTeams } from '../people/assert-team-in-reach.js';
import { assertOwner } from './assert-owner.js';
import { assertUsable } from './assert-usable.js';
import { assertGrantable, assertInReach, assertOutlived } from './assert-within.js';
import { assertSubset, parentOf } from './family.js';
import { idleDaysOfNew, idleEnd } from './idleness.js';
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
  const parent = input.parent_id === undefined ? null : await parentOf(change, input.parent_id, type);
  if (parent !== null) assertParentInReach(act, parent);
  const { text, publicId } = generateToken({
    type,
    environment: parent?.environment ?? input.environment,
    randomBytes: mint.randomBytes,
    brand: mint.brand ?? DEFAULT_BRAND,
  });
  const row = rowOf(change, input, { id: newId('tok', now, mint.randomBytes), publicId, type, parent });
  assertScopesOfType(row.policy.scopes, type);
  assertUsable(row.policy);
  assertAmongTeams(act, row.teamId);
  const held = heldFor(act, row.teamId);
  assertGrantable(row, held);
  assertOutlived(row, held);
  await assertTeam(change, row.teamId);
  await assertOwner(change, row.ownerId);
  if (parent !== null) assertSubset(row, parent);
  const secret = secretOf(mint, row, text);
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

interface NewRow extends Pick<TokenRow, 'id' | 'publicId' | 'type'> {
  readonly parent: TokenRow | null;
}

function rowOf({ act, now }: Change, input: CreateToken, { id, publicId, type, parent }: NewRow): TokenRow {
  const time = new Date(now);
  const idleExpiryDays = idleDaysOfNew(input.idle_expiry_days, type, parent);
  return {
    id,
    publicId,
    organisationId: act.organisationId,
    teamId: input.team_id === undefined ? (parent?.teamId ?? null) : input.team_id,
    ownerId: input.owner_id === undefined ? (parent?.ownerId ?? personOf(act)) : input.owner_id,
    parentId: parent?.id ?? null,
    name: input.name,
    type,
    environment: parent?.environment ?? input.environment,
    status: 'active',
    policy: policyOfNew(input, { id, type }, parent?.policy ?? null),
    tags: [...new Set(input.tags ?? [])],
    expiresAt: expiryOf(input.expires_at, [parent?.expiresAt?.getTime(), type === 'a' ? act.held?.expiresAt : null], now),
    idleExpiryDays,
    idleExpiresAt: idleEnd(idleExpiryDays, now),
    lastUsedAt: null,
    createdBy: act.actor.id,
    createdAt: time,
    updatedAt: time,
    revokedAt: null,
    revision: 1,
  };
}

/** Whoever makes a key for themselves owns it: it ends when they leave. */
const personOf = ({ actor }: Act): string | null => (actor.type === 'user' ? actor.id : null);

function assertParentInReach(act: Act, parent: TokenRow): void {
  if (act.teams !== null && (parent.teamId === null || !act.teams.includes(parent.teamId))) {
    throw new InvalidFieldsError([{ pointer: '/parent_id', detail: 'There is no such token.' }]);
  }
  assertInReach(parent, heldFor(act, parent.teamId));
}

function secretOf(mint: Mint, row: TokenRow, text: string): TokenSecretRow {
  const [pepper] = mint.peppers;
  return {
    id: newId('sec', row.createdAt.getTime(), mint.randomBytes),
    tokenId: row.id,
    digest: digestToken(pepper.key, text),
    pepperVersion: pepper.version,
    state: 'active',
    createdAt: row.createdAt,
    activatedAt: row.createdAt,
    expiresAt: null,
    revokedAt: null,
    lastUsedAt: null,
  };
}

/** Where nothing is said: in 90 days, or with the parent, or a management key with the one that makes it, if that is earlier. */
function expiryOf(asked: string | null | undefined, ends: readonly (number | null | undefined)[], now: number): Date | null {
  if (asked === null) return null;
  if (asked !== undefined) return futureTime(asked, now);
  return new Date(Math.min(now + TOKEN_LIFETIME_MS_DEFAULT, ...ends.flatMap((end) => end ?? [])));
}

/** A team of another organisation does not exist. */
export async function assertTeam({ manager, act }: Change, teamId: string | null): Promise<void> {
  if (teamId === null) return;
  const known = await manager.existsBy(TeamEntity, { id: teamId, organisationId: act.organisationId });
  if (!known) throw new InvalidFieldsError([{ pointer: '/team_id', detail: 'There is no such team.' }]);
}

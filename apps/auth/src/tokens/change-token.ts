import { isDeepStrictEqual } from 'node:util';
import type { ChangeToken } from '@tollgate/contracts';
import { TollgateError } from '@tollgate/kernel';
import { InvalidFieldsError } from '@tollgate/nest';
import type { AuditValue } from '@tollgate/policy';
import { heldFor } from '../changes/act.js';
import type { Change } from '../changes/changes.js';
import { assertUnchanged } from '../changes/precondition.js';
import { TokenEntity, type TokenRow } from '../database/entities.js';
import { assertAmongTeams } from '../people/assert-team-in-reach.js';
import { assertOwner } from './assert-owner.js';
import { assertUsable } from './assert-usable.js';
import { assertGrantable, assertInReach, assertOutlived } from './assert-within.js';
import { assertTeam } from './create-token.js';
import { assertSubset, findAncestors, findDescendants } from './family.js';
import { findToken } from './find-token.js';
import { idleEnd } from './idleness.js';
import { assertScopesOfType, futureTime, policyOfChanged } from './token-policy.js';
import { auditViewOf } from './token-view.js';

/** Applies a merge patch. A patch that changes nothing leaves no trace. */
export async function changeToken(change: Change, id: string, patch: ChangeToken): Promise<TokenRow> {
  const { manager, act } = change;
  const row = await findToken(manager, act, id, true);
  assertUnchanged(act, row);
  assertInReach(row, heldFor(act, row.teamId));
  if (row.status === 'revoked') throw new TollgateError('conflict', 'A revoked token stays as it is: make a new one.');
  if (patch.scopes !== undefined) assertScopesOfType(patch.scopes, row.type);
  if (patch.team_id !== undefined) await assertTeam(change, patch.team_id);
  if (patch.owner_id !== undefined) await assertOwner(change, patch.owner_id);
  const next = nextOf(change, row, patch);
  if (!isDeepStrictEqual(next.policy, row.policy)) assertUsable(next.policy);
  assertAmongTeams(act, next.teamId);
  assertGrantable(next, heldFor(act, next.teamId));
  if (patch.expires_at !== undefined) assertOutlived(next, act.held);
  await assertFamily(change, row, next);
  const difference = differenceOf(auditViewOf(row), auditViewOf(next));
  if (difference === null) return row;
  await manager.update(TokenEntity, { id, organisationId: act.organisationId }, next);
  change.audit({ action: actionOf(row, next), target: { type: 'token', id, name: next.name }, ...difference });
  // To a router, suspended is revoked for now: live streams end, and the next answer of auth says what it is.
  const kind = row.status === 'active' && next.status === 'suspended' ? 'revoked' : 'changed';
  change.announce(row.publicId, kind);
  // What children may do follows from what this one may.
  for (const child of await findDescendants(manager, id, false)) change.announce(child.publicId, kind);
  return next;
}

function nextOf({ now }: Change, row: TokenRow, patch: ChangeToken): TokenRow {
  const idleExpiryDays = patch.idle_expiry_days === undefined ? row.idleExpiryDays : patch.idle_expiry_days;
  const revived = patch.expires_at !== undefined || patch.status === 'active' || idleExpiryDays !== row.idleExpiryDays;
  return {
    ...row,
    name: patch.name ?? row.name,
    status: patch.status ?? row.status,
    teamId: patch.team_id === undefined ? row.teamId : patch.team_id,
    ownerId: patch.owner_id === undefined ? row.ownerId : patch.owner_id,
    tags: patch.tags === undefined ? row.tags : [...new Set(patch.tags)],
    expiresAt: expiryOf(row, patch.expires_at, now),
    idleExpiryDays,
    idleExpiresAt: revived ? idleEnd(idleExpiryDays, now) : row.idleExpiresAt,
    policy: policyOfChanged(row, patch),
    updatedAt: new Date(now),
    revision: row.revision + 1,
  };
}

/** Tightening a parent is always good: its children are bound by it at every call. Widening a child is not. */
async function assertFamily({ manager }: Change, row: TokenRow, next: TokenRow): Promise<void> {
  const teamChanged = next.teamId !== row.teamId;
  if (row.parentId !== null && (teamChanged || !isDeepStrictEqual(boundsOf(row), boundsOf(next)))) {
    const [parent] = await findAncestors(manager, row.parentId);
    if (parent !== undefined) assertSubset(next, parent);
  }
  if (teamChanged && (await findDescendants(manager, row.id, false)).length > 0) {
    throw new InvalidFieldsError([{ pointer: '/team_id', detail: 'The token has children, which belong to the same team.' }]);
  }
}

const boundsOf = ({ policy, expiresAt }: TokenRow): unknown => [policy, expiresAt];

function expiryOf(row: TokenRow, asked: string | null | undefined, now: number): Date | null {
  if (asked === undefined) return row.expiresAt;
  return asked === null ? null : futureTime(asked, now);
}

function actionOf(before: TokenRow, after: TokenRow): string {
  if (before.status === after.status) return 'token.changed';
  return after.status === 'suspended' ? 'token.suspended' : 'token.restored';
}

type Fields = Readonly<Record<string, AuditValue>>;

/** The fields that differ, before and after; null where none does. */
function differenceOf(before: Fields, after: Fields): { readonly before: Fields; readonly after: Fields } | null {
  const keys = Object.keys(after).filter((key) => !isDeepStrictEqual(before[key], after[key]));
  if (keys.length === 0) return null;
  const pick = (fields: Fields): Fields => Object.fromEntries(keys.map((key) => [key, fields[key] ?? null]));
  return { before: pick(before), after: pick(after) };
}

import { isDeepStrictEqual } from 'node:util';
import type { ChangeToken } from '@tollgate/contracts';
import { TollgateError } from '@tollgate/kernel';
import type { AuditValue } from '@tollgate/policy';
import type { Change } from '../changes/changes.js';
import { TokenEntity, type TokenRow } from '../database/entities.js';
import { assertGrantable, assertInReach } from './assert-within.js';
import { assertTeam } from './create-token.js';
import { findToken } from './find-token.js';
import { assertScopesOfType, futureTime, policyOfChanged } from './token-policy.js';
import { auditViewOf } from './token-view.js';

/** Applies a merge patch. A patch that changes nothing leaves no trace. */
export async function changeToken(change: Change, id: string, patch: ChangeToken): Promise<TokenRow> {
  const { manager, act, now } = change;
  const row = await findToken(manager, act.organisationId, id, true);
  assertInReach(row, act.held);
  if (row.status === 'revoked') throw new TollgateError('conflict', 'A revoked token stays as it is: make a new one.');
  if (patch.scopes !== undefined) assertScopesOfType(patch.scopes, row.type);
  if (patch.team_id !== undefined) await assertTeam(change, patch.team_id);
  const policy = policyOfChanged(row, patch);
  assertGrantable(policy, row.type, act.held);
  const next: TokenRow = {
    ...row,
    name: patch.name ?? row.name,
    status: patch.status ?? row.status,
    teamId: patch.team_id === undefined ? row.teamId : patch.team_id,
    expiresAt: expiryOf(row, patch.expires_at, now),
    policy,
    updatedAt: new Date(now),
    revision: row.revision + 1,
  };
  const difference = differenceOf(auditViewOf(row), auditViewOf(next));
  if (difference === null) return row;
  await manager.update(TokenEntity, { id, organisationId: act.organisationId }, next);
  change.audit({ action: actionOf(row, next), target: { type: 'token', id, name: next.name }, ...difference });
  // To a router, suspended is revoked for now: live streams end, and the next answer of auth says what it is.
  change.announce(row.publicId, row.status === 'active' && next.status === 'suspended' ? 'revoked' : 'changed');
  return next;
}

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

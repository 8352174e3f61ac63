import type { TokenPolicy } from '@tollgate/contracts';
import { addressesAdmitted, isEmptySet } from './address-set.js';
import { findAdmitted } from './find-beyond.js';
import { isNever, weeksByZone } from './week.js';

export type NeverReason =
  | 'no_scope'
  | 'no_model'
  | 'models_all_denied'
  | 'addresses_all_denied'
  | 'windows_never_open'
  | 'expired';

export interface Never {
  /** JSON pointer into the policy as the management API writes it. */
  readonly pointer: string;
  readonly reason: NeverReason;
  readonly detail: string;
}

/** Scopes of calls that name a model. */
const needsModel = (scope: string): boolean => scope.startsWith('llm:');

/** Why a policy can never admit anything; empty where it can. `now` and `expiresAt` in ms since the epoch. */
export function neverAdmits(policy: TokenPolicy, expiresAt: number | null, now: number): Never[] {
  const never: Never[] = [];
  const add = (pointer: string, reason: NeverReason, detail: string): void => void never.push({ pointer, reason, detail });
  const { scopes, models, addresses, windows } = policy;
  if (scopes.length === 0) add('/scopes', 'no_scope', 'A token without scopes can do nothing.');
  // A key that administers as well can do without models.
  if (scopes.length > 0 && scopes.every(needsModel)) {
    if (models.allow.length === 0) add('/models/allow', 'no_model', 'No model is allowed, and its scopes need one.');
    else if (findAdmitted(models).kind === 'none') add('/models/deny', 'models_all_denied', 'All allowed models are denied.');
  }
  if (isEmptySet(addressesAdmitted(addresses)))
    add('/addresses/deny', 'addresses_all_denied', 'All allowed addresses are denied.');
  if (windows.length > 0 && [...weeksByZone(windows).values()].every(isNever)) {
    add('/windows', 'windows_never_open', 'No window is ever open.');
  }
  if (expiresAt !== null && expiresAt <= now) add('/expires_at', 'expired', 'The time has passed already.');
  return never;
}

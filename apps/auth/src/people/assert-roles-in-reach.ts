import { ACCOUNT_PERMISSION, type AccessRules, permissionsOfRole, type Role, type TokenPolicy } from '@tollgate/contracts';
import { TollgateError } from '@tollgate/kernel';
import { scopesBeyond } from '@tollgate/policy';
import { type Act, heldFor } from '../changes/act.js';

export interface RoleIn {
  readonly role: Role;
  readonly team_id: string | null;
}

/** Nobody gives a role that holds more than they do themselves. */
export function assertRolesGivable(act: Act, roles: readonly RoleIn[]): void {
  const beyond = beyondOf(act, roles);
  if (beyond.length > 0) throw denied('You do not hold what you would give', beyond);
}

/** Nor touches anybody who holds more: whoever could set an owner's password would be an owner. */
export function assertUserInReach(act: Act, roles: readonly RoleIn[]): void {
  const beyond = beyondOf(act, roles);
  if (beyond.length > 0) throw denied('This user is out of your reach, who do not hold', beyond);
}

function beyondOf(act: Act, roles: readonly RoleIn[]): readonly string[] {
  return [
    ...new Set(
      roles.flatMap(({ role, team_id }) => {
        const held = heldFor(act, team_id);
        if (held === null) return [];
        const rules = [held.policy, ...held.parents];
        if (!isUnlimited(held.policy) || !rules.every(isBoundByScopesAlone))
          return ['whatever models, addresses and times a person may choose'];
        const wanted = permissionsOfRole(role).filter((permission) => permission !== ACCOUNT_PERMISSION);
        return rules.flatMap(({ scopes }) => scopesBeyond(scopes, wanted));
      }),
    ),
  ];
}

/** A person makes keys for all models, from everywhere, at any time: a key that may not do that itself makes no such person. */
const isBoundByScopesAlone = ({ models, addresses, windows }: AccessRules): boolean =>
  (models.allow.length === 0 || models.allow.includes('*')) &&
  models.deny.length === 0 &&
  addresses.allow.length + addresses.deny.length + windows.length === 0;

/** Nor one that is limited itself. What all keys of the team or organisation share is no bound of this one. */
const isUnlimited = ({ limits, budgets, caps }: TokenPolicy): boolean =>
  [...limits, ...budgets].every(({ subject }) => subject !== 'token') &&
  caps.inputTokens === null &&
  caps.outputTokens === null &&
  caps.requestBytes === null;

const denied = (what: string, beyond: readonly string[]): TollgateError =>
  new TollgateError('permission_denied', `${what}: ${beyond.join(', ')}.`);

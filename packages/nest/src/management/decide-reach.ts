import { isInstallationPermission } from '@tollgate/contracts';
import { TollgateError } from '@tollgate/kernel';
import { scopeAllows } from '@tollgate/policy';
import type { Principal } from './caller.js';
import type { OperationRule } from './permission.js';

/**
 * Which teams' things the caller may touch with this operation; null = all of the organisation. Throws where there is
 * nothing: by default a right that is one of a team does not reach an operation at all.
 */
export function decideReach({ grants, operator, actor }: Principal, rule: OperationRule): readonly string[] | null {
  const { permission } = rule;
  if (isInstallationPermission(permission) && !operator) {
    throw denied(`${permission} belongs to the organisation that runs this installation.`);
  }
  const granting = grants.filter(({ permissions }) => scopeAllows(permissions, permission));
  if (granting.some(({ teamId }) => teamId === null)) return null;
  const teams = granting.flatMap(({ teamId }) => (teamId === null ? [] : [teamId]));
  if (teams.length === 0) {
    throw denied(actor.type === 'user' ? `You lack the permission ${permission}.` : `The token lacks the scope ${permission}.`);
  }
  if (rule.teams !== true) {
    throw denied(`The permission ${permission} is needed in the whole organisation, and is held for a team only.`);
  }
  return teams;
}

/** All permissions that hold for what belongs to this team (null: to the organisation): the bound of what may be handed on there. */
export const permissionsFor = ({ grants }: Pick<Principal, 'grants'>, teamId: string | null): readonly string[] =>
  grants.flatMap((grant) => (grant.teamId === null || grant.teamId === teamId ? grant.permissions : []));

const denied = (message: string): TollgateError => new TollgateError('permission_denied', message);

import { ACCOUNT_PERMISSION, isInstallationPermission, type Operation, permissionsOfRole, type Role } from '@tollgate/contracts';

/** What the guard decides, without a look at the things behind it. */
export type Verdict = 'unauthenticated' | 'denied' | 'admitted';

/** Worked out anew from the rows and the roles, and not by the code that is under test. */
const covers = (held: readonly string[], permission: string): boolean =>
  held.some((each) => (each.endsWith('*') ? permission.startsWith(each.slice(0, -1)) : each === permission));

export function expectedOfNobody({ permission }: Operation): Verdict {
  return permission === null ? 'admitted' : 'unauthenticated';
}

/** `operator`: of the organisation that runs the installation. */
export function expectedOfRole({ permission }: Operation, role: Role, operator: boolean): Verdict {
  if (permission === null) return 'admitted';
  if (isInstallationPermission(permission) && !operator) return 'denied';
  return covers(permissionsOfRole(role), permission) ? 'admitted' : 'denied';
}

export function expectedOfTeamRole(operation: Operation, role: Role): Verdict {
  const { permission, teams } = operation;
  if (permission === null || permission === ACCOUNT_PERMISSION) return 'admitted';
  return teams === true ? expectedOfRole(operation, role, false) : 'denied';
}

export function expectedOfKey({ permission }: Operation, scopes: readonly string[], operator: boolean): Verdict {
  if (permission === null) return 'admitted';
  if (isInstallationPermission(permission) && !operator) return 'denied';
  return covers(scopes, permission) ? 'admitted' : 'denied';
}

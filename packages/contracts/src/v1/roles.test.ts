import { expect, test } from 'vitest';
import { MANAGEMENT_OPERATIONS } from './management/all-operations.js';
import type { Operation } from './management/operation.js';
import { ACCOUNT_PERMISSION, isInstallationPermission, ROLE_PERMISSIONS, type Role } from './roles.js';

const operations: readonly Operation[] = Object.values(MANAGEMENT_OPERATIONS);
const declared = [...new Set(operations.flatMap(({ permission }) => permission ?? []))].sort();

/** Stars stand at ends of parts only, in roles. */
const holds = (role: Role, permission: string): boolean =>
  ROLE_PERMISSIONS[role].some((held) => (held.endsWith('*') ? permission.startsWith(held.slice(0, -1)) : held === permission));

test('an owner may do everything that is declared', () => {
  expect(declared.filter((permission) => !holds('owner', permission))).toEqual([]);
});

test('an admin may do everything but what is of the organisation itself or of others', () => {
  const without = declared.filter((permission) => !holds('admin', permission));
  expect(without).toEqual([
    'admin:oauth-keys:write',
    'admin:organisation:write',
    'admin:organisations:read',
    'admin:organisations:write',
  ]);
});

test.each(['viewer', 'billing', 'auditor'] as const)('a %s changes nothing but the own account', (role) => {
  const changing = operations.filter(({ method, asks }) => method !== 'GET' && asks !== true);
  const writes = changing.flatMap(({ permission }) => permission ?? []);
  expect([...new Set(writes)].filter((permission) => holds(role, permission))).toEqual([ACCOUNT_PERMISSION]);
  expect(ROLE_PERMISSIONS[role].filter((permission) => /write|\*/.test(permission))).toEqual([]);
});

test('whatever role one has, the own account is theirs', () => {
  for (const role of Object.keys(ROLE_PERMISSIONS) as Role[]) expect(holds(role, ACCOUNT_PERMISSION), role).toBe(true);
});

test('what belongs to the installation is told from what belongs to one organisation', () => {
  expect(declared.filter(isInstallationPermission)).toEqual([
    'admin:credentials:read',
    'admin:credentials:write',
    'admin:models:write',
    'admin:oauth-keys:write',
    'admin:organisations:read',
    'admin:organisations:write',
    'admin:providers:read',
    'admin:providers:write',
  ]);
});

test('only a reading operation, or one whose things belong to a team, is open to a team', () => {
  for (const [name, { teams, permission }] of Object.entries<Operation>(MANAGEMENT_OPERATIONS)) {
    if (teams === true) expect(permission !== null && !isInstallationPermission(permission), name).toBe(true);
  }
});

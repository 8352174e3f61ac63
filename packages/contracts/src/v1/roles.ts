/**
 * Roles of people: named sets of permissions, in one organisation or in one of its teams. A permission is the string that a
 * row of the management API declares; a role's patterns are matched like scopes (`*` stands for any run of characters).
 */
export const ROLES = ['owner', 'admin', 'developer', 'viewer', 'billing', 'auditor'] as const;
export type Role = (typeof ROLES)[number];

/** Held by everybody who has signed in, and by no token: what a person does to their own account. */
export const ACCOUNT_PERMISSION = 'account:self';

/** What programs are given: nobody can hand on what they do not hold themselves. */
const DATA_PLANE = ['llm:*', 'api:*', 'mcp:*'] as const;

const READ_OF_ALL = [
  'admin:organisation:read',
  'admin:tokens:read',
  'admin:teams:read',
  'admin:service-accounts:read',
  'admin:models:read',
  'admin:routes:read',
  'admin:budgets:read',
  'usage:read',
] as const;

export const ROLE_PERMISSIONS: Readonly<Record<Role, readonly string[]>> = {
  /** Everything, now and later. */
  owner: [ACCOUNT_PERMISSION, 'admin:*', 'usage:*', ...DATA_PLANE],
  /** Everything but the organisation itself and other organisations, and so never more than an owner. */
  admin: [
    ACCOUNT_PERMISSION,
    'admin:organisation:read',
    'admin:tokens:*',
    'admin:users:*',
    'admin:teams:*',
    'admin:service-accounts:*',
    'admin:audit:*',
    'admin:providers:*',
    'admin:credentials:*',
    'admin:models:*',
    'admin:routes:*',
    'admin:budgets:*',
    'admin:limits:*',
    'admin:webhooks:*',
    'admin:incidents:*',
    'admin:watching:*',
    'admin:oauth:*',
    'usage:*',
    ...DATA_PLANE,
  ],
  /** Makes the keys of programs and sees what they use. */
  developer: [ACCOUNT_PERMISSION, ...READ_OF_ALL, 'admin:tokens:write', ...DATA_PLANE],
  viewer: [ACCOUNT_PERMISSION, ...READ_OF_ALL],
  /** What is spent, on what, at which price. */
  billing: [
    ACCOUNT_PERMISSION,
    'admin:organisation:read',
    'admin:teams:read',
    'admin:models:read',
    'admin:budgets:read',
    'usage:read',
  ],
  /** Reads everything that tells who may do what, and who did. */
  auditor: [
    ACCOUNT_PERMISSION,
    ...READ_OF_ALL,
    'admin:users:read',
    'admin:audit:read',
    'admin:providers:read',
    'admin:credentials:read',
    'admin:limits:read',
    'admin:webhooks:read',
    'admin:incidents:read',
    'admin:watching:read',
    'admin:oauth:read',
  ],
};

/**
 * What belongs to the whole installation and so to the operating organisation alone, whatever a key or an owner of another
 * organisation holds: the providers, their credentials, what is offered of their models and at which price, and the organisations
 * themselves.
 */
const OF_THE_INSTALLATION = [
  'admin:providers:',
  'admin:credentials:',
  'admin:models:write',
  'admin:organisations:',
  'admin:oauth-keys:',
] as const;

export const isInstallationPermission = (permission: string): boolean =>
  OF_THE_INSTALLATION.some((prefix) => permission.startsWith(prefix));

export const permissionsOfRole = (role: Role): readonly string[] => ROLE_PERMISSIONS[role];

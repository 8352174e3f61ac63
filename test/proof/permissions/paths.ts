import type { Operation } from '@tollgate/contracts';
import type { Things } from './cast.ts';

/** What the ids in a path are ids of, by its beginning; whoever adds a resource says it here. */
const KINDS: readonly (readonly [prefix: string, kinds: Readonly<Record<string, keyof Things>>])[] = [
  ['/api/v1/tokens/', { id: 'token', secret_id: 'secret' }],
  ['/api/v1/users/', { id: 'user' }],
  ['/api/v1/teams/', { id: 'team' }],
  ['/api/v1/organisations/', { id: 'organisation' }],
  ['/api/v1/service-accounts/', { id: 'account' }],
  ['/api/v1/sessions/', { id: 'session' }],
  ['/api/v1/budgets/', { id: 'budget' }],
  ['/api/v1/limits/', { id: 'limit' }],
  ['/api/v1/routes/', { id: 'route' }],
  ['/api/v1/oauth/clients/', { id: 'client' }],
  ['/api/v1/oauth/grants/', { id: 'grant' }],
  ['/api/v1/account/grants/', { id: 'grant' }],
  ['/api/v1/providers/', { id: 'provider' }],
  ['/api/v1/credentials/', { id: 'credential' }],
  ['/api/v1/models/', { id: 'model' }],
  ['/api/v1/incidents/', { id: 'incident' }],
  ['/api/v1/usage/records/', { id: 'record' }],
];

/** Well-formed ids of things that do not exist. */
const NOTHING: Things = {
  ...Object.fromEntries(
    Object.entries({
      token: 'tok',
      secret: 'sec',
      user: 'user',
      team: 'team',
      organisation: 'org',
      account: 'sa',
      session: 'ses',
      budget: 'budget',
      limit: 'limit',
      route: 'route',
      client: 'client',
      grant: 'grant',
      provider: 'prov',
      credential: 'cred',
      model: 'dep',
      incident: 'inc',
    }).map(([kind, prefix]) => [kind, `${prefix}_01kb0000000000000000000000`]),
  ),
  record: 'req_01kb0000000000000000000000',
};

export const hasIds = ({ path }: Operation): boolean => path.includes('{');

/** The path with ids of these things; of what they lack, with ids of nothing. null where a resource is not known here. */
export function pathTo({ path }: Operation, things: Things): string | null {
  if (!path.includes('{')) return path;
  const kinds = KINDS.find(([prefix]) => path.startsWith(prefix))?.[1];
  if (kinds === undefined) return null;
  let known = true;
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const kind = kinds[name];
    const id = kind === undefined ? undefined : (things[kind] ?? NOTHING[kind]);
    known &&= id !== undefined;
    return id ?? '';
  });
  return known ? filled : null;
}

/** Whether the things hold what the path speaks of. */
export const hasThings = ({ path }: Operation, things: Things): boolean => {
  const kinds = KINDS.find(([prefix]) => path.startsWith(prefix))?.[1];
  return [...path.matchAll(/\{(\w+)\}/g)].every(([, name = '']) => things[kinds?.[name] ?? ''] !== undefined);
};

/** Good bodies of operations on one thing: a wrong one would be refused before it is looked for. */
export const BODIES: Readonly<Record<string, unknown>> = {
  changeToken: { name: 'taken over' },
  rotateToken: {},
  putRotationSchedule: {
    timing: { kind: 'every', days: 30 },
    delivery: { kind: 'webhook', url: 'https://hooks.example.com/rotation' },
  },
  changeUser: { name: 'taken over' },
  changeTeam: { name: 'taken over' },
  changeServiceAccount: { name: 'taken over' },
  changeBudget: { name: 'taken over' },
  changeLimit: { limit: 1 },
  changeModel: { title: 'taken over' },
  setModelPrice: { price: null },
  changeOAuthClient: { name: 'taken over' },
  renewOAuthClientSecret: {},
};

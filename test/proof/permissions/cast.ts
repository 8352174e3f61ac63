import { randomBytes } from 'node:crypto';
import type { Role } from '@tollgate/contracts';
import { ROLES } from '@tollgate/contracts';
import { type Stack, waitFor } from '@tollgate/testing';
import { type Caller, good, holder, nobody, person } from './call.ts';

/** Ids of one organisation's things, by what stands in a path. */
export type Things = Readonly<Record<string, string>>;

export interface Cast {
  readonly nobody: Caller;
  /** Holds everything in the operating organisation, by a key. */
  readonly admin: Caller;
  readonly roles: ReadonlyMap<Role, Caller>;
  /** Owner and whole key of another organisation. */
  readonly foreign: readonly Caller[];
  /** Develops in one team and is nobody elsewhere. */
  readonly teamDeveloper: Caller;
  /** Of the organisation as a whole, of the developer's team, of another team. */
  readonly things: Readonly<Record<'organisation' | 'ownTeam' | 'otherTeam', Things>>;
  /** Stands in every name and id of the organisation: what no foreign eye may see. */
  readonly marks: readonly string[];
  keyWith(scopes: readonly string[]): Promise<Caller>;
}

const PASSWORD = 'thirty swallows over the pond';

/** Two organisations on one installation, with somebody in each role and at least one thing of each kind. */
export async function makeCast(stack: Stack): Promise<Cast> {
  const canary = `canary${randomBytes(6).toString('hex')}`;
  const admin = holder(stack, 'administrator', stack.adminToken);
  const create = (path: string, body: unknown) => good(admin.call('POST', `/api/v1${path}`, body));
  const [own, other] = [await create('/teams', { name: `${canary} own` }), await create('/teams', { name: `${canary} other` })];
  let users = 0;
  const newcomer = async (made: { email: string; initial_password: string }, name: string): Promise<Caller> => {
    const first = await person(stack, name, made.email, made.initial_password);
    await good(
      first.call('POST', '/api/v1/account/password', { current_password: made.initial_password, new_password: PASSWORD }),
    );
    return person(stack, name, made.email, PASSWORD);
  };
  const newUser = (roles: readonly object[]) => {
    users += 1;
    return create('/users', { email: `${canary}${users}@example.com`, name: `${canary} ${users}`, roles });
  };
  const roles = new Map<Role, Caller>();
  for (const role of ROLES) roles.set(role, await newcomer(await newUser([{ role }]), role));
  const teamDeveloper = await newcomer(await newUser([{ role: 'developer', team_id: own.id }]), 'developer of a team');
  const elsewhere = await create('/organisations', {
    name: 'elsewhere',
    owner: { email: 'owner@elsewhere.example', name: 'Owner' },
  });
  const owner = await newcomer(elsewhere.owner, 'owner of another organisation');
  const scopes = ['admin:*', 'usage:*', 'llm:*'];
  const foreignKey = await good(owner.call('POST', '/api/v1/tokens', { name: 'all', type: 'management_key', scopes }));

  const thingsOf = async (teamId: string | null, word: string): Promise<Things> => {
    const name = `${canary} ${word}`;
    const token = await create('/tokens', { name, team_id: teamId, scopes: ['llm:*'] });
    const account = await create('/service-accounts', { name, team_id: teamId });
    return {
      token: token.id,
      secret: token.secrets[0].id,
      account: account.id,
      record: await useAndFind(stack, admin, token),
      ...(teamId === null ? {} : { team: teamId }),
    };
  };
  const victim = await newUser([{ role: 'viewer' }]);
  const victimSession = await person(stack, 'victim', victim.email, victim.initial_password);
  const session = (await good(victimSession.call('GET', '/api/v1/sessions/current'))).id as string;
  // Before there is a budget: a model without a price is refused under one.
  const [general, ownThings, otherThings] = [
    await thingsOf(null, 'general'),
    await thingsOf(own.id, 'own'),
    await thingsOf(other.id, 'other'),
  ];
  const things = {
    organisation: {
      ...general,
      team: own.id as string,
      user: victim.id as string,
      session,
      budget: (
        await create('/budgets', { name: `${canary} budget`, subject: { type: 'organisation' }, amount: '1000', period: 'total' })
      ).id,
      limit: (
        await create('/limits', { subject: { type: 'organisation' }, kind: 'requests', limit: 1_000_000, period_seconds: 60 })
      ).id,
      route: (await create('/routes', { model: `${canary}-route`, targets: [{ model: 'demo/chat' }] })).id,
      incident: await makeIncident(stack, admin, `${canary} misused`),
      client: (await create('/oauth/clients', { name: `${canary} client`, scopes: ['llm:*'] })).id,
    },
    ownTeam: ownThings,
    otherTeam: otherThings,
  };
  const organisation = await good(admin.call('GET', '/api/v1/organisations/current'));
  const ids = Object.values(things).flatMap((each) => Object.values(each));
  let keys = 0;
  return {
    nobody: nobody(stack),
    admin,
    roles,
    foreign: [owner, holder(stack, 'whole key of another organisation', foreignKey.token)],
    teamDeveloper,
    things,
    marks: [canary, organisation.id, ...ids],
    keyWith: async (wanted) => {
      keys += 1;
      const made = await create('/tokens', { name: `${canary} key ${keys}`, type: 'management_key', scopes: wanted });
      return holder(stack, `key with ${wanted.length === 1 ? wanted[0] : `${wanted.length} scopes`}`, made.token);
    },
  };
}

/** A secret is used after it was replaced. */
async function makeIncident(stack: Stack, admin: Caller, name: string): Promise<string> {
  const token = await good(admin.call('POST', '/api/v1/tokens', { name, scopes: ['llm:*'] }));
  await good(admin.call('POST', `/api/v1/tokens/${token.id}/rotate`, { overlap_seconds: 0 }));
  await fetch(`${stack.url}/v1/models`, { headers: { authorization: `Bearer ${token.token}` } });
  return waitFor(
    async () => {
      const page = await good(admin.call('GET', `/api/v1/incidents?token_id=${token.id}`));
      return (page.data[0]?.id as string | undefined) ?? null;
    },
    { timeoutMs: 15_000, what: 'the incident of a secret that has ended' },
  );
}

/** One call with the token, and the id of its usage record. */
async function useAndFind(stack: Stack, admin: Caller, token: { id: string; token: string }): Promise<string> {
  const response = await fetch(`${stack.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'sim/sim-fast', messages: [{ role: 'user', content: 'hello' }] }),
  });
  if (!response.ok) throw new Error(`the call failed: ${response.status} ${await response.text()}`);
  return waitFor(
    async () => {
      const page = await good(admin.call('GET', `/api/v1/usage/records?token_id=${token.id}`));
      return (page.data[0]?.id as string | undefined) ?? null;
    },
    { timeoutMs: 15_000, what: 'the usage record of a call' },
  );
}

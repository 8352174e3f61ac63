import { randomBytes } from 'node:crypto';
import { type Stack, waitFor } from '@tollgate/testing';
import { good, holder, person } from '../permissions/call.ts';
import type { Things } from '../permissions/cast.ts';
import { send } from './send.ts';

export interface Stage {
  /** One thing of each kind, for the attack to be aimed at. */
  readonly things: Things;
  /** Of a caller of the data plane. */
  readonly token: string;
  readonly client: { readonly id: string; readonly secret: string; readonly redirect: string };
  /** Ids and names of what another organisation has: something of each kind, too. */
  readonly foreignMarks: readonly string[];
  /** Of that organisation, which the operator's list of all of them shows. */
  readonly foreignId: string;
  session(renew: boolean): Promise<Readonly<Record<string, string>>>;
}

const PASSWORD = 'thirty swallows over the pond';
const REDIRECT = 'https://app.example.com/back';

export async function makeStage(stack: Stack): Promise<Stage> {
  const admin = holder(stack, 'administrator', stack.adminToken);
  const create = (path: string, body: unknown) => good(admin.call('POST', `/api/v1${path}`, body));
  // The names that can be searched for: with every sign that a pattern knows, and without.
  for (const name of ['one % hundred', 'one _ line', 'one \\ back', "one ' quote", 'one plain', 'two plain']) {
    await create('/tokens', { name, scopes: ['llm:*'] });
  }
  const team = await create('/teams', { name: 'aimed at' });
  const token = await create('/tokens', { name: 'aimed at', scopes: ['llm:*'] });
  const account = await create('/service-accounts', { name: 'aimed at' });
  const user = await create('/users', { email: 'aimed@example.com', name: 'aimed at', roles: [{ role: 'viewer' }] });
  const oauth = await create('/oauth/clients', {
    ...{ name: 'aimed at', scopes: ['llm:*'], auth_method: 'client_secret_post', redirect_uris: [REDIRECT] },
    grant_types: ['client_credentials', 'authorization_code'],
  });
  const aimed = await create('/oauth/clients', { name: 'aimed at too', scopes: ['llm:*'] });
  const subject = { type: 'token', id: token.id };
  const budget = await create('/budgets', { name: 'aimed at', subject, amount: '1000', period: 'total' });
  const limit = await create('/limits', { subject, kind: 'tokens', limit: 1_000_000, period_seconds: 60 });
  const route = await create('/routes', { model: 'aimed-at', targets: [{ model: 'sim/sim-fast' }] });
  const provider = await create('/providers', {
    name: 'aimed-at',
    base_url: 'http://127.0.0.1:1/v1',
    allow_private_network: true,
  });
  const credential = await create('/credentials', { provider_id: provider.id, name: 'aimed at', secret: 'sk-something' });
  const caller = await stack.createToken({ name: 'caller' });
  const people = await signInPerson(stack, create);
  return {
    things: {
      ...{ team: team.id, token: token.id, secret: token.secrets[0].id, account: account.id, user: user.id },
      ...{
        client: aimed.id,
        budget: budget.id,
        limit: limit.id,
        route: route.id,
        provider: provider.id,
        credential: credential.id,
      },
      record: await recordOf(stack, admin, caller),
    },
    token: caller.token,
    client: { id: oauth.id, secret: oauth.client_secret, redirect: REDIRECT },
    ...(await makeForeign(stack, create)),
    session: people,
  };
}

type Create = (path: string, body: unknown) => ReturnType<typeof good>;

/** Somebody with a session, by its cookie and CSRF token. */
async function signInPerson(stack: Stack, create: Create): Promise<Stage['session']> {
  const email = 'somebody@example.com';
  const made = await create('/users', { email, name: 'somebody', roles: [{ role: 'admin' }] });
  const first = await person(stack, 'somebody', email, made.initial_password);
  await good(first.call('POST', '/api/v1/account/password', { current_password: made.initial_password, new_password: PASSWORD }));
  const origin = stack.of('auth')[0]?.url ?? '';
  let device = '';
  const signIn = async (): Promise<Readonly<Record<string, string>>> => {
    const answer = await send({
      ...{ origin, method: 'POST', path: '/api/v1/sessions', body: JSON.stringify({ email, password: PASSWORD }) },
      // The device that has signed in before is not held up by those who fail.
      headers: { origin, 'content-type': 'application/json', ...(device !== '' && { cookie: device }) },
    });
    if (answer.status !== 201) throw new Error(`nobody could sign in: ${answer.status} ${answer.text}`);
    const cookies = (answer.headers['set-cookie'] ?? '').split(/, (?=\S+=)/).map((cookie) => cookie.split(';')[0] ?? '');
    device = cookies.find((cookie) => cookie.includes('-device=')) ?? device;
    return {
      origin,
      cookie: [...new Set([...cookies, device])].filter((cookie) => cookie !== '').join('; '),
      'x-tollgate-csrf': (answer.json as { csrf_token: string }).csrf_token,
    };
  };
  let current = signIn();
  let renewed = 0;
  return (renew) => {
    // Several cases may find at once that the session is over.
    if (renew && performance.now() - renewed > 250) {
      renewed = performance.now();
      current = signIn();
    }
    return current;
  };
}

async function makeForeign(stack: Stack, create: Create): Promise<Pick<Stage, 'foreignMarks' | 'foreignId'>> {
  const mark = `foreign${randomBytes(6).toString('hex')}`;
  const made = await create('/organisations', { name: 'elsewhere', owner: { email: `${mark}@elsewhere.example`, name: mark } });
  const first = await person(stack, mark, made.owner.email, made.owner.initial_password);
  await good(
    first.call('POST', '/api/v1/account/password', { current_password: made.owner.initial_password, new_password: PASSWORD }),
  );
  const owner = await person(stack, mark, made.owner.email, PASSWORD);
  const own = (path: string, body: unknown) => good(owner.call('POST', `/api/v1${path}`, body));
  const team = await own('/teams', { name: `${mark} team` });
  const token = await own('/tokens', { name: `${mark} token`, scopes: ['llm:*'], team_id: team.id });
  const account = await own('/service-accounts', { name: `${mark} account` });
  const client = await own('/oauth/clients', { name: `${mark} client`, scopes: ['llm:*'] });
  const budget = await own('/budgets', {
    name: `${mark} budget`,
    subject: { type: 'team', id: team.id },
    amount: '10',
    period: 'total',
  });
  const route = await own('/routes', { model: `${mark}-route`, targets: [{ model: 'sim/sim-fast' }] });
  return { foreignMarks: [mark, team.id, token.id, account.id, client.id, budget.id, route.id], foreignId: made.id };
}

/** One call, and the id of its usage record. */
async function recordOf(
  stack: Stack,
  admin: ReturnType<typeof holder>,
  { id, token }: { id: string; token: string },
): Promise<string> {
  await send({
    ...{ origin: stack.url, method: 'POST', path: '/v1/chat/completions' },
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'sim/sim-fast', messages: [{ role: 'user', content: 'hello' }] }),
  });
  return waitFor(
    async () =>
      ((await good(admin.call('GET', `/api/v1/usage/records?token_id=${id}`))).data[0]?.id as string | undefined) ?? null,
    { timeoutMs: 15_000, what: 'the usage record of a call' },
  );
}

import type { CreatedOrganisation, CreatedToken, Page, TokenResolveReply } from '@tollgate/contracts';
import { SUBJECTS } from '@tollgate/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { firstSignIn, PlayBrowser } from '../testing/play-browser.js';
import { type RunningAuth, startAuth } from '../testing/start-auth.js';

const PASSWORD = 'a long walk by the sea';
let auth: RunningAuth;
beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth.close());

const statusOf = async (token: CreatedToken): Promise<string> => {
  const reply = await auth.ask<TokenResolveReply>(SUBJECTS.tokenResolve, { publicId: token.public_id });
  return reply.status === 'found' ? reply.token.status : reply.status;
};
const setStatus = (id: string, status: string) => auth.call('PATCH', `/api/v1/organisations/${id}`, { status });

test('200: a suspended organisation is let in nowhere, and is as before once it is restored', async () => {
  const input = { name: 'Tenant', owner: { email: 'tess@tenant.example', name: 'Tess' } };
  const { body: made } = await auth.call<CreatedOrganisation>('POST', '/api/v1/organisations', input);
  const tess = await firstSignIn(auth.handle.url, made.owner, PASSWORD);
  const key = (await tess.call<CreatedToken>('POST', '/api/v1/tokens', { name: 'in use', scopes: ['llm:chat'] })).body;
  const client = (
    await tess.call<{ id: string; client_secret: string }>('POST', '/api/v1/oauth/clients', {
      name: 'a program',
      scopes: ['llm:chat'],
      grant_types: ['client_credentials'],
    })
  ).body;
  const tokenStatus = async (): Promise<number> => {
    const response = await fetch(`${auth.handle.url}/oauth/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${client.id}:${client.client_secret}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    await response.body?.cancel();
    return response.status;
  };
  const signIn = async (): Promise<number> =>
    (await new PlayBrowser(auth.handle.url).signIn('tess@tenant.example', PASSWORD)).status;
  const doors = async () => ({
    key: await statusOf(key),
    session: (await tess.call('GET', '/api/v1/tokens')).status,
    signIn: await signIn(),
    oauth: await tokenStatus(),
  });
  const open = { key: 'active', session: 200, signIn: 201, oauth: 200 };
  expect(await doors()).toEqual(open);

  expect(await setStatus(made.id, 'suspended')).toMatchObject({ status: 200, body: { status: 'suspended', revision: 2 } });
  expect(await doors()).toEqual({ key: 'suspended', session: 401, signIn: 401, oauth: 401 });
  const [event] = (await auth.dataSource.query(
    'SELECT kind, organisation_id, team_id FROM auth.feed_events ORDER BY sequence DESC LIMIT 1',
  )) as unknown[];
  expect(event).toEqual({ kind: 'scope_changed', organisation_id: made.id, team_id: null });

  expect(await setStatus(made.id, 'active')).toMatchObject({ status: 200, body: { status: 'active', revision: 3 } });
  expect(await doors()).toEqual(open);
  const { data } = (await tess.call<Page<{ action: string }>>('GET', '/api/v1/audit/events?limit=100')).body;
  const actions = data.map(({ action }) => action).filter((action) => /^organisation\.(suspended|restored)$/.test(action));
  expect(actions.sort()).toEqual(['organisation.restored', 'organisation.suspended']);
});

test('409: the operating organisation is not suspended, by nobody', async () => {
  const { body } = await auth.call<{ id: string }>('GET', '/api/v1/organisations/current');
  expect(await setStatus(body.id, 'suspended')).toMatchObject({ status: 409, body: { code: 'conflict' } });
  expect((await auth.call('GET', '/api/v1/organisations/current')).status).toBe(200);
});

test('404 and 400: of none, and to nothing that there is', async () => {
  const { body } = await auth.call<{ id: string }>('GET', '/api/v1/organisations/current');
  expect((await setStatus(`${body.id.slice(0, -4)}zzzz`, 'suspended')).status).toBe(404);
  expect((await setStatus(body.id, 'archived')).status).toBe(400);
});

import { randomBytes } from 'node:crypto';
import type { CreatedOAuthClient, CreatedUser, OAuthGrant, Page, Problem } from '@tollgate/contracts';
import { newId } from '@tollgate/kernel';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemAct } from '../changes/act.js';
import { Changes } from '../changes/changes.js';
import { firstSignIn, type PlayBrowser } from '../testing/play-browser.js';
import { type RunningAuth, startAuth } from '../testing/start-auth.js';
import { MINT } from '../tokens/mint-token.js';
import { putGrant } from './grants/put-grant.js';
import { OAuthStore } from './server/oauth-store.js';

const OWN = '/api/v1/account/grants';
let auth: RunningAuth;
let client: CreatedOAuthClient;
beforeAll(async () => {
  auth = await startAuth();
  client = (await auth.call<CreatedOAuthClient>('POST', '/api/v1/oauth/clients', { name: 'desk', scopes: ['llm:*'] })).body;
});
afterAll(() => auth.close());

let count = 0;
/** Somebody with the least of roles, signed in, who has granted something. */
async function grantor(): Promise<{ readonly browser: PlayBrowser; readonly grantId: string }> {
  count += 1;
  const body = { email: `grantor${count}@example.com`, name: 'Grantor', roles: [{ role: 'viewer' }] };
  const { body: user } = await auth.call<CreatedUser>('POST', '/api/v1/users', body);
  const { context } = auth.handle;
  const row = await context.get(OAuthStore).client(client.id);
  if (row === null) throw new Error('no client');
  const grantId = newId('grant', Date.now(), randomBytes);
  await context
    .get(Changes)
    .run(systemAct(auth.secrets.organisationId, 'test'), (change) =>
      putGrant(change, context.get(MINT), { id: grantId, client: row, userId: user.id, scopes: ['llm:chat'] }),
    );
  return { browser: await firstSignIn(auth.handle.url, user, 'nine herons in the reeds'), grantId };
}

test('200: users see what they have granted, take it back, and again without effect', async () => {
  const [{ browser, grantId }] = [await grantor(), await grantor()];
  const { body: page } = await browser.call<Page<OAuthGrant>>('GET', OWN);
  expect(page.data).toMatchObject([
    { id: grantId, client_id: client.id, client_name: 'desk', status: 'active', scopes: ['llm:chat'] },
  ]);
  for (let turn = 0; turn < 2; turn += 1) {
    const { status, body } = await browser.call<OAuthGrant>('DELETE', `${OWN}/${grantId}`);
    expect([status, body.status]).toEqual([200, 'revoked']);
  }
  const events: { actor: { type: string }; count: string }[] = await auth.dataSource.query(
    "SELECT actor, count(*) OVER () AS count FROM auth.audit_events WHERE action = 'oauth_grant.revoked' AND target ->> 'id' = $1",
    [grantId],
  );
  expect(events).toMatchObject([{ actor: { type: 'user' }, count: '1' }]);
});

test('404: what others have granted is not there; 403: nor is any of it for a key', async () => {
  const [mine, theirs] = [await grantor(), await grantor()];
  const { status, body } = await mine.browser.call<Problem>('DELETE', `${OWN}/${theirs.grantId}`);
  expect([status, body.code]).toEqual([404, 'not_found']);
  expect((await theirs.browser.call<Page<OAuthGrant>>('GET', OWN)).body.data).toMatchObject([{ status: 'active' }]);
  expect((await auth.call('GET', OWN)).status).toBe(403);
  expect((await auth.call('DELETE', `${OWN}/${theirs.grantId}`)).status).toBe(403);
});

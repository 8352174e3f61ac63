import { randomBytes } from 'node:crypto';
import { type Budget, type CreatedOAuthClient, type Incident, SUBJECTS, type User } from '@tollgate/contracts';
import { newId } from '@tollgate/kernel';
import { waitFor } from '@tollgate/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemAct } from '../changes/act.js';
import { Changes } from '../changes/changes.js';
import { putGrant } from '../oauth/grants/put-grant.js';
import { NOWHERE, OAuthStore } from '../oauth/server/oauth-store.js';
import { MINT } from '../tokens/mint-token.js';
import { startWatching } from './testing/start-watching.js';

let play: Awaited<ReturnType<typeof startWatching>>;
beforeAll(async () => {
  play = await startWatching();
});
afterAll(() => play.close());

const first = (rule: string): Promise<Incident> =>
  waitFor(async () => (await play.incidents({ rule }))[0], { what: `an incident of ${rule}` });

test('a budget that has passed its marks is one incident, whose severity grows', async () => {
  const body = {
    name: 'Spring',
    subject: { type: 'organisation' },
    amount: '1',
    period: 'total',
    hard: false,
    alert_at_percent: [80, 100],
  };
  const { body: budget } = await play.call<Budget>('POST', '/api/v1/budgets', body);
  const charge = (nano: number) => {
    const id = newId('req', Date.now(), randomBytes);
    return play.ask(SUBJECTS.budgetCharge, { v: 1, charges: [{ id, budget: budget.id, lease: null, nano, currency: 'USD' }] });
  };
  expect(await charge(850_000_000)).toEqual({ status: 'ok' });
  expect(await first('budget_alert')).toMatchObject({
    severity: 'medium',
    token_id: null,
    reason: expect.stringContaining('Spring has passed 80 %'),
    action: { kind: 'alert', state: 'none' },
    evidence: [{ budget_id: budget.id, percent: 80, spent: '0.85' }],
  });
  await charge(200_000_000);
  await charge(200_000_000);
  const grown = await waitFor(async () => (await play.incidents({ rule: 'budget_alert', severity: 'high' }))[0]);
  expect(grown).toMatchObject({ count: 2, evidence: [{ percent: 100 }, { percent: 80 }] });
});

test('a grant whose refresh token was used twice: critical, once, and it has ended already; one that was ended by hand is none', async () => {
  const { body: client } = await play.call<CreatedOAuthClient>('POST', '/api/v1/oauth/clients', {
    name: 'Desk',
    scopes: ['llm:*'],
  });
  const newcomer = { email: 'owner@example.com', name: 'Owner', roles: [{ role: 'developer' }] };
  const { body: user } = await play.call<User>('POST', '/api/v1/users', newcomer);
  const context = play.handle.context;
  const store = context.get(OAuthStore);
  const row = await store.client(client.id);
  if (row === null) throw new Error('no client');
  const grantTo = async (userId: string): Promise<string> => {
    const id = newId('grant', Date.now(), randomBytes);
    await context
      .get(Changes)
      .run(systemAct(play.secrets.organisationId, 'test'), (change) =>
        putGrant(change, context.get(MINT), { id, client: row, userId, scopes: ['llm:chat'] }),
      );
    return id;
  };
  const [id, ended] = [await grantTo(user.id), await grantTo(user.id)];
  await store.endGrant(ended, 'revoked', NOWHERE);
  await store.endGrant(id, 'refresh_token_reused', NOWHERE);
  await store.endGrant(id, 'refresh_token_reused', NOWHERE);
  const grant = await store.grant(id);
  expect(await first('grant_reused')).toMatchObject({
    severity: 'critical',
    count: 1,
    token_id: grant?.token.id,
    action: { kind: 'alert', state: 'none' },
    evidence: [{ grant_id: id, client_id: client.id, user_id: user.id, reused: 'refresh_token_reused' }],
  });
  expect(await play.incidents({ rule: 'grant_reused' })).toHaveLength(1);
  expect(await play.actionsOn(id)).toContain('oauth_grant.refresh_token_reused');
});

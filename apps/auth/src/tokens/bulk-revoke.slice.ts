import type { CreatedToken } from '@tollgate/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readAudit } from '../audit/read-audit.js';
import { type RunningAuth, startAuth } from '../testing/start-auth.js';
import { TOKENS, tokenCalls } from '../testing/token-calls.js';

let auth: RunningAuth;
beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth.close());
const { made, resolve, ownerNamed } = tokenCalls(() => auth);

describe('bulk revoke', () => {
  const bulk = async (body: object, token?: string) => {
    const answer = await auth.call<{ matched: number; revoked: number; out_of_reach: number }>(
      'POST',
      `${TOKENS}/bulk-revoke`,
      body,
      token,
    );
    expect(answer.status, answer.text).toBe(200);
    return answer.body;
  };
  const statusOf = async (id: string) => (await auth.call('GET', `${TOKENS}/${id}`)).body.status;

  test('200: by owner, counted first, then revoked, each with its event and one for all', async () => {
    const owner_id = await ownerNamed('bulk');
    const tokens: CreatedToken[] = [];
    for (let index = 0; index < 5; index += 1) tokens.push(await made({ owner_id }));
    const bystander = await made({});
    const before = (await readAudit(auth.dataSource.manager, auth.secrets.organisationId, { after: 0, limit: 10_000 })).length;
    expect(await bulk({ owner_id, dry_run: true })).toEqual({ dry_run: true, matched: 5, revoked: 0, out_of_reach: 0 });
    expect(await statusOf(tokens[0]?.id ?? '')).toBe('active');
    expect(await bulk({ owner_id })).toEqual({ dry_run: false, matched: 5, revoked: 5, out_of_reach: 0 });
    for (const { id, public_id } of tokens) {
      expect(await statusOf(id)).toBe('revoked');
      expect(await resolve(public_id)).toMatchObject({ status: 'revoked', secrets: [] });
    }
    expect(await statusOf(bystander.id)).toBe('active');
    const events = await readAudit(auth.dataSource.manager, auth.secrets.organisationId, { after: before, limit: 100 });
    expect(events.map(({ action }) => action)).toEqual(['tokens.bulk_revoked', ...tokens.map(() => 'token.revoked')]);
    expect(events[0]?.after).toMatchObject({ ownerId: owner_id, matched: 5 });
    expect(await bulk({ owner_id })).toMatchObject({ matched: 0, revoked: 0 });
  });

  test('200: hundreds go in several transactions, children with their parents, none twice', async () => {
    const owner_id = await ownerNamed('hundreds');
    const parent = await made({ owner_id });
    const child = await made({ parent_id: parent.id, owner_id: null });
    await Promise.all(Array.from({ length: 150 }, () => made({ owner_id })));
    expect(await bulk({ owner_id })).toEqual({ dry_run: false, matched: 151, revoked: 152, out_of_reach: 0 });
    expect(await statusOf(child.id)).toBe('revoked');
  }, 60_000);

  test('200: by parent and by time of issue', async () => {
    const parent = await made({});
    const child = await made({ parent_id: parent.id });
    const late = await made({ parent_id: parent.id });
    await auth.dataSource.query("UPDATE auth.tokens SET created_at = '2026-01-01' WHERE id = $1", [child.id]);
    expect(await bulk({ parent_id: parent.id, issued_before: '2026-02-01T00:00:00Z' })).toMatchObject({ matched: 1, revoked: 1 });
    expect([await statusOf(parent.id), await statusOf(child.id), await statusOf(late.id)]).toEqual([
      'active',
      'revoked',
      'active',
    ]);
  });

  test('what holds more than the caller stays, and so does the caller`s own key', async () => {
    const owner_id = await ownerNamed('reach');
    const actor = await made({ type: 'management_key', scopes: ['admin:tokens:*', 'llm:chat'], owner_id });
    const within = await made({ scopes: ['llm:chat'], owner_id });
    const beyond = await made({ scopes: ['llm:*'], owner_id });
    expect(await bulk({ owner_id, dry_run: true }, actor.token)).toMatchObject({ matched: 2, out_of_reach: 1 });
    expect(await bulk({ owner_id }, actor.token)).toEqual({ dry_run: false, matched: 2, revoked: 1, out_of_reach: 1 });
    expect([await statusOf(within.id), await statusOf(beyond.id), await statusOf(actor.id)]).toEqual([
      'revoked',
      'active',
      'active',
    ]);
  });

  test('400: all tokens at once are revoked by nobody by mistake', async () => {
    for (const body of [{}, { dry_run: true }, { owner: 'x' }, { issued_before: 'now' }]) {
      expect((await auth.call('POST', `${TOKENS}/bulk-revoke`, body)).status).toBe(400);
    }
  });
});

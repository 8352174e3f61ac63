import { type CreatedToken, SUBJECTS, type TokenResolveReply, type TokenUse } from '@tollgate/contracts';
import { digestToken, parseToken, readPeppers, signRenewal, verifyToken } from '@tollgate/policy';
import { createTestDatabase } from '@tollgate/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readAudit } from '../audit/read-audit.js';
import { databaseOfAuth, PEPPER, type RunningAuth, startAuth } from '../testing/start-auth.js';
import { IdleSweeper } from './idle-sweeper.js';

const TOKENS = '/api/v1/tokens';
let auth: RunningAuth;
beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth.close());

const made = async (body: object = {}, from = auth): Promise<CreatedToken> => {
  const answer = await from.call<CreatedToken>('POST', TOKENS, { name: 'x', ...body });
  expect(answer.status, answer.text).toBe(201);
  return answer.body;
};
const secretOf = ({ secrets }: CreatedToken): string => secrets[0]?.id ?? '';
const report = (uses: TokenUse[], from = auth) => from.ask(SUBJECTS.tokenUsed, { v: 1, uses });
const resolve = async (publicId: string, from = auth) => {
  const reply = await from.ask<TokenResolveReply>(SUBJECTS.tokenResolve, { publicId });
  if (reply.status !== 'found') throw new Error(reply.status);
  return reply.token;
};
const seen = async ({ id }: CreatedToken) => (await auth.call('GET', `${TOKENS}/${id}`)).body;
const daysAgo = (days: number): number => Date.now() - days * 86_400_000;

test('a use is seen at the secret and at the key, the latest one whatever the order', async () => {
  const token = await made();
  const [early, late] = [daysAgo(2), daysAgo(1)];
  expect(await report([{ secretId: secretOf(token), usedAt: late }])).toEqual({ status: 'ok' });
  await report([
    { secretId: secretOf(token), usedAt: early },
    { secretId: 'sec_unknown', usedAt: early },
  ]);
  const time = new Date(late).toISOString();
  expect(await seen(token)).toMatchObject({ last_used_at: time, secrets: [{ last_used_at: time }], revision: 1 });
});

test('a time in the future is now: no router can keep a key from ending', async () => {
  const token = await made();
  await report([{ secretId: secretOf(token), usedAt: Date.now() + 86_400_000_000 }]);
  expect(Date.parse((await seen(token)).last_used_at ?? '')).toBeLessThanOrEqual(Date.now() + 1_000);
});

test('many routers that report the same secrets at once agree', async () => {
  const tokens = await Promise.all(Array.from({ length: 20 }, () => made()));
  const now = Date.now();
  const uses = tokens.map((token, index) => ({ secretId: secretOf(token), usedAt: now - index * 1_000 }));
  await Promise.all(Array.from({ length: 12 }, (_, index) => report(index % 2 === 0 ? uses : uses.toReversed())));
  for (const [index, token] of tokens.entries()) {
    expect((await seen(token)).last_used_at).toBe(new Date(now - index * 1_000).toISOString());
  }
});

test('what is not used for long enough ends, audited; a later expiry brings it back', async () => {
  const [idle, used, parent, suspended] = [
    await made({ idle_expiry_days: 7 }),
    await made({ idle_expiry_days: 7 }),
    await made({ idle_expiry_days: 7 }),
    await made({ idle_expiry_days: 7 }),
  ];
  const child = await made({ parent_id: parent.id });
  const forever = await made({ idle_expiry_days: null });
  const ids = [idle, used, parent, child, suspended, forever].map(({ id }) => id);
  await auth.dataSource.query(
    `UPDATE auth.tokens SET created_at = now() - interval '8 days',
       idle_expires_at = CASE WHEN idle_expiry_days IS NULL THEN NULL ELSE now() - interval '1 day' END WHERE id = ANY ($1::text[])`,
    [ids],
  );
  await report([
    { secretId: secretOf(used), usedAt: daysAgo(0.1) },
    { secretId: secretOf(child), usedAt: daysAgo(0.1) },
  ]);
  // Before the sweeper has come by a router is told as well.
  expect((await resolve(idle.public_id)).expiresAt).toBeLessThan(Date.now());
  expect((await resolve(used.public_id)).expiresAt).toBeGreaterThan(Date.now());
  await auth.handle.context.get(IdleSweeper).run();
  await auth.handle.context.get(IdleSweeper).run();
  const statuses = await Promise.all(
    [idle, used, parent, child, suspended, forever].map(async (token) => (await seen(token)).status),
  );
  expect(statuses).toEqual(['expired', 'active', 'active', 'active', 'expired', 'active']);
  const events = await readAudit(auth.dataSource.manager, auth.secrets.organisationId, { after: 0, limit: 10_000 });
  const own = events.filter(({ target, action }) => target.id === idle.id && action === 'token.expired');
  expect(own).toMatchObject([{ actor: { type: 'system', id: 'idle-expiry' }, after: { reason: 'idle' } }]);
  await auth.call('PATCH', `${TOKENS}/${idle.id}`, { expires_at: null });
  await auth.handle.context.get(IdleSweeper).run();
  expect((await seen(idle)).status).toBe('active');
});

test('a digest is renewed under a new pepper by proof alone, and the token stays good', async () => {
  const database = await createTestDatabase(databaseOfAuth());
  const newer = `2:${'cd'.repeat(32)}`;
  const both = readPeppers(`${newer},${PEPPER}`);
  if (!both.ok) throw new Error(both.error);
  const first = await startAuth({ url: database.url });
  const token = await made({}, first);
  await first.handle.close();
  const { bootAuth } = await import('../testing/start-auth.js');
  const { TRANSPORT } = await import('@tollgate/nest');
  const { decodeJson, encodeJson } = await import('@tollgate/kernel');
  const handle = await bootAuth(database.url, { variables: { TOLLGATE_TOKEN_PEPPER: `${newer},${PEPPER}` } });
  try {
    const transport = handle.context.get<RunningAuth['transport']>(TRANSPORT);
    const ask = async <T>(subject: string, message: unknown): Promise<T> =>
      decodeJson(await transport.request(subject, encodeJson(message), { timeoutMs: 5_000 })) as T;
    const snapshot = async () => {
      const reply = await ask<TokenResolveReply>(SUBJECTS.tokenResolve, { publicId: token.public_id });
      if (reply.status !== 'found') throw new Error(reply.status);
      return reply.token;
    };
    const [current] = both.value;
    const before = (await snapshot()).secrets[0];
    const secretId = secretOf(token);
    const digest = digestToken(current.key, token.token).toString('base64url');
    const renewal = { secretId, digest, pepperVersion: 2, replaces: before?.digest ?? '' };
    const use = (renewed: TokenUse['renewed']): TokenUse => ({ secretId, usedAt: Date.now(), ...(renewed ? { renewed } : {}) });
    const proof = signRenewal(current, renewal);
    // Somebody on the bus who does not know the pepper would put in a digest of their own.
    const forged = digestToken(current.key, 'mine').toString('base64url');
    await ask(SUBJECTS.tokenUsed, { v: 1, uses: [use({ ...renewal, digest: forged, proof })] });
    expect((await snapshot()).secrets[0]).toMatchObject({ pepperVersion: 1, digest: before?.digest });
    await ask(SUBJECTS.tokenUsed, { v: 1, uses: [use({ ...renewal, proof }), use({ ...renewal, proof })] });
    const after = await snapshot();
    expect(after.secrets).toMatchObject([{ id: secretId, pepperVersion: 2, digest }]);
    const parsed = parseToken(token.token);
    if (!parsed.ok) throw new Error(parsed.error);
    expect(verifyToken(parsed.value, after, [current], Date.now())).toMatchObject({
      ok: true,
      value: { secretId, pepperVersion: 2 },
    });
  } finally {
    await handle.close();
    await database.drop();
  }
});

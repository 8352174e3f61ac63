import { type CreatedToken, serviceOfPath, type TokenResolveReply } from '@tollgate/contracts';
import { DIRECT_RESOLVE_PATH, ROUTER_SIGNATURE_HEADER, readPeppers, signRouterRequest } from '@tollgate/policy';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PEPPER, type RunningAuth, startAuth } from '../testing/start-auth.js';

let auth: RunningAuth;
let made: CreatedToken;
beforeAll(async () => {
  auth = await startAuth();
  made = (await auth.call<CreatedToken>('POST', '/api/v1/tokens', { name: 'asked for directly' })).body;
});
afterAll(() => auth.close());

const peppersOf = (text: string) => {
  const peppers = readPeppers(text);
  if (!peppers.ok) throw new Error(peppers.error);
  return peppers.value;
};
async function ask(body: unknown, signature: string | null): Promise<{ status: number; reply: TokenResolveReply }> {
  const response = await fetch(`${auth.handle.url}${DIRECT_RESOLVE_PATH}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(signature === null ? {} : { [ROUTER_SIGNATURE_HEADER]: signature }) },
    body: JSON.stringify(body),
  });
  return { status: response.status, reply: (await response.json()) as TokenResolveReply };
}
const sign = (publicId: string, atMs = Date.now(), pepper = PEPPER) => signRouterRequest(peppersOf(pepper), publicId, atMs);

test('200: a router that signs gets what the bus would have told it, a revocation at once', async () => {
  const before = await ask({ publicId: made.public_id }, sign(made.public_id));
  expect(before).toMatchObject({
    status: 200,
    reply: { status: 'found', token: { status: 'active', name: 'asked for directly' } },
  });
  await auth.call('DELETE', `/api/v1/tokens/${made.id}`);
  const after = await ask({ publicId: made.public_id }, sign(made.public_id));
  expect(after).toMatchObject({ status: 200, reply: { status: 'found', token: { status: 'revoked', secrets: [] } } });
  expect(await ask({ publicId: '000000000000' }, sign('000000000000'))).toMatchObject({
    status: 200,
    reply: { status: 'unknown' },
  });
});

test.each([
  ['nothing', () => null],
  ['another pepper', () => sign(made.public_id, Date.now(), '1:'.concat('cd'.repeat(32)))],
  ['a signature of another question', () => sign('000000000000')],
  ['a signature of a minute ago', () => sign(made.public_id, Date.now() - 60_000)],
  ['an administrator`s token instead', () => auth.secrets.admin],
])('401: %s', async (_, signature) => {
  const { status, reply } = await ask({ publicId: made.public_id }, signature());
  expect([status, JSON.stringify(reply).includes(made.id)]).toEqual([401, false]);
});

test('the public origin does not lead here', () => {
  expect(serviceOfPath(DIRECT_RESOLVE_PATH)).toBeNull();
});

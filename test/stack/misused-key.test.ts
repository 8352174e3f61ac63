import type { CreatedToken, Incident, Page, RotatedToken } from '@tollgate/contracts';
import { type Stack, startStack, waitFor } from '@tollgate/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chat } from './support.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ arrangement: 'distributed', routers: 2, env: { LOG_LEVEL: 'warn' } });
}, 120_000);
afterAll(async () => stack?.stop(), 60_000);

const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
  const url = stack.of('auth')[0]?.url ?? stack.url;
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${stack.adminToken}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  expect(response.ok, text).toBe(true);
  return JSON.parse(text) as T;
};
const statuses = (token: string): Promise<readonly number[]> =>
  Promise.all(
    stack.of('router').map(async ({ url }) => {
      const response = await chat(stack, { model: 'sim/sim-fast' }, { url, token });
      await response.text();
      return response.status;
    }),
  );
/** When every router first answers so, milliseconds since the epoch. */
const untilAll = (token: string, status: number): Promise<number> =>
  waitFor(async () => ((await statuses(token)).every((each) => each === status) ? Date.now() : null), {
    timeoutMs: 10_000,
    intervalMs: 10,
    what: `${status} from every router`,
  });
const incidentOf = (tokenId: string): Promise<Incident> =>
  waitFor(async () => (await ask<Page<Incident>>('GET', `/incidents?token_id=${tokenId}`)).data[0], { what: 'an incident' });

test('a secret that was rotated away names itself, its key is stopped at every router within a second, and restored as fast', async () => {
  await ask('PUT', '/watching', { rules: { spent_secret_used: { action: 'suspend' } } });
  const made = await ask<CreatedToken>('POST', '/tokens', { name: 'deployed', scopes: ['llm:*'] });
  const rotated = await ask<RotatedToken>('POST', `/tokens/${made.id}/rotate`, { overlap_seconds: 0 });
  const fresh = rotated.token ?? '';
  await untilAll(fresh, 200);

  const last = stack.of('router').at(-1)?.url ?? stack.url;
  expect((await chat(stack, { model: 'sim/sim-fast' }, { url: last, token: made.token })).status).toBe(401);
  const stopped = await untilAll(fresh, 401);
  const incident = await incidentOf(made.id);
  expect(incident).toMatchObject({
    rule: 'spent_secret_used',
    secret_id: made.secrets[0]?.id,
    severity: 'high',
    action: { kind: 'suspend', state: 'in_force' },
    evidence: [{ network: '127.0.0.0/24', user_agent: 'node', ended: 'revoked' }],
  });
  expect(stopped - Date.parse(incident.first_seen_at)).toBeLessThan(2_000);
  expect(stopped - Date.parse(incident.updated_at)).toBeLessThan(1_000);

  const restored = await ask<Incident>('POST', `/incidents/${incident.id}/restore`);
  expect(restored).toMatchObject({ state: 'resolved', action: { state: 'undone' } });
  const opened = await untilAll(fresh, 200);
  expect(opened - Date.parse(restored.updated_at)).toBeLessThan(1_000);
  expect(await statuses(made.token)).toEqual([401, 401]);
}, 60_000);

test('a key that is slowed down is slow at all routers together, within a second, and restored as fast', async () => {
  const slow_down = { requests_per_minute: 1, minutes: 60 };
  await ask('PUT', '/watching', { rules: { spent_secret_used: { action: 'slow_down' } }, slow_down });
  const made = await ask<CreatedToken>('POST', '/tokens', { name: 'slow', scopes: ['llm:*'] });
  const rotated = await ask<RotatedToken>('POST', `/tokens/${made.id}/rotate`, { overlap_seconds: 0 });
  const fresh = rotated.token ?? '';
  await untilAll(fresh, 200);
  expect((await chat(stack, { model: 'sim/sim-fast' }, { token: made.token })).status).toBe(401);
  const slowed = await untilAll(fresh, 429);
  const incident = await incidentOf(made.id);
  expect(incident.action).toMatchObject({ kind: 'slow_down', state: 'in_force' });
  expect(slowed - Date.parse(incident.updated_at)).toBeLessThan(1_000);
  const restored = await ask<Incident>('POST', `/incidents/${incident.id}/restore`);
  expect((await untilAll(fresh, 200)) - Date.parse(restored.updated_at)).toBeLessThan(1_000);
}, 60_000);

test('a token in a prompt is an incident of its owner, and where it is to be taken out the provider sees stars', async () => {
  await ask('PUT', '/watching', { exposure: 'redact' });
  const [own, leaked] = [
    await ask<CreatedToken>('POST', '/tokens', { name: 'own' }),
    await ask<CreatedToken>('POST', '/tokens', { name: 'leaked' }),
  ];
  const messages = [{ role: 'user', content: `deploy with ${leaked.token}` }];
  const response = await chat(stack, { model: 'demo/echo', messages }, { token: own.token });
  const text = await response.text();
  expect([response.status, text]).toEqual([200, expect.stringContaining(`${leaked.token.slice(0, -49)}${'*'.repeat(49)}`)]);
  expect(await incidentOf(leaked.id)).toMatchObject({
    rule: 'token_exposed',
    secret_id: leaked.secrets[0]?.id,
    evidence: [{ place: 'body', done: 'redacted', caller_token_id: own.id }],
  });
  expect(stack.logs()).not.toContain(leaked.token.slice(-49));
}, 30_000);

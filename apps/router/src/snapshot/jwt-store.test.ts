import { generateKeyPairSync, sign } from 'node:crypto';
import type { JwksReply } from '@tollgate/contracts';
import { encodeJson } from '@tollgate/kernel';
import { createLogger } from '@tollgate/telemetry';
import { createTestClock, waitFor } from '@tollgate/testing';
import type { Transport } from '@tollgate/transport';
import { expect, test } from 'vitest';
import { JwtStore, type JwtWaiter } from './jwt-store.js';

const START = 1_790_000_000_000;
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function token(jti: string, kid = 'one'): string {
  const claims = {
    ...{
      iss: 'https://gate',
      aud: 'https://gate/v1',
      client_id: 'c',
      sub: 'c',
      org: 'org_1',
      tg_key: 'abcdefghijkl',
      scope: 'llm:*',
    },
    ...{ jti, iat: START / 1_000, exp: START / 1_000 + 300 },
  };
  const input = `${encode({ alg: 'ES256', typ: 'at+jwt', kid })}.${encode(claims)}`;
  return `${input}.${sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

const answerOf = (kids: readonly string[], denied: readonly string[] = []): JwksReply => ({
  status: 'found',
  sequence: 1,
  issuer: 'https://gate',
  audiences: ['https://gate/v1'],
  keys: kids.map((kid) => ({ kid, kty: 'EC', crv: 'P-256', x, y })),
  denied: denied.map((jti) => ({ jti, expiresAt: START + 300_000 })),
});

/** A store whose auth answers as it is told, or not at all. */
function start(first: JwksReply | null) {
  const clock = createTestClock(START);
  const denied: string[] = [];
  let answer = first;
  let asked = 0;
  const transport = {
    request: async () => {
      asked += 1;
      if (answer === null) throw new Error('auth is away');
      return encodeJson(answer);
    },
  } as unknown as Transport;
  const logger = createLogger({ service: 'test', level: 'fatal' });
  const store = new JwtStore({ transport, clock, logger, onDenied: (jti) => void denied.push(jti) });
  const resolve = (text: string): Promise<Parameters<JwtWaiter['onJwt']>[0]> =>
    new Promise((done) => store.resolve(text, { onJwt: done }));
  const say = (next: JwksReply | null): void => {
    answer = next;
  };
  return { store, clock, denied, resolve, asked: () => asked, say };
}

test('before the keys have come nothing is said; then at once', async () => {
  const { store, resolve } = start(answerOf(['one']));
  expect(store.find(token('a'))).toBeNull();
  expect(await resolve(token('a'))).toMatchObject({ ok: true, value: { jti: 'a' } });
  expect(store.find(token('b'))).toMatchObject({ ok: true });
  store.close();
});

test('auth away: null, and no token is let in', async () => {
  const { store, resolve } = start(null);
  expect(await resolve(token('a'))).toBeNull();
  expect(store.find(token('a'))).toBeNull();
  store.close();
});

test('a token that is revoked is refused from the event on, and after a restart by the list', async () => {
  const { store, resolve, denied } = start(answerOf(['one'], ['old']));
  await resolve(token('a'));
  expect(store.find(token('old'))).toEqual({ ok: false, error: 'jwt_denied' });
  store.onEvent({ sequence: 2, publicId: '', kind: 'jwt_denied', jti: 'a', expiresAt: START + 300_000 });
  expect(store.find(token('a'))).toEqual({ ok: false, error: 'jwt_denied' });
  expect(denied).toEqual(['a']);
  store.close();
});

test('after a gap in the feed nothing is said until the list has been read anew', async () => {
  const { store, resolve, say } = start(answerOf(['one']));
  await resolve(token('a'));
  say(answerOf(['one'], ['a']));
  store.onReset();
  expect(store.find(token('a'))).toBeNull();
  expect(await resolve(token('a'))).toEqual({ ok: false, error: 'jwt_denied' });
  store.close();
});

test('an unknown key is asked for, but not more often than every two seconds', async () => {
  const { store, resolve, say, asked, clock } = start(answerOf(['one']));
  await resolve(token('a'));
  for (let at = 0; at < 100; at += 1) expect(store.find(token('a', `made-up-${at}`))).toMatchObject({ ok: false });
  expect(asked()).toBe(1);
  say(answerOf(['one', 'two']));
  clock.advance(2_001);
  expect(store.find(token('a', 'two'))).toBeNull();
  expect(await resolve(token('a', 'two'))).toMatchObject({ ok: true });
  store.onEvent({ sequence: 3, publicId: '', kind: 'keys_changed' });
  await waitFor(() => asked() === 3 || null, { what: 'the keys read once more' });
  store.close();
});

import { randomBytes } from 'node:crypto';
import { EMPTY_POLICY, type TokenSecret, type TokenSnapshot } from '@tollgate/contracts';
import { expect, test } from 'vitest';
import { digestToken } from './digest-token.js';
import { generateToken } from './generate-token.js';
import { parseToken } from './parse-token.js';
import { type PepperSet, readPeppers } from './read-peppers.js';
import type { ParsedToken } from './token-format.js';
import { verifyToken } from './verify-token.js';

const NOW = Date.UTC(2026, 0, 15);
const peppersOf = (text: string): PepperSet => {
  const read = readPeppers(text);
  if (!read.ok) throw new Error(read.error);
  return read.value;
};
const OLD = 'a'.repeat(64);
const NEW = 'b'.repeat(64);
const one = peppersOf(OLD);
const two = peppersOf(`2:${NEW},1:${OLD}`);

function parsed(text: string): ParsedToken {
  const result = parseToken(text);
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

function make(peppers: PepperSet, changes: Partial<TokenSnapshot> = {}, secretChanges: Partial<TokenSecret> = {}) {
  const { text, publicId } = generateToken({ type: 'k', environment: 'live', randomBytes });
  const secret: TokenSecret = {
    id: 'sec_1',
    digest: digestToken(peppers[0].key, text).toString('base64url'),
    pepperVersion: peppers[0].version,
    state: 'active',
    expiresAt: null,
    ...secretChanges,
  };
  const snapshot: TokenSnapshot = {
    id: 'tok_1',
    publicId,
    type: 'k',
    name: 'test',
    organisationId: 'org_1',
    teamId: null,
    status: 'active',
    expiresAt: null,
    secrets: [secret],
    policy: EMPTY_POLICY,
    revision: 1,
    ...changes,
  };
  return { token: parsed(text), snapshot };
}

test('the right secret is verified and names token and secret', () => {
  const { token, snapshot } = make(one);
  expect(verifyToken(token, snapshot, one, NOW)).toMatchObject({
    ok: true,
    value: { tokenId: 'tok_1', secretId: 'sec_1', organisationId: 'org_1', pepperVersion: 1 },
  });
});

test('a digest of the older pepper still verifies, and says so', () => {
  const { token, snapshot } = make(one);
  expect(verifyToken(token, snapshot, two, NOW)).toMatchObject({ ok: true, value: { pepperVersion: 1 } });
  expect(verifyToken(token, snapshot, peppersOf(`2:${NEW}`), NOW)).toEqual({ ok: false, error: 'wrong_secret' });
});

test('either of two secrets is verified', () => {
  const first = make(one);
  const second = make(one);
  const [a] = first.snapshot.secrets;
  const token = parsed(generateToken({ type: 'k', environment: 'live', randomBytes, publicId: first.snapshot.publicId }).text);
  const b = {
    ...(second.snapshot.secrets[0] as TokenSecret),
    id: 'sec_2',
    digest: digestToken(one[0].key, token.text).toString('base64url'),
  };
  const snapshot = { ...first.snapshot, secrets: [a as TokenSecret, b] };
  expect(verifyToken(first.token, snapshot, one, NOW)).toMatchObject({ value: { secretId: 'sec_1' } });
  expect(verifyToken(token, snapshot, one, NOW)).toMatchObject({ value: { secretId: 'sec_2' } });
});

test('each refusal has its machine reason', () => {
  const good = make(one);
  const reason = (snapshot: TokenSnapshot | null, token = good.token) => {
    const result = verifyToken(token, snapshot, one, NOW);
    return result.ok ? 'ok' : result.error;
  };
  expect(reason(null)).toBe('unknown_token');
  expect(reason(make(one).snapshot)).toBe('unknown_token');
  expect(reason({ ...make(one).snapshot, publicId: good.token.publicId })).toBe('wrong_secret');
  expect(reason({ ...good.snapshot, secrets: [] })).toBe('wrong_secret');
  expect(reason({ ...good.snapshot, secrets: [{ ...(good.snapshot.secrets[0] as TokenSecret), digest: 'AAAA' }] })).toBe(
    'wrong_secret',
  );
  expect(reason({ ...good.snapshot, status: 'revoked' })).toBe('token_revoked');
  expect(reason({ ...good.snapshot, status: 'revoked', secrets: [] })).toBe('token_revoked');
  expect(reason({ ...good.snapshot, status: 'suspended' })).toBe('token_suspended');
  expect(reason({ ...good.snapshot, expiresAt: NOW })).toBe('token_expired');
  expect(reason({ ...good.snapshot, expiresAt: NOW + 1 })).toBe('ok');
  const ending = make(one, {}, { state: 'grace', expiresAt: NOW });
  expect(reason(ending.snapshot, ending.token)).toBe('secret_expired');
});

test('a caller without the secret learns nothing about the state of the token', () => {
  const { snapshot, token } = make(one, { expiresAt: NOW - 1 });
  const other = { ...token, text: generateToken({ type: 'k', environment: 'live', randomBytes, publicId: token.publicId }).text };
  expect(verifyToken(other, snapshot, one, NOW)).toEqual({ ok: false, error: 'wrong_secret' });
});

test('a secret that has matched before matches again, and no other text does', () => {
  const { token, snapshot } = make(one);
  const other = parsed(generateToken({ type: 'k', environment: 'live', randomBytes, publicId: snapshot.publicId }).text);
  for (let round = 0; round < 3; round += 1) {
    expect(verifyToken(token, snapshot, one, NOW)).toMatchObject({ ok: true, value: { secretId: 'sec_1' } });
    expect(verifyToken(other, snapshot, one, NOW)).toEqual({ ok: false, error: 'wrong_secret' });
  }
  expect(verifyToken(token, { ...snapshot, status: 'revoked' }, one, NOW)).toEqual({ ok: false, error: 'token_revoked' });
});

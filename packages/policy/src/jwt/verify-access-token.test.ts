import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { expect, test } from 'vitest';
import { jwtFromHeaders } from './jwt-from-headers.js';
import { prepareJwtKeys } from './jwt-keys.js';
import { JwtVerdicts } from './jwt-verdicts.js';
import { verifyAccessToken } from './verify-access-token.js';

const NOW = 1_790_000_000_000;
const SECONDS = NOW / 1_000;
const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ours = pair();
const foreign = pair();
const jwkOf = (key: KeyObject, kid: string) => {
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  return { kid, kty: 'EC' as const, crv: 'P-256' as const, x, y };
};
const keys = prepareJwtKeys({ issuer: 'https://gate', audiences: ['https://gate/v1'], keys: [jwkOf(ours.publicKey, 'k1')] });

const CLAIMS = {
  iss: 'https://gate',
  aud: 'https://gate/v1',
  sub: 'client_1',
  client_id: 'client_1',
  jti: 'jti-1',
  iat: SECONDS - 10,
  exp: SECONDS + 290,
  scope: 'llm:chat',
  tg_key: 'abcdefghijkl',
  org: 'org_1',
};
const HEADER = { alg: 'ES256', typ: 'at+jwt', kid: 'k1' };
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const signed = (claims: object = {}, header: object = {}, key: KeyObject = ours.privateKey): string => {
  const input = `${encode({ ...HEADER, ...header })}.${encode({ ...CLAIMS, ...claims })}`;
  return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
};
const reasonOf = (text: string): string => {
  const verdict = verifyAccessToken(text, keys, NOW);
  return verdict.ok ? 'ok' : verdict.error;
};

test('a token of ours is read', () => {
  const verdict = verifyAccessToken(signed(), keys, NOW);
  expect(verdict).toEqual({
    ok: true,
    value: {
      publicId: 'abcdefghijkl',
      organisationId: 'org_1',
      scopes: ['llm:chat'],
      jti: 'jti-1',
      clientId: 'client_1',
      expiresAt: NOW + 290_000,
    },
  });
});

test('what is wrong is refused, whatever the signature', () => {
  const cases: readonly (readonly [string, string])[] = [
    [signed({ exp: SECONDS }), 'jwt_expired'],
    [signed({ exp: SECONDS + 600 }), 'jwt_wrong_claims'],
    [signed({ exp: '9999999999' }), 'jwt_wrong_claims'],
    [signed({ exp: undefined }), 'jwt_wrong_claims'],
    [signed({ iat: SECONDS + 60, exp: SECONDS + 100 }), 'jwt_from_the_future'],
    [signed({ nbf: SECONDS + 60 }), 'jwt_from_the_future'],
    [signed({ iss: 'https://gate/' }), 'jwt_wrong_issuer'],
    [signed({ iss: 'https://evil' }), 'jwt_wrong_issuer'],
    [signed({ aud: 'https://other/v1' }), 'jwt_wrong_audience'],
    [signed({ aud: ['https://gate/v1'] }), 'jwt_wrong_audience'],
    [signed({ aud: undefined }), 'jwt_wrong_audience'],
    [signed({ tg_key: undefined }), 'jwt_wrong_claims'],
    [signed({ tg_key: "abcdefghijk'" }), 'jwt_wrong_claims'],
    [signed({ org: undefined }), 'jwt_wrong_claims'],
    [signed({ jti: 7 }), 'jwt_wrong_claims'],
    [signed({ scope: ['llm:*'] }), 'jwt_wrong_claims'],
    [signed({}, { typ: 'JWT' }), 'jwt_wrong_type'],
    [signed({}, { crit: ['exp'] }), 'jwt_wrong_type'],
    [signed({}, { kid: 'k2' }), 'jwt_unknown_key'],
    [signed({}, { kid: undefined }), 'jwt_unknown_key'],
    [signed({}, { kid: '../../dev/null' }), 'jwt_unknown_key'],
    [signed({}, { kid: '__proto__' }), 'jwt_unknown_key'],
    [signed({}, { alg: 'ES384' }), 'jwt_wrong_algorithm'],
    [signed({}, {}, foreign.privateKey), 'jwt_wrong_signature'],
    [signed({}, { jwk: foreign.publicKey.export({ format: 'jwk' }) }, foreign.privateKey), 'jwt_wrong_signature'],
  ];
  for (const [text, reason] of cases) expect(reasonOf(text)).toBe(reason);
});

test('no algorithm, or one with a shared secret, is refused before any key is looked at', () => {
  const none = `${encode({ ...HEADER, alg: 'none' })}.${encode(CLAIMS)}.`;
  expect(reasonOf(none)).toBe('jwt_malformed');
  expect(reasonOf(none + 'A'.repeat(86))).toBe('jwt_wrong_algorithm');
  const input = `${encode({ ...HEADER, alg: 'HS256' })}.${encode(CLAIMS)}`;
  for (const secret of [ours.publicKey.export({ format: 'pem', type: 'spki' }), '']) {
    const mac = createHmac('sha256', secret).update(input).digest('base64url');
    expect(reasonOf(`${input}.${mac.padEnd(86, 'A')}`)).toBe('jwt_wrong_algorithm');
  }
});

test('another spelling, a changed byte, a cut or garbage is no token of ours', () => {
  const text = signed();
  for (let at = 0; at < text.length; at += 1) {
    const other = text[at] === 'A' ? 'B' : 'A';
    expect(reasonOf(text.slice(0, at) + other + text.slice(at + 1))).not.toBe('ok');
    expect(reasonOf(text.slice(0, at))).not.toBe('ok');
  }
  for (const garbage of ['', '.', '..', 'a.b.c', `${text}=`, `${text} `, `${text}.x`, 'eyJ'.repeat(10_000)]) {
    expect(reasonOf(garbage)).not.toBe('ok');
  }
});

test('a verdict is kept until the token expires, is denied, or the keys change; never more than the bound', () => {
  const verdicts = new JwtVerdicts(2);
  expect(verdicts.check(signed(), NOW)).toEqual({ ok: false, error: 'jwt_unknown_key' });
  verdicts.setKeys(keys);
  const text = signed();
  const first = verdicts.check(text, NOW);
  expect(first.ok && verdicts.check(text, NOW + 1) === first).toBe(true);
  expect(verdicts.check(text, NOW + 290_000)).toEqual({ ok: false, error: 'jwt_expired' });
  const [a, b, c] = ['a', 'b', 'c'].map((jti) => signed({ jti })) as [string, string, string];
  for (const each of [a, b, c]) expect(verdicts.check(each, NOW).ok).toBe(true);
  expect(verdicts.size).toBe(2);
  verdicts.deny('c', NOW + 290_000);
  expect(verdicts.check(c, NOW)).toEqual({ ok: false, error: 'jwt_denied' });
  expect(verdicts.check(b, NOW).ok).toBe(true);
  verdicts.setKeys(
    prepareJwtKeys({ issuer: 'https://gate', audiences: ['https://gate/v1'], keys: [jwkOf(foreign.publicKey, 'k1')] }),
  );
  expect(verdicts.check(b, NOW)).toEqual({ ok: false, error: 'jwt_wrong_signature' });
  verdicts.sweep(NOW + 300_000);
  expect(verdicts.size).toBe(0);
});

test('a JWT is taken from Authorization: Bearer alone', () => {
  expect(jwtFromHeaders({ authorization: 'bearer   eyJhbGciOi.x.y' })).toBe('eyJhbGciOi.x.y');
  for (const authorization of ['Basic eyJ.x.y', 'Bearer ', 'Bearer tgk_live_x', 'eyJ.x.y', undefined]) {
    expect(jwtFromHeaders(authorization === undefined ? {} : { authorization })).toBeNull();
  }
  expect(jwtFromHeaders({ 'x-api-key': 'eyJ.x.y' })).toBeNull();
});

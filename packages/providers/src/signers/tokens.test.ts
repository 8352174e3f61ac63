import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { AZURE_COGNITIVE_SCOPE, entraTokenRequest, readEntraClient } from './azure-entra.js';
import { GOOGLE_CLOUD_SCOPE, googleTokenBody, readServiceAccount, writeGoogleAssertion } from './google-service-account.js';
import { readAwsCredentials } from './read-aws-credentials.js';
import { readTokenAnswer } from './read-token-answer.js';

const NOW = new Date('2026-01-01T00:00:00Z');
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const FILE = {
  type: 'service_account',
  project_id: 'project-1',
  private_key_id: 'key-1',
  private_key: pem,
  client_email: 'robot@project-1.iam.gserviceaccount.com',
  token_uri: 'https://oauth2.googleapis.com/token',
};

describe('the key of a Google service account', () => {
  test('makes an assertion that its public half verifies, with the claims of the guide', () => {
    const account = readServiceAccount(JSON.stringify(FILE));
    if (!account.ok) throw new Error(account.error);
    const assertion = writeGoogleAssertion(account.value, GOOGLE_CLOUD_SCOPE, NOW);
    const [header = '', claims = '', signature = ''] = assertion.split('.');
    const read = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());
    expect(read(header)).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'key-1' });
    expect(read(claims)).toEqual({
      iss: FILE.client_email,
      scope: 'https://www.googleapis.com/auth/cloud-platform',
      aud: FILE.token_uri,
      iat: 1_767_225_600,
      exp: 1_767_229_200,
    });
    const key = createPublicKey(publicKey.export({ type: 'spki', format: 'pem' }));
    expect(verify('RSA-SHA256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url'))).toBe(true);
    expect(googleTokenBody('a.b.c')).toBe('grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=a.b.c');
  });

  test.each([
    ['no JSON', 'nonsense'],
    ['a list', '[]'],
    ['another kind of key', JSON.stringify({ ...FILE, type: 'authorized_user' })],
    ['no e-mail', JSON.stringify({ ...FILE, client_email: undefined })],
    ['no PEM', JSON.stringify({ ...FILE, private_key: 'canary' })],
    ['a token endpoint elsewhere', JSON.stringify({ ...FILE, token_uri: 'https://oauth2.googleapis.com.evil.example/token' })],
    ['a token endpoint without TLS', JSON.stringify({ ...FILE, token_uri: 'http://oauth2.googleapis.com/token' })],
  ])('%s is refused without showing the key', (_, text) => {
    const read = readServiceAccount(text);
    expect(read.ok).toBe(false);
    if (!read.ok) expect(read.error).not.toMatch(/canary|BEGIN/);
  });
});

describe('a client of Entra', () => {
  const TEXT = JSON.stringify({ tenant_id: 'contoso.onmicrosoft.com', client_id: 'app', client_secret: 's&cret' });
  test('becomes the request of the guide', () => {
    const client = readEntraClient(TEXT);
    if (!client.ok) throw new Error(client.error);
    expect(entraTokenRequest(client.value, AZURE_COGNITIVE_SCOPE)).toEqual({
      url: 'https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/token',
      body: 'grant_type=client_credentials&client_id=app&client_secret=s%26cret&scope=https%3A%2F%2Fcognitiveservices.azure.com%2F.default',
    });
  });

  test.each(['', '[]', '{}', JSON.stringify({ tenant_id: '../x', client_id: 'a', client_secret: 'canary' })])(
    '%j is refused',
    (text) => {
      const read = readEntraClient(text);
      expect(read.ok).toBe(false);
      expect(JSON.stringify(read)).not.toContain('canary');
    },
  );
});

describe('the answer of a token endpoint', () => {
  test('is a token until a minute before it ends', () => {
    expect(readTokenAnswer(200, '{"access_token":"t","expires_in":3599,"token_type":"Bearer"}', NOW)).toEqual({
      ok: true,
      value: { token: 't', expiresAt: new Date('2026-01-01T00:58:59Z') },
    });
  });

  test('an error is said in its own words', () => {
    const read = readTokenAnswer(400, '{"error":"invalid_grant","error_description":"Invalid JWT Signature."}', NOW);
    expect(read).toEqual({ ok: false, error: 'the token endpoint answered 400 invalid_grant: Invalid JWT Signature.' });
  });

  test.each([
    [200, 'nonsense'],
    [200, '[]'],
    [200, '{}'],
    [200, '{"access_token":"a b"}'],
    [403, '{"access_token":"t"}'],
  ])('%i %s is no token', (status, body) => {
    expect(readTokenAnswer(status, body, NOW).ok).toBe(false);
  });

  test('a token without a life is used once', () => {
    const read = readTokenAnswer(200, '{"access_token":"t"}', NOW);
    expect(read).toEqual({ ok: true, value: { token: 't', expiresAt: NOW } });
  });
});

describe('a key of AWS', () => {
  const [id, secret] = ['AKIAIOSFODNN7EXAMPLE', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'];
  const whole = { accessKeyId: id, secretAccessKey: secret, sessionToken: 'to:ken' };
  test.each([
    [`${id}:${secret}`, { ...whole, sessionToken: null }],
    [`${id}:${secret}:to:ken`, whole],
    [JSON.stringify({ AccessKeyId: id, SecretAccessKey: secret, SessionToken: 'to:ken' }), whole],
    [JSON.stringify({ Credentials: { AccessKeyId: id, SecretAccessKey: secret } }), { ...whole, sessionToken: null }],
  ])('is read in each of its forms', (text, expected) => {
    expect(readAwsCredentials(text)).toEqual({ ok: true, value: expected });
  });

  test.each(['', id, `:${secret}`, `${id}:short`, '{', '[]', `{"AccessKeyId":"${id}"}`, `${id}:${secret}:with blank`])(
    '%j is none',
    (text) => {
      const read = readAwsCredentials(text);
      expect(read.ok).toBe(false);
      expect(JSON.stringify(read)).not.toContain(secret);
    },
  );
});

import { createPrivateKey, createSign, type KeyObject } from 'node:crypto';
import { fail, ok, type Result } from '@tollgate/kernel';
import { isFields, textField } from './json-fields.js';

/** What is used of the JSON file that Google hands out for a service account. */
export interface GoogleServiceAccount {
  readonly clientEmail: string;
  readonly privateKeyId: string | null;
  readonly privateKey: KeyObject;
  readonly projectId: string | null;
  /** Where assertions are exchanged for tokens. */
  readonly tokenUri: string;
}

const TOKEN_URI = 'https://oauth2.googleapis.com/token';
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
/** Google's own limit for the life of an assertion. */
const LIFE_SECONDS = 3_600;

export const GOOGLE_CLOUD_SCOPE = 'https://www.googleapis.com/auth/cloud-platform';

/** Reads such a file; the error names what is wrong and never holds a part of the key. Only Google's token endpoints are taken: the file may come from a user. */
export function readServiceAccount(text: string): Result<GoogleServiceAccount, string> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return fail('the key of the service account is not JSON');
  }
  if (!isFields(parsed)) return fail('the key of the service account is not a JSON object');
  if (parsed['type'] !== 'service_account')
    return fail('the JSON is not the key of a service account (type is not service_account)');
  const clientEmail = textField(parsed, 'client_email');
  const pem = textField(parsed, 'private_key');
  if (clientEmail === null || pem === null) return fail('the key of the service account lacks client_email or private_key');
  const tokenUri = textField(parsed, 'token_uri') ?? TOKEN_URI;
  if (!/^https:\/\/[a-z0-9.-]+\.googleapis\.com\/[a-z0-9/_.-]+$/.test(tokenUri)) {
    return fail('token_uri of the service account is not an address under googleapis.com');
  }
  const privateKey = readRsaKey(pem);
  if (privateKey === null) return fail('private_key of the service account is not an RSA key in PEM');
  return ok({
    clientEmail,
    privateKeyId: textField(parsed, 'private_key_id'),
    privateKey,
    projectId: textField(parsed, 'project_id'),
    tokenUri,
  });
}

function readRsaKey(pem: string): KeyObject | null {
  try {
    const key = createPrivateKey(pem);
    return key.asymmetricKeyType === 'rsa' ? key : null;
  } catch {
    return null;
  }
}

/** The signed assertion (RS256) that buys an access token. https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests */
export function writeGoogleAssertion(account: GoogleServiceAccount, scope: string, now: Date): string {
  const issuedAt = Math.floor(now.getTime() / 1000);
  const header = { alg: 'RS256', typ: 'JWT', ...(account.privateKeyId === null ? {} : { kid: account.privateKeyId }) };
  const claims = { iss: account.clientEmail, scope, aud: account.tokenUri, iat: issuedAt, exp: issuedAt + LIFE_SECONDS };
  const signed = `${base64url(header)}.${base64url(claims)}`;
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(account.privateKey, 'base64url')}`;
}

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The body (form-encoded) of the POST to `tokenUri`. */
export const googleTokenBody = (assertion: string): string => new URLSearchParams({ grant_type: GRANT, assertion }).toString();

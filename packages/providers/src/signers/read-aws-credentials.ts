import { fail, ok, type Result } from '@tollgate/kernel';
import { isFields, textField } from './json-fields.js';
import type { AwsCredentials } from './sign-sigv4.js';

const ID = /^[A-Z0-9]{16,128}$/;
const SECRET = /^[A-Za-z0-9/+=]{16,256}$/;
const TOKEN = /^[\x21-\x7e]+$/;

/**
 * Reads a key of AWS as one secret: `id:secret`, `id:secret:session token`, or the JSON that `aws sts` prints (its
 * `Credentials` or what is inside). The error never holds a part of it.
 */
export function readAwsCredentials(text: string): Result<AwsCredentials, string> {
  const [accessKeyId, secretAccessKey, sessionToken] = text.trim().startsWith('{') ? ofJson(text) : ofText(text.trim());
  if (accessKeyId === null || !ID.test(accessKeyId)) return fail('the access key id of AWS is missing or none');
  if (secretAccessKey === null || !SECRET.test(secretAccessKey)) return fail('the secret access key of AWS is missing or none');
  if (sessionToken !== null && !TOKEN.test(sessionToken)) return fail('the session token of AWS is none');
  return ok({ accessKeyId, secretAccessKey, sessionToken });
}

type Parts = readonly [id: string | null, secret: string | null, token: string | null];

function ofText(text: string): Parts {
  const [id = null, secret = null, ...rest] = text.split(':');
  return [id, secret, rest.length === 0 ? null : rest.join(':')];
}

function ofJson(text: string): Parts {
  try {
    const parsed: unknown = JSON.parse(text);
    const fields = isFields(parsed) && isFields(parsed['Credentials']) ? parsed['Credentials'] : parsed;
    if (!isFields(fields)) return [null, null, null];
    return [textField(fields, 'AccessKeyId'), textField(fields, 'SecretAccessKey'), textField(fields, 'SessionToken')];
  } catch {
    return [null, null, null];
  }
}

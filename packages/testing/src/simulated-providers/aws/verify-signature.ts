import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { Refusal } from '../engine/refusal.js';
import type { Call } from '../engine/vendor.js';

const SKEW_MS_MAX = 5 * 60_000;
const sha256 = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: Buffer | string, data: string): Buffer => createHmac('sha256', key).update(data).digest();
/** As RFC 3986 has it, which is more than `encodeURIComponent` does. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

const wrong = (message: string): Refusal => new Refusal('forbidden', message, { type: 'InvalidSignatureException' });

/**
 * Checks Signature Version 4 of a request, computed from what arrived.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function verifySignature(call: Call, service: string): void {
  const header = call.headers.authorization;
  if (header === undefined)
    throw new Refusal('forbidden', 'Missing Authentication Token', { type: 'MissingAuthenticationTokenException' });
  const pattern = /^AWS4-HMAC-SHA256 Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/;
  const [, credential = '', signed = '', signature = ''] = pattern.exec(header) ?? [];
  const [accessKeyId, day = '', region = '', named, end] = credential.split('/');
  if (signature === '' || end !== 'aws4_request') {
    throw new Refusal('forbidden', 'Authorization header requires Credential, SignedHeaders and Signature.', {
      type: 'IncompleteSignatureException',
    });
  }
  const { aws } = call.keys;
  if (accessKeyId !== aws.accessKeyId) {
    throw new Refusal('forbidden', 'The security token included in the request is invalid.', {
      type: 'UnrecognizedClientException',
    });
  }
  if (region !== aws.region) throw wrong('Credential should be scoped to a valid region.');
  if (named !== service) throw wrong(`Credential should be scoped to correct service: '${service}'.`);
  const date = call.headers['x-amz-date'] ?? '';
  checkDate(date, day, call.now);
  const names = signed.split(';');
  const unsigned = ['host', ...Object.keys(call.headers).filter((name) => name.startsWith('x-amz-'))].find(
    (name) => !names.includes(name),
  );
  if (unsigned !== undefined) throw wrong(`'${unsigned}' must be a 'SignedHeader' in the AWS Authorization.`);
  const bodyHash = sha256(call.bytes);
  if ((call.headers['x-amz-content-sha256'] ?? bodyHash) !== bodyHash)
    throw wrong('The provided x-amz-content-sha256 does not match the body.');
  const request = [
    call.method,
    canonicalPath(call.target),
    canonicalQuery(call.target),
    ...names.map((name) => `${name}:${(call.headers[name] ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    signed,
    bodyHash,
  ].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', date, `${day}/${region}/${service}/aws4_request`, sha256(request)].join('\n');
  const key = [day, region, service, 'aws4_request'].reduce<Buffer | string>(
    (secret, part) => hmac(secret, part),
    `AWS4${aws.secretAccessKey}`,
  );
  if (timingSafeEqual(hmac(key, toSign), Buffer.from(signature, 'hex'))) return;
  throw wrong(
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. ' +
      'Consult the service documentation for details.',
  );
}

function checkDate(date: string, day: string, now: number): void {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date) ?? [];
  if (parts.length === 0) throw wrong('Authorization header requires existence of either a X-Amz-Date or a Date header.');
  const [year, month, dayOfMonth, hour, minute, second] = parts.map(Number) as [number, number, number, number, number, number];
  if (!date.startsWith(day))
    throw wrong('Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP.');
  const age = now - Date.UTC(year, month - 1, dayOfMonth, hour, minute, second);
  if (age > SKEW_MS_MAX) throw wrong(`Signature expired: ${date} is now earlier than the oldest that is accepted.`);
  if (age < -SKEW_MS_MAX) throw wrong(`Signature not yet current: ${date} is still later than the newest that is accepted.`);
}

/** What was sent, encoded once more: every service but S3 does it so. */
const canonicalPath = (target: string): string => encode(target.replace(/\?.*$/s, '')).replaceAll('%2F', '/');

function canonicalQuery(target: string): string {
  const question = target.indexOf('?');
  if (question < 0) return '';
  return [...new URLSearchParams(target.slice(question + 1))]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');
}

import { createHash, createHmac } from 'node:crypto';
import { canonicalPath, canonicalQuery } from './canonical-uri.js';

/** A key of an AWS account; temporary ones come with a session token. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | null;
}

export interface SigningScope {
  /** `bedrock` for bedrock-runtime too. */
  readonly service: string;
  readonly region: string;
}

export interface SigV4Request {
  readonly method: string;
  /** As it goes over the wire, percent-encoded once, without the query. */
  readonly path: string;
  /** As it goes over the wire, without `?`. */
  readonly query: string;
  /** All that are to be signed, `host` among them; a name may come more than once. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The bytes that are sent; empty for none. */
  readonly body: Uint8Array;
}

export interface SigV4Options {
  /** Whether `.`, `..` and empty segments are resolved in the signed path. S3 alone wants them left. */
  readonly normalizePath: boolean;
  /** Whether the hash of the body is sent and signed as `x-amz-content-sha256`. */
  readonly signsBody: boolean;
  /** Whether the session token is signed; the few services that want it added afterwards are not ours, the test suite has them. */
  readonly signsToken: boolean;
}

const BEDROCK: SigV4Options = { normalizePath: true, signsBody: false, signsToken: true };

const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Uint8Array, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** The key of one day, region and service; worth keeping for that day. `day` is `YYYYMMDD` in UTC. */
export function deriveSigningKey(secretAccessKey: string, day: string, { region, service }: SigningScope): Uint8Array {
  return hmac(hmac(hmac(hmac(`AWS4${secretAccessKey}`, day), region), service), 'aws4_request');
}

/**
 * The headers to add so that AWS knows the sender: `x-amz-date`, `x-amz-security-token` where there is a session,
 * `x-amz-content-sha256` where asked for, `authorization`.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signSigV4(
  request: SigV4Request,
  credentials: AwsCredentials,
  at: SigningScope & { readonly now: Date },
  options: SigV4Options = BEDROCK,
): Readonly<Record<string, string>> {
  const stamp = at.now.toISOString().replace(/[-:]|\.\d{3}/g, '');
  const day = stamp.slice(0, 8);
  const bodyHash = sha256(request.body);
  const added: Record<string, string> = { 'x-amz-date': stamp };
  if (options.signsBody) added['x-amz-content-sha256'] = bodyHash;
  if (credentials.sessionToken !== null && options.signsToken) added['x-amz-security-token'] = credentials.sessionToken;
  const { names, lines } = canonicalHeaders([...request.headers, ...Object.entries(added)]);
  const canonical = [
    request.method,
    canonicalPath(request.path, options.normalizePath),
    canonicalQuery(request.query),
    ...lines,
    '',
    names,
    bodyHash,
  ].join('\n');
  const scope = `${day}/${at.region}/${at.service}/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', stamp, scope, sha256(canonical)].join('\n');
  const signature = hmac(deriveSigningKey(credentials.secretAccessKey, day, at), text).toString('hex');
  if (credentials.sessionToken !== null) added['x-amz-security-token'] = credentials.sessionToken;
  added['authorization'] =
    `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  return added;
}

/** Lower-case names in order; values trimmed, runs of blanks made one, those of one name joined by commas in the order they came. */
function canonicalHeaders(headers: SigV4Request['headers']): { readonly names: string; readonly lines: readonly string[] } {
  const byName = new Map<string, string[]>();
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    const values = byName.get(key) ?? [];
    values.push(value.trim().replace(/\s+/g, ' '));
    byName.set(key, values);
  }
  const sorted = [...byName].sort(([a], [b]) => (a < b ? -1 : 1));
  return { names: sorted.map(([name]) => name).join(';'), lines: sorted.map(([name, values]) => `${name}:${values.join(',')}`) };
}

import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { Stack } from '@tollgate/testing';
import * as client from 'openid-client';
import { type Bench, call, demand, machine, makeClient, refusedAfterMs } from './bench.ts';

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (part: string | undefined): Record<string, unknown> =>
  JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8')) as Record<string, unknown>;

interface Jwk {
  readonly kid: string;
  readonly kty: string;
  readonly crv: string;
  readonly x: string;
  readonly y: string;
}

/** Everything that looks like an access token and is none, made from a real one and from the public keys. */
function forgeries(real: string, keys: readonly Jwk[], publicPem: string): ReadonlyMap<string, string> {
  const [head, body, signature] = real.split('.') as [string, string, string];
  const [header, claims] = [decode(head), decode(body)];
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = own.publicKey.export({ format: 'jwk' });
  const signed = (changedHeader: object, changedClaims: object = {}, key: KeyObject = own.privateKey): string => {
    const input = `${encode({ ...header, ...changedHeader })}.${encode({ ...claims, ...changedClaims })}`;
    return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  };
  const maced = (secret: string): string => {
    const input = `${encode({ ...header, alg: 'HS256' })}.${body}`;
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
  };
  const now = Math.floor(Date.now() / 1_000);
  return new Map([
    ['none', `${encode({ ...header, alg: 'none' })}.${body}.`],
    ['None with a signature', `${encode({ ...header, alg: 'None' })}.${body}.${signature}`],
    ['HS256 with the public key', maced(publicPem)],
    ['HS256 with the JWK', maced(JSON.stringify(keys[0]))],
    ['HS256 with nothing', maced('')],
    ['a key of its own under our kid', signed({})],
    ['a key of its own in jwk', signed({ jwk })],
    ['a key of its own at jku', signed({ jku: 'http://127.0.0.1:1/jwks' })],
    ['a key of its own at x5u', signed({ x5u: 'http://127.0.0.1:1/cert' })],
    ['kid as a path', signed({ kid: '../../../../dev/null' })],
    ['kid as SQL', signed({ kid: "' UNION SELECT 'x'--" })],
    ['kid as a URL', signed({ kid: 'http://127.0.0.1:1/jwks' })],
    ['kid of a prototype', signed({ kid: '__proto__' })],
    ['kid that is no text', signed({ kid: { $ne: null } })],
    ['no kid', signed({ kid: undefined })],
    ['crit', signed({ crit: ['exp'] })],
    ['a foreign issuer', signed({}, { iss: 'https://evil.example' })],
    ['a foreign audience', signed({}, { aud: 'https://evil.example/v1' })],
    ['more scopes under the old signature', `${head}.${encode({ ...claims, scope: 'llm:* admin:*' })}.${signature}`],
    ['another key under the old signature', `${head}.${encode({ ...claims, tg_key: 'AAAAAAAAAAAA' })}.${signature}`],
    ['a longer life under the old signature', `${head}.${encode({ ...claims, exp: now + 10_000 })}.${signature}`],
    ['a zero signature', `${head}.${body}.${Buffer.alloc(64).toString('base64url')}`],
    [
      'a DER signature',
      `${head}.${body}.${sign('sha256', Buffer.from(`${head}.${body}`), own.privateKey).toString('base64url')}`,
    ],
    ['cut', real.slice(0, -1)],
    ['cut to two parts', `${head}.${body}`],
    ['padded', `${real}=`],
    ['with a fourth part', `${real}.x`],
    ['re-cased', `${head}.${body}.${swapCase(signature)}`],
    ['swapped parts', `${body}.${head}.${signature}`],
    ['a JWE', `${real}.${body}.${head}`],
    ['huge', `${head}.${'A'.repeat(20_000)}.${signature}`],
    ['garbage', 'eyJhbGciOiJFUzI1NiJ9.e30.AAAA'],
  ]);
}

const swapCase = (text: string): string =>
  [...text].map((sign) => (sign === sign.toLowerCase() ? sign.toUpperCase() : sign.toLowerCase())).join('');

export interface ForgeryResult {
  /** A real token, to be tried again when it has expired, and at another gateway. */
  readonly real: string;
  readonly tried: number;
}

export async function forgedTokens(
  { stack, issuer, check }: Bench,
  idToken: string,
  foreign: string | null,
): Promise<ForgeryResult> {
  const made = await makeClient(stack);
  const config = await machine(issuer, made);
  const { access_token: real } = await client.clientCredentialsGrant(config);
  const { keys } = (await (await fetch(`${issuer}/oauth/jwks`)).json()) as { keys: Jwk[] };
  const publicPem = createPublicKey({ key: { ...keys[0] }, format: 'jwk' })
    .export({ format: 'pem', type: 'spki' })
    .toString();
  let tried = 0;
  const refuse = async (name: string, bearer: string): Promise<void> => {
    for (const url of stack.routerUrls) {
      const { status, code } = await call(url, bearer);
      demand(status === 401 && code === 'invalid_api_key', `401 for ${name}, not ${status} ${code}`);
      tried += 1;
    }
  };
  await check('forged access tokens are refused at every router', async () => {
    for (const url of stack.routerUrls) demand((await call(url, real)).status === 200, 'the real one to be good');
    for (const [name, text] of forgeries(real, keys, publicPem)) await refuse(name, text);
    for (const url of stack.routerUrls) demand((await call(url, real)).status === 200, 'the real one to be good still');
  });
  await check('what is signed by our own key, or is a secret of ours, but is no access token', async () => {
    demand(idToken !== '', 'an ID token');
    await refuse('an ID token', idToken);
    await refuse('a client secret', made.client_secret);
    if (foreign !== null) await refuse('a real token of another gateway', foreign);
  });
  await check('an access token in a URL is refused, and the management API takes none', async () => {
    for (const url of stack.routerUrls) {
      const response = await fetch(`${url}/v1/models?access_token=${real}`);
      await response.arrayBuffer();
      demand(response.status === 400, `400, not ${response.status}`);
    }
    const management = await fetch(`${issuer}/api/v1/tokens`, { headers: { authorization: `Bearer ${real}` } });
    await management.arrayBuffer();
    demand(management.status === 401, `401, not ${management.status}`);
  });
  return { real, tried };
}

/** Revokes many access tokens, one by one, at the OAuth server; the longest time until every router refuses one. */
export async function revokedTokens({ stack, issuer }: Pick<Bench, 'stack' | 'issuer'>, count: number): Promise<number[]> {
  const config = await machine(issuer, await makeClient(stack));
  const times: number[] = [];
  for (let at = 0; at < count; at += 1) {
    const { access_token } = await client.clientCredentialsGrant(config);
    await warm(stack, access_token);
    const since = performance.now();
    await client.tokenRevocation(config, access_token);
    times.push(await refusedAfterMs(stack, access_token, since));
  }
  return times.sort((a, b) => a - b);
}

/** Every router has it in its cache. */
async function warm(stack: Stack, bearer: string): Promise<void> {
  for (const url of stack.routerUrls) {
    const response = await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${bearer}` } });
    await response.arrayBuffer();
    demand(response.status === 200, `200 before it is revoked, not ${response.status}`);
  }
}

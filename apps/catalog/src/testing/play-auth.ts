import { randomBytes } from 'node:crypto';
import { EMPTY_POLICY, SUBJECTS, type TokenSnapshot } from '@tollgate/contracts';
import { decodeJson, encodeJson } from '@tollgate/kernel';
import { digestToken, generateToken, readPeppers } from '@tollgate/policy';
import type { Transport } from '@tollgate/transport';
import { PEPPER } from './open-bed.js';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever comes.
  readonly body: any;
}

export type Send = (method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>) => Promise<Answer>;

/** Auth, played by a responder on the same transport: makes senders that call as a token with these scopes. */
export function playAuth(transport: Transport, url: string): (scopes: readonly string[], organisationId?: string) => Send {
  const tokens = new Map<string, TokenSnapshot>();
  transport.respond(SUBJECTS.tokenResolve, 'auth', async (message) => {
    const token = tokens.get((decodeJson(message.body) as { publicId: string }).publicId);
    return encodeJson(token === undefined ? { status: 'unknown', sequence: 0 } : { status: 'found', token, sequence: 0 });
  });
  return (scopes, organisationId = 'org_one') => {
    const { text, snapshot } = newToken(scopes, organisationId);
    tokens.set(snapshot.publicId, snapshot);
    return async (method, path, body, more) => {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${text}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...more,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const answer = await response.text();
      const json = response.headers.get('content-type')?.includes('json') === true;
      return { status: response.status, headers: response.headers, body: json ? JSON.parse(answer) : answer };
    };
  };
}

function newToken(scopes: readonly string[], organisationId: string): { text: string; snapshot: TokenSnapshot } {
  const peppers = readPeppers(PEPPER);
  if (!peppers.ok) throw new Error(peppers.error);
  const [pepper] = peppers.value;
  const { text, publicId } = generateToken({ type: 'a', environment: 'test', randomBytes });
  const digest = digestToken(pepper.key, text).toString('base64url');
  const snapshot: TokenSnapshot = {
    id: `tok_${publicId}`,
    publicId,
    type: 'a',
    name: 'test',
    organisationId,
    teamId: null,
    operator: organisationId === 'org_one',
    status: 'active',
    expiresAt: null,
    secrets: [{ id: 'sec_1', digest, pepperVersion: pepper.version, state: 'active', expiresAt: null }],
    policy: {
      ...EMPTY_POLICY,
      scopes: [...scopes],
    },
    revision: 1,
  };
  return { text, snapshot };
}

import type { Stack } from '@tollgate/testing';
import * as client from 'openid-client';

/** What the steps of the proof share. */
export interface Bench {
  readonly stack: Stack;
  /** Where the OAuth server is. */
  readonly issuer: string;
  check(name: string, work: () => unknown): Promise<void>;
}

export interface MadeClient {
  readonly id: string;
  readonly client_secret: string;
  readonly token_id: string;
}

export async function makeClient(stack: Stack, fields: Readonly<Record<string, unknown>> = {}): Promise<MadeClient> {
  const { status, body } = await stack.api('/api/v1/oauth/clients', {
    method: 'POST',
    body: { name: 'Proof', scopes: ['llm:*'], ...fields },
  });
  if (status !== 201) throw new Error(`no client: ${status} ${JSON.stringify(body)}`);
  return body as MadeClient;
}

/** openid-client as an application would set it up. */
export async function discover(
  issuer: string,
  made: MadeClient,
  how: client.ClientAuth,
  algorithm: 'oidc' | 'oauth2' = 'oidc',
): Promise<client.Configuration> {
  const metadata = { id_token_signed_response_alg: 'ES256' };
  return client.discovery(new URL(issuer), made.id, metadata, how, { algorithm, execute: [client.allowInsecureRequests] });
}

export const machine = async (issuer: string, made: MadeClient): Promise<client.Configuration> =>
  discover(issuer, made, client.ClientSecretBasic(made.client_secret));

/** One call with a bearer at one router; only its status and code count. */
export async function call(
  url: string,
  bearer: string,
  fields: Readonly<Record<string, unknown>> = {},
): Promise<{ readonly status: number; readonly code: string | null }> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${bearer}` },
    body: JSON.stringify({ model: 'sim/sim-fast', messages: [{ role: 'user', content: 'hello' }], ...fields }),
  });
  const body = (await response.json()) as { error?: { code?: string } };
  return { status: response.status, code: body.error?.code ?? null };
}

/** At every router the same status. */
export async function demandEverywhere(stack: Stack, bearer: string, status: number): Promise<void> {
  for (const url of stack.routerUrls) {
    const answer = await call(url, bearer);
    demand(answer.status === status, `${status} at ${url}, not ${answer.status} ${answer.code}`);
  }
}

/** Milliseconds until every router refuses it. */
export async function refusedAfterMs(stack: Stack, bearer: string, since: number): Promise<number> {
  const each = stack.routerUrls.map(async (url) => {
    for (;;) {
      const response = await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${bearer}` } });
      await response.arrayBuffer();
      const ms = performance.now() - since;
      if (response.status === 401) return ms;
      if (ms > 10_000) throw new Error(`still ${response.status} at ${url} after ${ms} ms`);
    }
  });
  return Math.max(...(await Promise.all(each)));
}

export function demand(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`Expected ${what}`);
}

/** The OAuth error of a refusal; another failure, or none, is a failure of the proof. */
export async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof client.ResponseBodyError || error instanceof client.AuthorizationResponseError) return error.error;
    if (error instanceof client.WWWAuthenticateChallengeError) return String(error.cause[0]?.parameters['error']);
    throw error;
  }
  throw new Error('It was not refused');
}

export async function demandRefusal(work: Promise<unknown>, ...codes: readonly string[]): Promise<void> {
  const code = await refusal(work);
  demand(codes.includes(code), `${codes.join(' or ')}, not ${code}`);
}

import { createHash, createHmac, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import * as client from 'openid-client';
import {
  type Bench,
  call,
  demand,
  demandEverywhere,
  demandRefusal,
  discover,
  machine,
  makeClient,
  refusedAfterMs,
} from './bench.ts';

const ec = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwkOf = (key: KeyObject) => {
  const { kty, crv, x, y } = key.export({ format: 'jwk' });
  return { kty, crv, x, y };
};

/** Programs: client_credentials in every way of proving who one is, and all that must be refused. */
export async function machineFlows({ stack, issuer, check }: Bench): Promise<void> {
  const basic = await makeClient(stack);
  await check('metadata of OAuth (RFC 8414) and of OpenID Connect agree', async () => {
    const [one, two] = await Promise.all([
      discover(issuer, basic, client.ClientSecretBasic(basic.client_secret), 'oauth2'),
      discover(issuer, basic, client.ClientSecretBasic(basic.client_secret), 'oidc'),
    ]);
    demand(one.serverMetadata().token_endpoint === two.serverMetadata().token_endpoint, 'one token endpoint');
    const { grant_types_supported: grants = [], response_types_supported: responses = [] } = one.serverMetadata();
    demand(!grants.includes('implicit') && !grants.includes('password'), 'no implicit, no password');
    demand(responses.join() === 'code', 'code alone');
  });
  await check('client_secret_basic: a token that every router takes', async () => {
    const { access_token, expires_in } = await client.clientCredentialsGrant(await machine(issuer, basic), { scope: 'llm:chat' });
    demand(expires_in === 300, 'five minutes');
    await demandEverywhere(stack, access_token, 200);
  });
  await check('client_secret_post', async () => {
    const made = await makeClient(stack, { auth_method: 'client_secret_post' });
    const config = await discover(issuer, made, client.ClientSecretPost(made.client_secret), 'oauth2');
    await demandEverywhere(stack, (await client.clientCredentialsGrant(config)).access_token, 200);
  });
  await assertions({ stack, issuer, check });
  await check('a resource of ours is taken, another refused (RFC 8707)', async () => {
    const config = await machine(issuer, basic);
    await demandEverywhere(stack, (await client.clientCredentialsGrant(config, { resource: `${issuer}/v1` })).access_token, 200);
    for (const resource of ['https://elsewhere.example/v1', `${issuer}/v1/`, `${issuer}/v2`, 'v1']) {
      await demandRefusal(client.clientCredentialsGrant(config, { resource }), 'invalid_target');
    }
  });
  await check('scopes: no more than the client holds, and no more than the token says', async () => {
    const made = await makeClient(stack, { scopes: ['llm:embed', 'llm:chat'] });
    const config = await machine(issuer, made);
    await demandRefusal(client.clientCredentialsGrant(config, { scope: 'llm:*' }), 'invalid_scope');
    await demandRefusal(client.clientCredentialsGrant(config, { scope: 'admin:tokens:write' }), 'invalid_scope');
    const narrow = await client.clientCredentialsGrant(config, { scope: 'llm:embed' });
    for (const url of stack.routerUrls) {
      const { status, code } = await call(url, narrow.access_token);
      demand(status === 403 && code === 'permission_denied', `permission_denied, not ${status} ${code}`);
    }
  });
  await check('models, limits and budgets bind as they bind API tokens', async () => {
    const made = await makeClient(stack, {
      models: { allow: ['sim/*'], deny: ['sim/sim-slow*'] },
      limits: { requests: { limit: 3, period_seconds: 3_600 } },
    });
    const { access_token } = await client.clientCredentialsGrant(await machine(issuer, made));
    const url = stack.url;
    const denied = await call(url, access_token, { model: 'sim/sim-slow-20ms-20' });
    demand(denied.status === 403 && denied.code === 'model_not_allowed', `model_not_allowed, not ${denied.code}`);
    const statuses: number[] = [];
    for (let at = 0; at < 5; at += 1) {
      const router = stack.routerUrls[at % stack.routerUrls.length] ?? url;
      statuses.push((await call(router, access_token)).status);
    }
    demand(statuses.filter((status) => status === 200).length <= 3, `at most three calls, not ${statuses.join()}`);
    demand(statuses.includes(200) && statuses.includes(429), `some calls and a limit, not ${statuses.join()}`);
  });
  await check('a wrong secret, no secret, another method, an unknown client: one answer', async () => {
    const made = await makeClient(stack);
    const wrong = { ...made, client_secret: `${made.client_secret.slice(0, -1)}x` };
    await demandRefusal(
      machine(issuer, wrong).then((config) => client.clientCredentialsGrant(config)),
      'invalid_client',
    );
    const none = await discover(issuer, made, client.None());
    await demandRefusal(client.clientCredentialsGrant(none), 'invalid_client');
    const unknown = { ...made, id: `client_${'0'.repeat(26)}` };
    await demandRefusal(
      machine(issuer, unknown).then((config) => client.clientCredentialsGrant(config)),
      'invalid_client',
    );
  });
  await check('password and implicit do not exist, nor a device', async () => {
    const config = await machine(issuer, basic);
    for (const grant of ['password', 'implicit', 'urn:ietf:params:oauth:grant-type:device_code']) {
      await demandRefusal(
        client.genericGrantRequest(config, grant, { username: 'a', password: 'b', device_code: 'c' }),
        'unsupported_grant_type',
      );
    }
  });
  await check('a secret is renewed with an overlap, and both work', async () => {
    const made = await makeClient(stack);
    const renewed = await stack.api(`/api/v1/oauth/clients/${made.id}/renew-secret`, {
      method: 'POST',
      body: { overlap_seconds: 60 },
    });
    const next = renewed.body as typeof made;
    demand(renewed.status === 200 && next.client_secret !== made.client_secret, 'a new secret');
    for (const each of [made, next]) await client.clientCredentialsGrant(await machine(issuer, each));
    await stack.api(`/api/v1/oauth/clients/${made.id}/renew-secret`, { method: 'POST', body: { overlap_seconds: 0 } });
    for (const each of [made, next]) {
      await demandRefusal(
        machine(issuer, each).then((config) => client.clientCredentialsGrant(config)),
        'invalid_client',
      );
    }
  });
  await check('a client that is suspended: no new tokens, and every router refuses the old ones within a second', async () => {
    const made = await makeClient(stack);
    const config = await machine(issuer, made);
    const { access_token } = await client.clientCredentialsGrant(config);
    await demandEverywhere(stack, access_token, 200);
    await stack.api(`/api/v1/oauth/clients/${made.id}`, { method: 'PATCH', body: { status: 'suspended' } });
    const ms = await refusedAfterMs(stack, access_token, performance.now());
    demand(ms <= 1_000, `a second, not ${ms} ms`);
    await demandRefusal(client.clientCredentialsGrant(config), 'invalid_client');
    await stack.api(`/api/v1/oauth/clients/${made.id}`, { method: 'PATCH', body: { status: 'active' } });
    await demandEverywhere(stack, (await client.clientCredentialsGrant(config)).access_token, 200);
  });
  await check('a new signing key is published before it signs; tokens go on', async () => {
    const config = await machine(issuer, basic);
    const { access_token } = await client.clientCredentialsGrant(config);
    const rotated = await stack.api('/api/v1/oauth/keys/rotate', { method: 'POST' });
    demand(rotated.status === 200, `200, not ${rotated.status} ${JSON.stringify(rotated.body)}`);
    const { keys } = (await (await fetch(`${issuer}/oauth/jwks`)).json()) as { keys: Record<string, unknown>[] };
    demand(keys.length >= 2, `two keys, not ${keys.length}`);
    demand(
      keys.every((key) => key['d'] === undefined),
      'public halves alone',
    );
    await demandEverywhere(stack, access_token, 200);
    await demandEverywhere(stack, (await client.clientCredentialsGrant(config)).access_token, 200);
  });
  await check('guessing secrets is slowed down', async () => {
    const made = await makeClient(stack);
    const guess = () =>
      fetch(`${issuer}/oauth/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(`${made.id}:${randomUUID()}`).toString('base64')}` },
        body: new URLSearchParams({ grant_type: 'client_credentials' }),
      });
    const statuses: number[] = [];
    for (let at = 0; at < 14; at += 1) statuses.push((await guess()).status);
    demand(statuses[0] === 401 && statuses.at(-1) === 429, `401, then 429, not ${statuses.join()}`);
    demand((await guess()).headers.get('retry-after') !== null, 'Retry-After');
  });
}

async function assertions({ stack, issuer, check }: Bench): Promise<void> {
  const { privateKey, publicKey } = ec();
  const made = await makeClient(stack, { auth_method: 'private_key_jwt', jwks: { keys: [jwkOf(publicKey)] } });
  await check('private_key_jwt', async () => {
    const key = await crypto.subtle.importKey(
      'pkcs8',
      privateKey.export({ format: 'der', type: 'pkcs8' }),
      { name: 'ECDSA', namedCurve: 'P-256' },
      false,
      ['sign'],
    );
    const config = await discover(issuer, made, client.PrivateKeyJwt(key));
    await demandEverywhere(stack, (await client.clientCredentialsGrant(config)).access_token, 200);
  });
  const post = async (assertion: string): Promise<number> => {
    const response = await fetch(`${issuer}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: assertion,
      }),
    });
    await response.arrayBuffer();
    return response.status;
  };
  const assertion = (changes: Record<string, unknown> = {}, key: KeyObject = privateKey): Promise<string> => {
    const now = Math.floor(Date.now() / 1_000);
    const claims = { iss: made.id, sub: made.id, aud: issuer, jti: randomUUID(), iat: now, exp: now + 60, ...changes };
    return new SignJWT(claims).setProtectedHeader({ alg: 'ES256' }).sign(key);
  };
  await check('an assertion counts once, also when it comes ten times at once', async () => {
    const text = await assertion();
    const statuses = await Promise.all(Array.from({ length: 10 }, () => post(text)));
    demand(statuses.filter((status) => status === 200).length === 1, `one 200, not ${statuses.join()}`);
  });
  await check(
    'an assertion that is foreign, expired, for another audience, too long, without a signature or with a shared secret',
    async () => {
      const now = Math.floor(Date.now() / 1_000);
      const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
      const body = part({ iss: made.id, sub: made.id, aud: issuer, jti: randomUUID(), iat: now, exp: now + 60 });
      const none = `${part({ alg: 'none' })}.${body}.`;
      const input = `${part({ alg: 'HS256' })}.${body}`;
      const pem = publicKey.export({ format: 'pem', type: 'spki' });
      const forged = [
        await assertion({}, ec().privateKey),
        await assertion({ exp: now - 60 }),
        await assertion({ aud: 'https://elsewhere.example' }),
        await assertion({ exp: now + 86_400 }),
        await assertion({ iss: 'somebody' }),
        none,
        `${input}.${createHmac('sha256', pem).update(input).digest('base64url')}`,
        `${input}.${createHash('sha256').update(input).digest('base64url')}`,
      ];
      const statuses: number[] = [];
      for (const each of forged) statuses.push(await post(each));
      demand(
        statuses.every((status) => status === 401 || status === 400 || status === 429),
        `refusals, not ${statuses.join()}`,
      );
    },
  );
}

import * as client from 'openid-client';
import {
  type Bench,
  demand,
  demandEverywhere,
  demandRefusal,
  discover,
  type MadeClient,
  machine,
  makeClient,
  refusal,
  refusedAfterMs,
} from './bench.ts';
import { type Page, PlayBrowser } from './play-browser.ts';
import { makeUser, type PlayUser } from './play-user.ts';

const REDIRECT = 'https://app.example/callback';

/** An application, a user, and what the one gets from the other. */
class Application {
  verifier = client.randomPKCECodeVerifier();
  readonly state = client.randomState();

  readonly config: client.Configuration;
  readonly user: PlayUser;
  readonly issuer: string;
  readonly redirectUri: string;

  constructor(config: client.Configuration, user: PlayUser, issuer: string, redirectUri = REDIRECT) {
    this.config = config;
    this.user = user;
    this.issuer = issuer;
    this.redirectUri = redirectUri;
  }

  async url(changes: Readonly<Record<string, string | null>> = {}): Promise<string> {
    const parameters: Record<string, string> = {
      redirect_uri: this.redirectUri,
      scope: 'openid llm:chat',
      state: this.state,
      code_challenge: await client.calculatePKCECodeChallenge(this.verifier),
      code_challenge_method: 'S256',
    };
    const url = client.buildAuthorizationUrl(this.config, parameters);
    for (const [name, value] of Object.entries(changes)) {
      if (value === null) url.searchParams.delete(name);
      else url.searchParams.set(name, value);
    }
    return url.href;
  }

  /** The address that the browser is sent back to. */
  async callback(changes: Readonly<Record<string, string | null>> = {}): Promise<URL> {
    const page = await new PlayBrowser(this.issuer).authorize(await this.url(changes), this.user);
    demand(page.leftTo !== null, `to be sent back, not ${page.status} at ${page.url}: ${page.text.slice(-400)}`);
    return page.leftTo;
  }

  exchange(callback: URL, verifier = this.verifier, more: Record<string, string> = {}) {
    const checks = { pkceCodeVerifier: verifier, expectedState: this.state };
    return client.authorizationCodeGrant(this.config, callback, checks, more);
  }

  async tokens() {
    const made = await this.exchange(await this.callback());
    demand(made.refresh_token !== undefined, 'a refresh token');
    return { access: made.access_token, refresh: made.refresh_token, made };
  }
}

const errorOf = (page: Page): string | null => page.leftTo?.searchParams.get('error') ?? null;

/** People: code with PKCE, refresh, consent, and all that must be refused. Gives an ID token, which is no access token. */
export async function userFlows({ stack, issuer, check }: Bench): Promise<string> {
  const user = await makeUser(stack);
  const confidential = await makeClient(stack, { grant_types: ['authorization_code'], redirect_uris: [REDIRECT] });
  const other = await makeClient(stack, { grant_types: ['authorization_code'], redirect_uris: [REDIRECT] });
  const config = await machine(issuer, confidential);
  const application = (how = config, redirectUri = REDIRECT): Application => new Application(how, user, issuer, redirectUri);
  let idToken = '';
  await check('code and PKCE: login, consent, tokens; the routers take them', async () => {
    const { access, made } = await application().tokens();
    demand(made.claims()?.sub === user.id, 'the user in the ID token');
    idToken = made.id_token ?? '';
    await demandEverywhere(stack, access, 200);
  });
  await check('a public client on the loopback address, on a port of its choice', async () => {
    const made = await makeClient(stack, {
      grant_types: ['authorization_code'],
      auth_method: 'none',
      redirect_uris: ['http://127.0.0.1/callback'],
    });
    const how = await discover(issuer, made, client.None(), 'oauth2');
    const { access, refresh } = await application(how, 'http://127.0.0.1:49152/callback').tokens();
    await demandEverywhere(stack, access, 200);
    demand((await client.refreshTokenGrant(how, refresh)).refresh_token !== refresh, 'a new refresh token');
  });
  await check('refresh tokens rotate, each access token works', async () => {
    const { refresh } = await application().tokens();
    let current = refresh;
    for (let round = 0; round < 3; round += 1) {
      const next = await client.refreshTokenGrant(config, current);
      demand(next.refresh_token !== undefined && next.refresh_token !== current, 'a new refresh token');
      await demandEverywhere(stack, next.access_token, 200);
      current = next.refresh_token;
    }
    await demandRefusal(client.refreshTokenGrant(config, current, { scope: 'llm:embed' }), 'invalid_scope', 'invalid_request');
  });
  await refusedRequests({ stack, issuer, check }, application, confidential);
  await check('PKCE: missing, plain, wrong verifier, no verifier', async () => {
    const browser = (): PlayBrowser => new PlayBrowser(issuer);
    const missing = await browser().get(await application().url({ code_challenge: null, code_challenge_method: null }));
    demand(errorOf(missing) === 'invalid_request', `invalid_request, not ${errorOf(missing)}`);
    for (const method of ['plain', 'S512', null]) {
      const page = await browser().get(await application().url({ code_challenge_method: method }));
      demand(errorOf(page) === 'invalid_request', `invalid_request for ${method}, not ${errorOf(page)}`);
    }
    const wrong = application();
    await demandRefusal(wrong.exchange(await wrong.callback(), client.randomPKCECodeVerifier()), 'invalid_grant');
    const none = application();
    const callback = await none.callback();
    const bare = client.genericGrantRequest(config, 'authorization_code', {
      code: callback.searchParams.get('code') ?? '',
      redirect_uri: REDIRECT,
    });
    await demandRefusal(bare, 'invalid_grant', 'invalid_request');
  });
  await check('a code of another client, or with another redirect_uri, is refused', async () => {
    const first = application();
    const callback = await first.callback();
    const code = callback.searchParams.get('code') ?? '';
    const fields = { code, redirect_uri: REDIRECT, code_verifier: first.verifier };
    await demandRefusal(client.genericGrantRequest(await machine(issuer, other), 'authorization_code', fields), 'invalid_grant');
    const elsewhere = { ...fields, redirect_uri: `${REDIRECT}/other` };
    await demandRefusal(client.genericGrantRequest(config, 'authorization_code', elsewhere), 'invalid_grant');
  });
  await check('a code that comes twice ends the grant', async () => {
    const first = application();
    const callback = await first.callback();
    const { access_token } = await first.exchange(callback);
    await demandEverywhere(stack, access_token, 200);
    await demandRefusal(first.exchange(callback), 'invalid_grant');
    const ms = await refusedAfterMs(stack, access_token, performance.now());
    demand(ms <= 1_000, `the access token refused within a second, not ${ms} ms`);
  });
  await familyDies({ stack, issuer, check }, application, config);
  await check('a refresh token that is revoked takes its access tokens along (RFC 7009)', async () => {
    const { access, refresh } = await application().tokens();
    const since = performance.now();
    await client.tokenRevocation(config, refresh);
    const ms = await refusedAfterMs(stack, access, since);
    demand(ms <= 1_000, `a second, not ${ms} ms`);
    await demandRefusal(client.refreshTokenGrant(config, refresh), 'invalid_grant');
  });
  await check('introspection says what a token is, to its own organisation alone (RFC 7662)', async () => {
    const { access, refresh } = await application().tokens();
    for (const token of [access, refresh]) {
      const told = await client.tokenIntrospection(config, token);
      demand(told.active && told.client_id === confidential.id && told.sub === user.id, `active, not ${JSON.stringify(told)}`);
    }
    demand(!(await client.tokenIntrospection(config, `${access.slice(0, -4)}AAAA`)).active, 'a forged one inactive');
    demand(!(await client.tokenIntrospection(config, 'nothing')).active, 'an unknown one inactive');
    // Of the same organisation: it may look, but not revoke.
    const stranger = await machine(issuer, other);
    demand((await client.tokenIntrospection(stranger, access)).active, 'active for a colleague');
    await client.tokenRevocation(stranger, access).catch(() => undefined);
    await demandEverywhere(stack, access, 200);
  });
  await check('an administrator takes a grant back; a user who is suspended loses theirs', async () => {
    const { access, refresh } = await application().tokens();
    const { body } = await stack.api(`/api/v1/oauth/grants?client_id=${confidential.id}&user_id=${user.id}`);
    const [grant] = (body as { data: { id: string; status: string; scopes: string[] }[] }).data;
    demand(grant?.status === 'active' && grant.scopes.join() === 'llm:chat', `the grant, not ${JSON.stringify(grant)}`);
    const since = performance.now();
    await stack.api(`/api/v1/oauth/grants/${grant.id}`, { method: 'DELETE' });
    demand((await refusedAfterMs(stack, access, since)) <= 1_000, 'within a second');
    await demandRefusal(client.refreshTokenGrant(config, refresh), 'invalid_grant');
    const leaver = await makeUser(stack);
    const theirs = await new Application(config, leaver, issuer).tokens();
    await demandEverywhere(stack, theirs.access, 200);
    const suspended = performance.now();
    await stack.api(`/api/v1/users/${leaver.id}`, { method: 'PATCH', body: { status: 'suspended' } });
    demand((await refusedAfterMs(stack, theirs.access, suspended)) <= 1_000, 'within a second');
    await demandRefusal(client.refreshTokenGrant(config, theirs.refresh), 'invalid_grant');
  });
  await check('nobody grants what they do not hold', async () => {
    const viewer = await makeUser(stack, ['viewer']);
    const page = await new PlayBrowser(issuer).authorize(await application().url(), viewer);
    demand(errorOf(page) === 'access_denied', `access_denied, not ${errorOf(page) ?? page.text.slice(-300)}`);
  });
  return idToken;
}

async function refusedRequests({ issuer, check }: Bench, make: () => Application, made: MadeClient): Promise<void> {
  await check('redirect_uri is compared letter by letter; a wrong one is never redirected to, nor echoed', async () => {
    const wrong = [
      `${REDIRECT}/`,
      `${REDIRECT}?x=1`,
      `${REDIRECT}#x`,
      'https://app.example:443/callback',
      'https://app.example.evil/callback',
      'https://evil@app.example/callback',
      'http://app.example/callback',
      'HTTPS://app.example/callback',
      'https://app.example/%63allback',
      'javascript:alert(1)',
      `${REDIRECT}"><script>alert(1)</script>`,
    ];
    for (const uri of wrong) {
      const page = await new PlayBrowser(issuer).get(
        await make().url({ redirect_uri: uri, state: '"><script>alert(2)</script>' }),
      );
      demand(page.leftTo === null && page.status === 400, `a page with 400 for ${uri}, not ${page.status} ${page.leftTo?.href}`);
      demand(!/<script|alert\(|javascript:/i.test(page.text), `no echo of ${uri}`);
      demand(/default-src 'none'/.test(page.headers.get('content-security-policy') ?? ''), 'a Content-Security-Policy');
    }
  });
  await check('an unknown client gets a page; what is not served an error', async () => {
    const unknown = await new PlayBrowser(issuer).get(await make().url({ client_id: '<script>alert(1)</script>' }));
    demand(
      unknown.leftTo === null && unknown.status === 400 && !unknown.text.includes('<script'),
      `a page, not ${unknown.status}`,
    );
    for (const type of ['token', 'id_token', 'code id_token', 'none']) {
      const page = await new PlayBrowser(issuer).get(await make().url({ response_type: type }));
      const error = errorOf(page) ?? new URLSearchParams(page.leftTo?.hash.slice(1)).get('error');
      demand(error === 'unsupported_response_type' || error === 'unauthorized_client', `a refusal of ${type}, not ${error}`);
    }
    const resource = await new PlayBrowser(issuer).get(await make().url({ resource: 'https://elsewhere.example' }));
    demand(errorOf(resource) === 'invalid_target', `invalid_target, not ${errorOf(resource)}`);
    const scope = await new PlayBrowser(issuer).get(await make().url({ scope: 'admin:tokens:write' }));
    demand(errorOf(scope) === 'invalid_scope', `invalid_scope, not ${errorOf(scope)}`);
  });
  await check('pages: no script, nothing loaded, no frame; a wrong password says nothing; saying no is heard', async () => {
    const application = make();
    const browser = new PlayBrowser(issuer);
    const login = await browser.get(await application.url({ login_hint: '"><script>alert(1)</script>' }));
    demand(login.status === 200 && !/<script|onload=|href="http|src=/.test(login.text), 'a plain page');
    const policy = login.headers.get('content-security-policy') ?? '';
    demand(/frame-ancestors 'none'/.test(policy) && !/unsafe/.test(policy), `a strict policy, not ${policy}`);
    const failed = await browser.submit(login, '/login', { email: '<b>x</b>@example.com', password: 'wrong' });
    demand(
      failed.status === 401 && failed.text.includes('role="alert"') && !failed.text.includes('<b>x'),
      `401, not ${failed.status}`,
    );
    const foreign = await fetch(`${login.url}/login`, {
      method: 'POST',
      headers: { origin: 'https://evil.example' },
      body: 'email=a',
    });
    demand(foreign.status === 400, `400 for a foreign form, not ${foreign.status}`);
    const elsewhere = await new PlayBrowser(issuer).get(login.url);
    demand(elsewhere.status === 400 && elsewhere.leftTo === null, 'the page in another browser refused');
    demand(errorOf(await browser.submit(failed, '/abort')) === 'access_denied', 'access_denied');
  });
  await check('the state comes back, the issuer is named (RFC 9207)', async () => {
    const application = make();
    const callback = await application.callback();
    demand(callback.searchParams.get('state') === application.state, 'the state');
    demand(callback.searchParams.get('iss') === issuer, 'the issuer');
    demand(!callback.href.includes(made.client_secret) && !/token=/.test(callback.href), 'no token in the URL');
  });
}

async function familyDies({ stack, check }: Bench, make: () => Application, config: client.Configuration): Promise<void> {
  await check('reuse of a refresh token kills the family: the new one, and every access token, at every router', async () => {
    const { access, refresh } = await make().tokens();
    const next = await client.refreshTokenGrant(config, refresh);
    await demandEverywhere(stack, next.access_token, 200);
    const since = performance.now();
    await demandRefusal(client.refreshTokenGrant(config, refresh), 'invalid_grant');
    for (const token of [access, next.access_token]) {
      const ms = await refusedAfterMs(stack, token, since);
      demand(ms <= 1_000, `a second, not ${ms} ms`);
    }
    await demandRefusal(client.refreshTokenGrant(config, next.refresh_token ?? ''), 'invalid_grant');
    const audit = await stack.api('/api/v1/audit/events?action=oauth_grant.refresh_token_reused');
    demand(audit.status === 200, `the trail, not ${audit.status} ${JSON.stringify(audit.body)}`);
    demand((audit.body as { data: unknown[] }).data.length > 0, 'an event of the reuse');
    const incidents = await stack.api('/api/v1/incidents?rule=grant_reused');
    demand((incidents.body as { data: unknown[] }).data.length > 0, `an incident of the reuse, not ${incidents.status}`);
  });
  await check('ten refreshes at once with one token: at most one succeeds, and the family is dead', async () => {
    const { refresh } = await make().tokens();
    const results = await Promise.all(
      Array.from({ length: 10 }, () =>
        client.refreshTokenGrant(config, refresh).then(
          (made) => made,
          () => null,
        ),
      ),
    );
    const made = results.filter((each) => each !== null);
    demand(made.length <= 1, `at most one, not ${made.length}`);
    for (const each of made)
      demand((await refusal(client.refreshTokenGrant(config, each.refresh_token ?? ''))) === 'invalid_grant', 'a dead family');
  });
}

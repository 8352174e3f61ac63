import { timingSafeEqual } from 'node:crypto';
import { ACCESS_TOKEN_MS_MAX } from '@tollgate/contracts';
import { digestToken, type PepperSet } from '@tollgate/policy';
import Provider, { type Client, type Configuration, errors, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { GRANT_MS } from '../grants/put-grant.js';
import type { StoredKey } from '../keys/signing-keys.js';
import { errorPage } from '../pages/error-page.js';
import { sendPage } from '../pages/send-page.js';
import type { SignInService } from '../sign-in.js';
import { CLIENT_EXTRA, type ClientExtra } from './client-metadata.js';
import { type AdapterParts, ModelAdapter } from './model-adapter.js';
import { grantedScopes, scopesRefused } from './scopes.js';
import { pathBefore } from './wrap-request.js';

export interface ProviderParts extends AdapterParts {
  readonly signIn: SignInService;
  readonly peppers: PepperSet;
  readonly cookieKeys: readonly Buffer[];
}

const ACCESS_TOKEN_S = ACCESS_TOKEN_MS_MAX / 1_000;
const DAY_S = 86_400;
const ASSERTION_S_MAX = 600;
const ALGORITHMS = ['ES256', 'EdDSA', 'Ed25519', 'PS256', 'RS256'] as const;

export const extraOf = (client: Client): ClientExtra => client[CLIENT_EXTRA] as ClientExtra;

/** The library, set up for one set of keys (the first signs). A change of keys makes a new one: all state is in Postgres. */
export function createProvider(parts: ProviderParts, keys: readonly StoredKey[]): Provider {
  const provider = new Provider(parts.store.issuer, configurationOf(parts, keys));
  // Requests come through wrap-request, which writes the headers that this trusts.
  provider.proxy = true;
  // Secrets are kept as digests (the recipe of the library's documentation).
  provider.Client.prototype.compareClientSecret = function compare(this: Client, text: string) {
    return Promise.resolve(isSecretOf(extraOf(this), text, parts.peppers, parts.store.clock.now()));
  } as never;
  return provider;
}

function isSecretOf({ secrets }: ClientExtra, text: string, peppers: PepperSet, now: number): boolean {
  let found = false;
  for (const pepper of peppers) {
    const digest = digestToken(pepper.key, text);
    for (const secret of secrets) {
      if (secret.pepperVersion !== pepper.version || (secret.expiresAt !== null && secret.expiresAt <= now)) continue;
      if (timingSafeEqual(digest, Buffer.from(secret.digest, 'base64url'))) found = true;
    }
  }
  return found;
}

function configurationOf(parts: ProviderParts, keys: readonly StoredKey[]): Configuration {
  const { store } = parts;
  return {
    adapter: (name: string) => new ModelAdapter(name, parts),
    jwks: {
      keys: keys.flatMap((key) =>
        key.private === null ? [] : [{ ...key.private, kid: key.kid, alg: 'ES256', use: 'sig' } as never],
      ),
    },
    routes: {
      authorization: '/oauth/authorize',
      token: '/oauth/token',
      jwks: '/oauth/jwks',
      introspection: '/oauth/introspect',
      revocation: '/oauth/revoke',
      end_session: '/oauth/end-session',
    },
    responseTypes: ['code'],
    scopes: ['openid', 'offline_access'],
    subjectTypes: ['public'],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    clientDefaults: { response_types: ['code'], grant_types: ['authorization_code'], id_token_signed_response_alg: 'ES256' },
    enabledJWA: {
      clientAuthSigningAlgValues: [...ALGORITHMS] as never,
      idTokenSigningAlgValues: ['ES256'],
    },
    extraClientMetadata: { properties: [CLIENT_EXTRA], validator: () => undefined },
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: (_ctx, client, token) => mayIntrospect(parts, client, token) },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => store.resource,
        useGrantedResource: () => true,
        getResourceServerInfo: (ctx, indicator, client) => resourceServer(parts, ctx, indicator, client),
      },
    },
    pkce: { required: () => true },
    allowOmittingSingleRegisteredRedirectUri: false,
    clientBasedCORS: () => false,
    rotateRefreshToken: () => true,
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    expiresWithSession: async () => false,
    ttl: {
      AccessToken: ACCESS_TOKEN_S,
      ClientCredentials: ACCESS_TOKEN_S,
      AuthorizationCode: 60,
      IdToken: ACCESS_TOKEN_S,
      RefreshToken: 30 * DAY_S,
      Interaction: 1_800,
      Session: 12 * 3_600,
      Grant: GRANT_MS / 1_000,
    },
    cookies: {
      keys: parts.cookieKeys.map((key) => key.toString('base64url')),
      names: { session: 'tollgate_oauth', interaction: 'tollgate_interaction', resume: 'tollgate_resume' },
      long: { httpOnly: true, sameSite: 'lax', signed: true },
      short: { httpOnly: true, sameSite: 'lax', signed: true },
    },
    interactions: {
      url: (_ctx, interaction) => `${pathBefore(store.issuer)}/oauth/interaction/${interaction.uid}`,
      policy: policyOfPrompts(),
    },
    extraTokenClaims: (_ctx, token) => claimsOf(parts, token as unknown as IssuedToken),
    findAccount: (ctx, id) => findAccount(parts, ctx, id),
    assertJwtClientAuthClaimsAndHeader: async (_ctx, claims) => {
      const { exp } = claims as { exp?: unknown };
      if (typeof exp !== 'number' || exp * 1_000 > store.clock.now() + ASSERTION_S_MAX * 1_000) {
        throw new errors.InvalidClientAuth('the client_assertion lives too long');
      }
    },
    renderError: (ctx, out) => {
      sendPage(ctx.res, ctx.status, errorPage(out.error, out.error_description ?? null), { formTarget: null });
      ctx.respond = false;
    },
  };
}

/** A session of somebody who has left is none. */
function policyOfPrompts(): interactionPolicy.DefaultPolicy {
  const policy = interactionPolicy.base();
  const gone = new interactionPolicy.Check('account_gone', 'the account is no longer there', (ctx) => {
    const { oidc } = ctx;
    return oidc.session?.accountId !== undefined && oidc.account === undefined;
  });
  policy.get('login')?.checks.add(gone);
  return policy;
}

async function resourceServer(parts: ProviderParts, ctx: KoaContextWithOIDC, indicator: string, client: Client) {
  if (indicator !== parts.store.resource) throw new errors.InvalidTarget(`the resource is ${parts.store.resource}`);
  const { scopes } = extraOf(client);
  const { params, route } = ctx.oidc;
  const redeemed = route === 'token' && params?.['grant_type'] !== 'client_credentials';
  // Nothing asked for means all that the client holds; of what is redeemed, all that was granted.
  if (params !== undefined && params['scope'] === undefined && !redeemed) params['scope'] = scopes.join(' ');
  const asked = params?.['scope'];
  const text = typeof asked === 'string' ? asked : undefined;
  const [refused] = scopesRefused(text, scopes);
  if (refused !== undefined) throw new errors.InvalidScope('the client does not hold it', refused);
  const scope = text === undefined ? await scopesOfSource(parts, ctx, scopes) : grantedScopes(text, scopes);
  return {
    scope: scope.join(' '),
    audience: indicator,
    accessTokenTTL: ACCESS_TOKEN_S,
    accessTokenFormat: 'jwt' as const,
    jwt: { sign: { alg: 'ES256' as const } },
  };
}

/** A code or refresh token that is redeemed asks for nothing anew: what was granted counts, word for word. */
async function scopesOfSource(
  { store }: ProviderParts,
  ctx: KoaContextWithOIDC,
  held: readonly string[],
): Promise<readonly string[]> {
  const { RefreshToken, AuthorizationCode, Grant } = ctx.oidc.entities;
  const grantId = RefreshToken?.grantId ?? AuthorizationCode?.grantId ?? Grant?.jti;
  const grant = grantId === undefined ? null : await store.grant(grantId);
  return grant === null ? held : grant.token.policy.scopes;
}

interface IssuedToken {
  readonly kind: string;
  readonly clientId: string;
  readonly grantId?: string;
  readonly jti: string;
}

/** Which key stands behind a token; a key that is no longer active gets none. */
async function claimsOf({ store }: ProviderParts, token: IssuedToken): Promise<Record<string, string>> {
  if (token.kind === 'ClientCredentials') {
    const client = await store.client(token.clientId);
    if (client === null) throw new errors.InvalidGrant('the client is gone');
    return { tg_key: client.token.publicId, org: client.organisationId };
  }
  const grant = token.grantId === undefined ? null : await store.grant(token.grantId);
  const now = store.clock.now();
  if (grant === null || grant.token.status !== 'active') throw new errors.InvalidGrant('the grant was revoked');
  if (grant.token.expiresAt !== null && grant.token.expiresAt.getTime() <= now)
    throw new errors.InvalidGrant('the grant is over');
  return { tg_key: grant.token.publicId, org: grant.organisationId };
}

async function findAccount({ signIn }: ProviderParts, ctx: KoaContextWithOIDC, id: string) {
  const { client } = ctx.oidc;
  if (client === undefined) return undefined;
  const user = await signIn.find(id, extraOf(client).organisationId);
  return user === null ? undefined : { accountId: user.id, claims: () => ({ sub: user.id }) };
}

interface Lookup {
  readonly clientId?: string | undefined;
}

/** Within an organisation only; who proves nothing sees only their own. */
async function mayIntrospect({ store }: ProviderParts, client: Client, token: Lookup): Promise<boolean> {
  if (token.clientId === client.clientId) return true;
  if (client.clientAuthMethod === 'none' || token.clientId === undefined) return false;
  const owner = await store.client(token.clientId);
  return owner !== null && owner.organisationId === extraOf(client).organisationId;
}

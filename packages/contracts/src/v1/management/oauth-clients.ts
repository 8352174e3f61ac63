import { z } from 'zod';
import { ACCOUNT_PERMISSION } from '../roles.js';
import { idOf, lineOf } from './line.js';
import { defineOperations } from './operation.js';
import { PageQuerySchema, pageOf } from './page.js';
import { CreateTokenSchema, TokenSchema } from './tokens.js';

export const OAuthClientIdSchema = idOf('client', 'an OAuth client');
export const OAuthGrantIdSchema = idOf('grant', 'a grant');

export const OAUTH_GRANT_TYPES = ['client_credentials', 'authorization_code'] as const;
export const OAUTH_AUTH_METHODS = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'] as const;
export type OAuthAuthMethod = (typeof OAUTH_AUTH_METHODS)[number];

const LOOPBACKS = new Set(['127.0.0.1', '[::1]', 'localhost']);
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses.
const PLAIN_URI = /^[^\u0000-\u0020\u007f-\uffff"'<>\\^`{|}*]+$/;

/** Compared letter by letter, so nothing in it may be a pattern, nor read one way by one parser and another way by the next. */
function isRedirectUri(text: string): boolean {
  if (!PLAIN_URI.test(text) || !URL.canParse(text)) return false;
  const { protocol, hostname, hash, username, password } = new URL(text);
  if (hash !== '' || text.includes('#') || username !== '' || password !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACKS.has(hostname));
}
const RedirectUriSchema = z
  .string()
  .max(2_000)
  .refine(
    isRedirectUri,
    'must be an https URL (http for 127.0.0.1, [::1] and localhost) without fragment, user, spaces and stars',
  );

const coordinate = z.string().regex(/^[0-9A-Za-z_-]{40,100}$/, 'must be base64url');
const keyFields = { kid: lineOf(128).optional(), use: z.literal('sig').optional() };
/** Public keys that sign client assertions (RFC 7523). Private members are unknown fields, and refused. */
const PublicKeySchema = z.discriminatedUnion('kty', [
  z.object({
    ...keyFields,
    kty: z.literal('EC'),
    crv: z.literal('P-256'),
    x: coordinate,
    y: coordinate,
    alg: z.literal('ES256').optional(),
  }),
  z.object({ ...keyFields, kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: coordinate, alg: z.literal('EdDSA').optional() }),
  z.object({
    ...keyFields,
    kty: z.literal('RSA'),
    n: z.string().regex(/^[0-9A-Za-z_-]{342,1024}$/, 'must be a modulus of 2048 bits or more, base64url'),
    e: z.string().regex(/^[0-9A-Za-z_-]{1,8}$/),
    alg: z.enum(['RS256', 'PS256']).optional(),
  }),
]);
const JwksSchema = z.object({ keys: z.array(PublicKeySchema).min(1).max(10) });

const clientFields = {
  name: CreateTokenSchema.shape.name,
  /** Exact; needed for authorization_code. */
  redirect_uris: z.array(RedirectUriSchema).max(20),
  /** Needed for private_key_jwt. */
  jwks: JwksSchema,
};
/** What its tokens may do: the policy of an API key. */
const policyFields = {
  scopes: CreateTokenSchema.shape.scopes,
  models: CreateTokenSchema.shape.models,
  limits: CreateTokenSchema.shape.limits,
  caps: CreateTokenSchema.shape.caps,
  addresses: CreateTokenSchema.shape.addresses,
  windows: CreateTokenSchema.shape.windows,
  strict: CreateTokenSchema.shape.strict,
};

export const CreateOAuthClientSchema = z.object({
  ...policyFields,
  name: clientFields.name,
  grant_types: z.array(z.enum(OAUTH_GRANT_TYPES)).min(1).max(2).default(['client_credentials']),
  auth_method: z.enum(OAUTH_AUTH_METHODS).default('client_secret_basic'),
  redirect_uris: clientFields.redirect_uris.default([]),
  jwks: clientFields.jwks.optional(),
  team_id: CreateTokenSchema.shape.team_id,
  expires_at: CreateTokenSchema.shape.expires_at,
});
export type CreateOAuthClient = z.infer<typeof CreateOAuthClientSchema>;

/** JSON merge patch (RFC 7396). */
export const ChangeOAuthClientSchema = z
  .object({
    ...clientFields,
    status: z.enum(['active', 'suspended']),
    scopes: CreateTokenSchema.shape.scopes.unwrap(),
    models: z.object({ allow: z.array(lineOf(200)).max(500), deny: z.array(lineOf(200)).max(500) }).partial(),
    strict: z.boolean(),
  })
  .partial();
export type ChangeOAuthClient = z.infer<typeof ChangeOAuthClientSchema>;

export const OAuthClientSchema = z.object({
  /** The `client_id` of OAuth. */
  id: z.string(),
  name: z.string(),
  status: z.enum(['active', 'suspended', 'revoked', 'expired']),
  organisation_id: z.string(),
  team_id: z.string().nullable(),
  /** The key behind it: usage, limits and budgets are counted on it. */
  token_id: z.string(),
  grant_types: z.array(z.enum(OAUTH_GRANT_TYPES)),
  auth_method: z.enum(OAUTH_AUTH_METHODS),
  redirect_uris: z.array(z.string()),
  jwks: z.object({ keys: z.array(z.record(z.string(), z.string())) }).nullable(),
  scopes: TokenSchema.shape.scopes,
  models: TokenSchema.shape.models,
  limits: TokenSchema.shape.limits,
  secrets: z.array(
    z.object({
      id: z.string(),
      state: z.enum(['pending', 'active', 'grace', 'revoked']),
      created_at: z.string(),
      expires_at: z.string().nullable(),
    }),
  ),
  expires_at: z.string().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
  revision: z.int(),
});
export type OAuthClient = z.infer<typeof OAuthClientSchema>;

/** `client_secret` is shown here and never again; null for a client that has none. */
export const CreatedOAuthClientSchema = OAuthClientSchema.extend({ client_secret: z.string().nullable() });
export type CreatedOAuthClient = z.infer<typeof CreatedOAuthClientSchema>;

/** How long the old secret goes on beside the new one. */
export const RenewOAuthSecretSchema = z.object({ overlap_seconds: z.int().min(0).max(2_592_000).default(86_400) });
export type RenewOAuthSecret = z.infer<typeof RenewOAuthSecretSchema>;

export const OAuthGrantSchema = z.object({
  id: z.string(),
  client_id: z.string(),
  client_name: z.string(),
  user_id: z.string(),
  token_id: z.string(),
  status: z.enum(['active', 'suspended', 'revoked', 'expired']),
  scopes: z.array(z.string()),
  created_at: z.string(),
  expires_at: z.string().nullable(),
});
export type OAuthGrant = z.infer<typeof OAuthGrantSchema>;

export const ListOAuthGrantsQuerySchema = PageQuerySchema.extend({
  client_id: OAuthClientIdSchema.optional(),
  user_id: idOf('user', 'a user').optional(),
});
export type ListOAuthGrantsQuery = z.infer<typeof ListOAuthGrantsQuerySchema>;

export const OAuthKeySchema = z.object({
  kid: z.string(),
  state: z.enum(['next', 'signing', 'retired']),
  created_at: z.string(),
  /** From then on it signs. Routers and others have it before. */
  active_from: z.string(),
});
export type OAuthKey = z.infer<typeof OAuthKeySchema>;
const OAuthKeysSchema = z.object({ data: z.array(OAuthKeySchema) });
export type OAuthKeys = { readonly data: readonly OAuthKey[] };

const row = { service: 'auth', tag: 'oauth' } as const;
const read = { ...row, permission: 'admin:oauth:read' } as const;
const write = { ...row, permission: 'admin:oauth:write' } as const;
const own = { ...row, permission: ACCOUNT_PERMISSION, teams: true } as const;
const answer = { status: 200, description: 'The client as it is now', schema: OAuthClientSchema } as const;

export const OAUTH_OPERATIONS = defineOperations({
  listOAuthClients: {
    ...read,
    method: 'GET',
    path: '/api/v1/oauth/clients',
    summary: 'List the OAuth clients of the organisation, newest first',
    query: PageQuerySchema,
    answer: { status: 200, description: 'A page of clients, without their secrets', schema: pageOf(OAuthClientSchema) },
  },
  createOAuthClient: {
    ...write,
    method: 'POST',
    path: '/api/v1/oauth/clients',
    summary: 'Register an OAuth client',
    description:
      'Its secret is in the answer and nowhere else. Its tokens hold at most its scopes, which are bound like those of an API key: what the caller does not hold is refused.',
    body: CreateOAuthClientSchema,
    answer: { status: 201, description: 'The client, with its secret', schema: CreatedOAuthClientSchema },
  },
  getOAuthClient: {
    ...read,
    method: 'GET',
    path: '/api/v1/oauth/clients/{id}',
    summary: 'Read an OAuth client',
    answer,
    errors: ['not_found'],
  },
  changeOAuthClient: {
    ...write,
    method: 'PATCH',
    path: '/api/v1/oauth/clients/{id}',
    summary: 'Change, suspend or restore an OAuth client',
    description: 'JSON merge patch. In force at every router within a second, for tokens that were issued before as well.',
    body: ChangeOAuthClientSchema,
    conditional: true,
    answer,
    errors: ['not_found', 'conflict'],
  },
  deleteOAuthClient: {
    ...write,
    method: 'DELETE',
    path: '/api/v1/oauth/clients/{id}',
    summary: 'Revoke an OAuth client for ever, and all that users have granted it',
    conditional: true,
    answer,
    errors: ['not_found'],
  },
  renewOAuthClientSecret: {
    ...write,
    method: 'POST',
    path: '/api/v1/oauth/clients/{id}/renew-secret',
    summary: 'Give an OAuth client a new secret',
    description: 'The old one goes on for the overlap, a day by default. At most two are usable at once: the eldest ends.',
    body: RenewOAuthSecretSchema,
    answer: { status: 200, description: 'The client, with its new secret', schema: CreatedOAuthClientSchema },
    errors: ['not_found', 'conflict'],
  },
  listOAuthGrants: {
    ...read,
    method: 'GET',
    path: '/api/v1/oauth/grants',
    summary: 'List what users have granted to OAuth clients, newest first',
    query: ListOAuthGrantsQuerySchema,
    answer: { status: 200, description: 'A page of grants', schema: pageOf(OAuthGrantSchema) },
  },
  revokeOAuthGrant: {
    ...write,
    method: 'DELETE',
    path: '/api/v1/oauth/grants/{id}',
    summary: 'Revoke a grant: its refresh token, and at every router its access tokens',
    answer: { status: 200, description: 'The grant as it is now', schema: OAuthGrantSchema },
    errors: ['not_found'],
  },
  listOwnOAuthGrants: {
    ...own,
    method: 'GET',
    path: '/api/v1/account/grants',
    summary: 'List what the user has granted to OAuth clients, newest first',
    query: PageQuerySchema,
    answer: { status: 200, description: 'A page of grants', schema: pageOf(OAuthGrantSchema) },
  },
  revokeOwnOAuthGrant: {
    ...own,
    method: 'DELETE',
    path: '/api/v1/account/grants/{id}',
    summary: 'Take back what the user has granted: its refresh token, and at every router its access tokens',
    answer: { status: 200, description: 'The grant as it is now', schema: OAuthGrantSchema },
    errors: ['not_found'],
  },
  listOAuthKeys: {
    ...read,
    method: 'GET',
    path: '/api/v1/oauth/keys',
    summary: 'List the keys that access tokens are signed with, newest first',
    answer: { status: 200, description: 'The keys, without their private halves', schema: OAuthKeysSchema },
  },
  rotateOAuthKeys: {
    ...row,
    permission: 'admin:oauth-keys:write',
    method: 'POST',
    path: '/api/v1/oauth/keys/rotate',
    summary: 'Make a new signing key',
    description:
      'It signs after ten minutes, when everybody has its public half; what the old one has signed stays valid for its five minutes.',
    answer: { status: 200, description: 'The keys', schema: OAuthKeysSchema },
  },
});

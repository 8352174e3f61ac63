import { z } from 'zod';
import { CREDENTIAL_TEST_OUTCOMES } from '../credential-test.js';
import { trimmedLineOf } from './line.js';
import { defineOperations } from './operation.js';
import { PageQuerySchema, pageOf } from './page.js';
import { TimeoutsWishSchema } from './timeouts.js';

/** Who owns an object: only what was made by the API can be changed by it. */
export const CatalogOriginSchema = z.enum(['builtin', 'environment', 'file', 'api']);

export const ProviderNameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'must be lower-case letters, digits, dots, dashes or underscores');
export const ProviderIdSchema = z.string().regex(/^prov_[0-9a-z]{26}$/, 'must be the id of a provider (prov_...)');
export const CredentialIdSchema = z.string().regex(/^cred_[0-9a-z]{26}$/, 'must be the id of a credential (cred_...)');

const HttpUrlSchema = z
  .string()
  .max(500)
  .refine((text) => {
    if (!URL.canParse(text)) return false;
    const { protocol, username, password, search, hash } = new URL(text);
    return ['http:', 'https:'].includes(protocol) && [username, password, search, hash].every((part) => part === '');
  }, 'must be a URL that starts with http:// or https://, without a user, query or fragment');

const weight = z.int().min(1).max(1_000);

/** What can stand in a header; it is stored sealed and never shown again. */
const SecretSchema = z
  .string()
  .min(1)
  .max(8_192)
  .regex(/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/, 'must be printable ASCII without a space at either end');

/**
 * A key is tried by a call that costs nothing before it is stored. require: one that the provider refuses is not stored; one of
 * which nothing could be learnt is. report: it is stored whatever comes out. skip: nobody is asked.
 */
const TestWishSchema = z.enum(['require', 'report', 'skip']).default('require');

/** What the provider said to the key when it was tried last. `unknown`: nothing was learnt, `detail` says why. */
export const CredentialTestViewSchema = z.object({
  outcome: z.enum(CREDENTIAL_TEST_OUTCOMES),
  detail: z.string(),
  tested_at: z.string(),
});
export type CredentialTestView = z.infer<typeof CredentialTestViewSchema>;

export const CreateProviderSchema = z.strictObject({
  name: ProviderNameSchema,
  title: trimmedLineOf(100).optional(),
  api: z.enum(['openai-chat']).optional(),
  /** Needed for a provider that Tollgate does not know by name. */
  base_url: HttpUrlSchema.optional(),
  /** What the provider needs beside its key (a region, a resource ...), by the names in docs/providers.md. */
  settings: z.record(z.string().max(64), z.string().max(200)).optional(),
  allow_private_network: z.boolean().default(false),
  /** Its key; may also be given later by `POST /api/v1/credentials`. */
  secret: SecretSchema.optional(),
  test: TestWishSchema,
  /** Of all its models that say nothing else. */
  timeouts: TimeoutsWishSchema.default({}),
});
export type CreateProvider = z.infer<typeof CreateProviderSchema>;

export const ProviderViewSchema = z.object({
  id: z.string(),
  name: z.string(),
  title: z.string(),
  base_url: z.string(),
  api: z.string(),
  allow_private_network: z.boolean(),
  origin: CatalogOriginSchema,
  /** false = known but not called: its variable has vanished from the adapters' environment. */
  active: z.boolean(),
  /** The credential in use; null = none yet, so its models are not offered. */
  credential_id: z.string().nullable(),
  /** Of that credential; null = never tried. */
  credential_test: CredentialTestViewSchema.nullable(),
  models: z.int(),
  timeouts: TimeoutsWishSchema,
  created_at: z.string(),
});
export type ProviderView = z.infer<typeof ProviderViewSchema>;

export const CreateCredentialSchema = z.strictObject({
  provider_id: ProviderIdSchema,
  name: trimmedLineOf(100),
  secret: SecretSchema,
  test: TestWishSchema,
  /** true: shares the calls with the keys that are in use. false: takes over from them. */
  pool: z.boolean().default(false),
  /** Its share of the calls among the keys in use. */
  weight: weight.default(1),
});
export type CreateCredential = z.infer<typeof CreateCredentialSchema>;

export const CredentialViewSchema = z.object({
  id: z.string(),
  provider_id: z.string(),
  name: z.string(),
  source: z.enum(['none', 'environment', 'sealed']),
  /** Name of the adapters' variable, for `environment`. */
  variable: z.string().nullable(),
  /** The adapters' key that it is sealed to, for `sealed`. */
  key_id: z.string().nullable(),
  /** Calls of the provider's models go out with it; where several are in use they share them by weight. */
  in_use: z.boolean(),
  weight: z.int(),
  /** null = never tried. */
  test: CredentialTestViewSchema.nullable(),
  origin: CatalogOriginSchema,
  created_at: z.string(),
});
export type CredentialView = z.infer<typeof CredentialViewSchema>;

const provider = { service: 'catalog', tag: 'providers' } as const;
const credential = { service: 'catalog', tag: 'credentials' } as const;

export const PROVIDER_OPERATIONS = defineOperations({
  listProviders: {
    ...provider,
    method: 'GET',
    path: '/api/v1/providers',
    permission: 'admin:providers:read',
    summary: 'List the providers, by name',
    query: PageQuerySchema,
    answer: { status: 200, description: 'A page of providers', schema: pageOf(ProviderViewSchema) },
  },
  createProvider: {
    ...provider,
    method: 'POST',
    path: '/api/v1/providers',
    permission: 'admin:providers:write',
    summary: 'Add a provider',
    description:
      'The models that are known of it can be called once it has a credential. A secret that the provider refuses is not stored, see `test`.',
    body: CreateProviderSchema,
    answer: { status: 201, description: 'The provider', schema: ProviderViewSchema },
    errors: ['conflict', 'no_adapter'],
  },
  getProvider: {
    ...provider,
    method: 'GET',
    path: '/api/v1/providers/{id}',
    permission: 'admin:providers:read',
    summary: 'Read a provider',
    answer: { status: 200, description: 'The provider', schema: ProviderViewSchema },
    errors: ['not_found'],
  },
  deleteProvider: {
    ...provider,
    method: 'DELETE',
    path: '/api/v1/providers/{id}',
    permission: 'admin:providers:write',
    summary: 'Delete a provider, its credentials and its models',
    answer: { status: 204, description: 'Deleted', schema: null },
    errors: ['not_found', 'conflict'],
  },
  listCredentials: {
    ...credential,
    method: 'GET',
    path: '/api/v1/credentials',
    permission: 'admin:credentials:read',
    summary: 'List the credentials, without their secrets',
    query: PageQuerySchema,
    answer: { status: 200, description: 'A page of credentials', schema: pageOf(CredentialViewSchema) },
  },
  createCredential: {
    ...credential,
    method: 'POST',
    path: '/api/v1/credentials',
    permission: 'admin:credentials:write',
    summary: 'Store a key of a provider and use it from now on, alone or beside the others',
    description:
      'The secret is tried by a call that costs nothing (see `test`), encrypted to the provider adapters before it is stored, and never shown again.',
    body: CreateCredentialSchema,
    answer: { status: 201, description: 'The credential, without its secret', schema: CredentialViewSchema },
    errors: ['not_found', 'conflict', 'no_adapter'],
  },
  testCredential: {
    ...credential,
    method: 'POST',
    path: '/api/v1/credentials/{id}/test',
    permission: 'admin:credentials:write',
    summary: 'Try a stored credential by a call that costs nothing',
    answer: { status: 200, description: 'The credential, with what came out', schema: CredentialViewSchema },
    errors: ['not_found'],
  },
  deleteCredential: {
    ...credential,
    method: 'DELETE',
    path: '/api/v1/credentials/{id}',
    permission: 'admin:credentials:write',
    summary: 'Delete a credential; where no other one is in use, the newest of the provider is used then',
    answer: { status: 204, description: 'Deleted', schema: null },
    errors: ['not_found', 'conflict'],
  },
});

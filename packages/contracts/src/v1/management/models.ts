import { z } from 'zod';
import { DecimalSchema } from '../usage.js';
import { idOf, lineOf, nameOf } from './line.js';
import { defineOperations } from './operation.js';
import { PageQuerySchema, pageOf } from './page.js';
import { CatalogOriginSchema, CredentialIdSchema, ProviderNameSchema } from './providers.js';
import { TimeoutsWishSchema } from './timeouts.js';

export const ModelIdSchema = idOf('dep', 'a model');

const rate = DecimalSchema.refine((text) => !text.startsWith('-'), 'must not be negative');
/** What somebody says a model costs: rates per million tokens; what is left out is not priced apart. */
export const PriceInputSchema = z.strictObject({
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'must be the code of a currency, for instance USD')
    .default('USD'),
  input: rate,
  output: rate,
  cache_read: rate.optional(),
  cache_write: rate.optional(),
  input_audio: rate.optional(),
  output_audio: rate.optional(),
  per_request: rate.optional(),
});
export type PriceInput = z.infer<typeof PriceInputSchema>;

/** Rates per million tokens; null = this bucket is not priced apart. */
export const PriceViewSchema = z.object({
  /** Where the price comes from: a release of the price table, `file`, `demo`. */
  source: z.string(),
  currency: z.string(),
  input: DecimalSchema,
  output: DecimalSchema,
  cache_read: DecimalSchema.nullable(),
  cache_write: DecimalSchema.nullable(),
  input_audio: DecimalSchema.nullable(),
  output_audio: DecimalSchema.nullable(),
  per_request: DecimalSchema.nullable(),
  tiers: z.array(
    z.object({
      above_input_tokens: z.int(),
      input: DecimalSchema.nullable(),
      output: DecimalSchema.nullable(),
      cache_read: DecimalSchema.nullable(),
      cache_write: DecimalSchema.nullable(),
    }),
  ),
});
export type PriceView = z.infer<typeof PriceViewSchema>;

/** What a model can take and give: `text`, `image`, `audio`, `video`, `file`. */
const ModalitiesSchema = z.object({ input: z.array(z.string()), output: z.array(z.string()) });

const limit = z.int().min(1).max(1_000_000);
/** Beyond them other targets of a route go first; each router counts for itself. */
const LimitsSchema = z.strictObject({ concurrent_calls: limit.optional(), requests_per_minute: limit.optional() });
export type ModelLimits = z.infer<typeof LimitsSchema>;

/** What is known of a model wherever it is deployed. */
export const ModelDefinitionViewSchema = z.object({
  id: z.string(),
  /** `provider/model` of who makes it known. */
  name: z.string(),
  title: z.string(),
  context_tokens: z.int().nullable(),
  max_output_tokens: z.int().nullable(),
  capabilities: z.array(z.string()),
  modalities: ModalitiesSchema,
  /** By the name of the parameter: what it takes. Empty where nobody has said. */
  parameters: z.record(z.string(), z.unknown()),
  deprecated: z.boolean(),
  /** In force now; null = not known. */
  price: PriceViewSchema.nullable(),
  /** Prices of the table and of the file that have been in force so far. */
  prices: z.int(),
  /** Deployments that stand for it. */
  deployments: z.int(),
  created_at: z.string(),
});
export type ModelDefinitionView = z.infer<typeof ModelDefinitionViewSchema>;

export const ModelViewSchema = z.object({
  /** Id of the deployment. */
  id: z.string(),
  /** `provider/model`: what callers send. */
  name: z.string(),
  title: z.string(),
  provider: z.string(),
  upstream_model: z.string(),
  /** Name of its definition; null = nothing is known of it. */
  definition: z.string().nullable(),
  context_tokens: z.int().nullable(),
  max_output_tokens: z.int().nullable(),
  capabilities: z.array(z.string()),
  modalities: ModalitiesSchema,
  deprecated: z.boolean(),
  /** In place of the provider's own one; null = that one. */
  credential_id: z.string().nullable(),
  /** Where the provider runs it, as the provider names it. */
  region: z.string().nullable(),
  limits: LimitsSchema,
  /** Times the weight that a route gives it. */
  weight: z.int(),
  /** Of its own; what is left out is the provider's, or the default. */
  timeouts: TimeoutsWishSchema,
  /** Shown by GET /v1/models. */
  listed: z.boolean(),
  /** null = not known; calls then cost null, never 0. */
  price: PriceViewSchema.nullable(),
  origin: CatalogOriginSchema,
  created_at: z.string(),
  revision: z.int(),
});
export type ModelView = z.infer<typeof ModelViewSchema>;

const upstreamModel = lineOf(200).refine((text) => !/[\s*]/.test(text), 'must be one model, without spaces and stars');
const tokens = z.int().min(1).max(1_000_000_000);
const region = lineOf(64);
const weight = z.int().min(1).max(1_000);
export const CreateModelSchema = z.strictObject({
  /** Name of the provider. */
  provider: ProviderNameSchema,
  /** What the provider calls it. */
  upstream_model: upstreamModel,
  /** Callers send `provider/name`; the provider's own name where it is not given. */
  name: upstreamModel.optional(),
  /** Another model (`provider/model`) that it is a deployment of: its context, capabilities and prices are this one's, too. */
  definition: lineOf(300).optional(),
  title: nameOf(200).optional(),
  context_tokens: tokens.nullable().default(null),
  max_output_tokens: tokens.nullable().default(null),
  credential_id: CredentialIdSchema.nullable().default(null),
  region: region.nullable().default(null),
  limits: LimitsSchema.default({}),
  weight: weight.default(1),
  timeouts: TimeoutsWishSchema.default({}),
  listed: z.boolean().default(true),
  /** null = not known; calls then cost null, never 0. */
  price: PriceInputSchema.nullable().default(null),
});
export type CreateModel = z.infer<typeof CreateModelSchema>;

export const ChangeModelSchema = z
  .strictObject({
    title: nameOf(200),
    context_tokens: tokens.nullable(),
    max_output_tokens: tokens.nullable(),
    credential_id: CredentialIdSchema.nullable(),
    region: region.nullable(),
    limits: LimitsSchema,
    weight,
    timeouts: TimeoutsWishSchema,
    listed: z.boolean(),
  })
  .partial();
export type ChangeModel = z.infer<typeof ChangeModelSchema>;

export const SetPriceSchema = z.strictObject({
  /** From when on, not in the past; now where it is not given. */
  effective_from: z.iso.datetime({ offset: true }).optional(),
  /** null = what the price table or the file says, from then on. */
  price: PriceInputSchema.nullable(),
});
export type SetPrice = z.infer<typeof SetPriceSchema>;

export const DatedPriceSchema = z.object({
  id: z.string(),
  effective_from: z.string(),
  /** null = what the price table or the file says, from then on. */
  price: PriceViewSchema.nullable(),
  created_at: z.string(),
});
export type DatedPrice = z.infer<typeof DatedPriceSchema>;

/** What a look at the price tables has changed. */
export const PriceRefreshSchema = z.object({
  /** Vendors whose table was read. */
  vendors: z.int(),
  /** Models that can be called, with a price and without. */
  priced: z.int(),
  unpriced: z.int(),
  /** Models whose price is another one than before. */
  changed: z.int(),
});
export type PriceRefresh = z.infer<typeof PriceRefreshSchema>;

const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

export const ListModelsQuerySchema = PageQuerySchema.extend({
  /** Part of the name or title, case ignored. */
  search: lineOf(200).optional(),
  provider: lineOf(64).optional(),
  /** true: also wildcards and other names of listed models. */
  unlisted: flag.default(false),
  /** true: only those without a price, false: only those with one. */
  unpriced: flag.optional(),
});
export type ListModelsQuery = z.infer<typeof ListModelsQuerySchema>;

const read = { service: 'catalog', tag: 'models', permission: 'admin:models:read' } as const;
const write = { service: 'catalog', tag: 'models', permission: 'admin:models:write' } as const;
const answer = { status: 200, description: 'The model', schema: ModelViewSchema };

export const MODEL_OPERATIONS = defineOperations({
  createModel: {
    ...write,
    method: 'POST',
    path: '/api/v1/models',
    summary: 'Offer a model of a provider',
    description: 'For models that are not in the price table, further names, credentials or regions of those that are.',
    body: CreateModelSchema,
    answer: { ...answer, status: 201 },
    errors: ['conflict'],
  },
  listModelDefinitions: {
    ...read,
    method: 'GET',
    path: '/api/v1/models/definitions',
    summary: 'List what is known of models, wherever they are deployed, by name',
    query: PageQuerySchema,
    answer: { status: 200, description: 'A page of definitions', schema: pageOf(ModelDefinitionViewSchema) },
  },
  refreshPrices: {
    ...write,
    method: 'POST',
    path: '/api/v1/models/refresh-prices',
    summary: 'Read the price tables now',
    description:
      'They are read every hour anyhow. Another price is in force from now on; nothing is restarted. Calls without a price can be priced by POST /api/v1/usage/reprice.',
    answer: { status: 200, description: 'What is there now', schema: PriceRefreshSchema },
  },
  getModel: {
    ...read,
    method: 'GET',
    path: '/api/v1/models/{id}',
    summary: 'Read a model',
    answer,
    errors: ['not_found'],
  },
  changeModel: {
    ...write,
    method: 'PATCH',
    path: '/api/v1/models/{id}',
    conditional: true,
    summary: 'Change a model that was made by the API',
    body: ChangeModelSchema,
    answer,
    errors: ['not_found', 'conflict'],
  },
  deleteModel: {
    ...write,
    method: 'DELETE',
    path: '/api/v1/models/{id}',
    conditional: true,
    summary: 'Delete a model that was made by the API',
    description: 'Routes lose it as a target; one without any other target is not callable then.',
    answer: { status: 204, description: 'Deleted', schema: null },
    errors: ['not_found', 'conflict'],
  },
  listModelPrices: {
    ...read,
    method: 'GET',
    path: '/api/v1/models/{id}/prices',
    summary: 'List what was set as the price of a model, the latest first',
    query: PageQuerySchema,
    answer: { status: 200, description: 'A page of prices', schema: pageOf(DatedPriceSchema) },
    errors: ['not_found'],
  },
  setModelPrice: {
    ...write,
    method: 'POST',
    path: '/api/v1/models/{id}/prices',
    summary: 'Set the price of a model from a time on',
    description:
      'Prices are dated and never overwritten; a mistake is mended by another price. It counts before the price table and the file, for calls that begin at that time or later.',
    body: SetPriceSchema,
    answer: { status: 201, description: 'The price', schema: DatedPriceSchema },
    errors: ['not_found'],
  },
  listModels: {
    service: 'catalog',
    tag: 'models',
    method: 'GET',
    path: '/api/v1/models',
    permission: 'admin:models:read',
    summary: 'List the models that can be called, with price and context, by name',
    query: ListModelsQuerySchema,
    answer: { status: 200, description: 'A page of models', schema: pageOf(ModelViewSchema) },
  },
});

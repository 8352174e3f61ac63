import { z } from 'zod';
import { DecimalSchema } from '../usage.js';
import { defineOperations } from './operation.js';
import { PageQuerySchema, pageOf } from './page.js';
import { CatalogOriginSchema } from './providers.js';

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

export const ModelViewSchema = z.object({
  /** Id of the deployment. */
  id: z.string(),
  /** `provider/model`: what callers send. */
  name: z.string(),
  title: z.string(),
  provider: z.string(),
  upstream_model: z.string(),
  context_tokens: z.int().nullable(),
  max_output_tokens: z.int().nullable(),
  capabilities: z.array(z.string()),
  deprecated: z.boolean(),
  /** Shown by GET /v1/models. */
  listed: z.boolean(),
  /** null = not known; calls then cost null, never 0. */
  price: PriceViewSchema.nullable(),
  origin: CatalogOriginSchema,
  created_at: z.string(),
});
export type ModelView = z.infer<typeof ModelViewSchema>;

const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

export const ListModelsQuerySchema = PageQuerySchema.extend({
  /** Part of the name or title, case ignored. */
  search: z.string().min(1).max(200).optional(),
  provider: z.string().min(1).max(64).optional(),
  /** true: also wildcards and other names of listed models. */
  unlisted: flag.default(false),
});
export type ListModelsQuery = z.infer<typeof ListModelsQuerySchema>;

export const MODEL_OPERATIONS = defineOperations({
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

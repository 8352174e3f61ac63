import { DecimalSchema, FailureClassSchema, RouteStrategySchema, TimeoutsWishSchema } from '@tollgate/contracts';
import { z } from 'zod';

const name = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'must be lower-case letters, digits, dots, dashes or underscores');
/** A rate in the currency per million tokens; a number is taken as it is written. */
const rate = z
  .union([DecimalSchema.refine((text) => !text.startsWith('-'), 'must not be negative'), z.number().nonnegative().max(1e9)])
  .describe('Price per million tokens, for instance "0.15"');

const PriceOverrideSchema = z.strictObject({
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'must be a code of three letters')
    .default('USD'),
  input: rate,
  output: rate,
  cache_read: rate.optional(),
  cache_write: rate.optional(),
  input_audio: rate.optional(),
  output_audio: rate.optional(),
  per_request: rate.optional(),
});
export type PriceOverride = z.infer<typeof PriceOverrideSchema>;

const count = z.int().positive().max(1_000_000_000);

const weight = z.int().min(1).max(1_000);
const timeouts = TimeoutsWishSchema.default({}).describe('What is left out is the provider`s, or the default');

const FileProviderSchema = z
  .strictObject({
    title: z.string().min(1).max(100).optional(),
    api: z.enum(['openai-chat']).optional().describe('What the provider speaks; openai-chat where it is not said'),
    settings: z
      .record(z.string().max(64), z.string().max(200))
      .default({})
      .describe('What a known provider needs beside its key (a region, a resource ...); docs/providers.md names them'),
    base_url: z.string().min(1).optional().describe('Needed for a provider that Tollgate does not know by name'),
    credential: z.string().min(1).optional().describe(
      // biome-ignore lint/suspicious/noTemplateCurlyInString: this is how the file writes it.
      '${NAME} or os.environ/NAME: a variable of the provider adapters. A key written here is sealed when the file is read.',
    ),
    credentials: z
      .array(z.strictObject({ credential: z.string().min(1), weight: weight.default(1) }))
      .min(1)
      .max(20)
      .optional()
      .describe('Several keys in place of one; they share the calls by weight'),
    timeouts,
    headers: z.record(z.string().regex(/^[A-Za-z0-9-]{1,64}$/), z.string().max(1_000)).default({}),
    allow_private_network: z.boolean().default(false).describe('Allows loopback and private addresses'),
  })
  .refine(({ credential, credentials }) => credential === undefined || credentials === undefined, {
    path: ['credentials'],
    error: 'stands beside credential: say one or the other',
  })
  .describe('A provider; the key is its name');
export type FileProvider = z.infer<typeof FileProviderSchema>;

const FileModelSchema = z
  .strictObject({
    upstream_model: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('As the provider calls it; the name after the slash where it is not said'),
    context_tokens: count.optional(),
    max_output_tokens: count.optional(),
    limits: z
      .strictObject({ concurrent_calls: count.optional(), requests_per_minute: count.optional() })
      .default({})
      .describe('Beyond them other targets go first; each router counts for itself'),
    weight: weight.default(1).describe('Times the weight that a route gives it'),
    timeouts,
    price: PriceOverrideSchema.optional(),
    listed: z.boolean().default(true).describe('Shown by GET /v1/models'),
  })
  .describe('A model; the key is provider/model');
export type FileModel = z.infer<typeof FileModelSchema>;

const FileRouteSchema = z
  .strictObject({
    targets: z
      .array(
        z.strictObject({
          model: z.string().min(1).max(300).describe('provider/model'),
          weight: z.int().min(1).max(1_000).default(1),
          priority: z.int().min(0).max(100).default(0).describe('A higher number is a later fallback'),
        }),
      )
      .min(1)
      .max(50),
    strategy: RouteStrategySchema.default('weighted').describe('How the targets of one priority share calls'),
    fallbacks: z
      .array(z.strictObject({ on: z.array(FailureClassSchema).min(1).max(9), model: z.string().min(1).max(200) }))
      .max(8)
      .default([])
      .describe('Another model for calls that fail in one of these ways'),
    retries: z.int().min(0).max(9).optional().describe('Further attempts after the first'),
    timeouts: z
      .strictObject({
        connect_ms: count.optional(),
        first_byte_ms: count.optional(),
        idle_ms: count.optional(),
        total_ms: count.optional(),
      })
      .default({}),
    listed: z.boolean().default(true),
  })
  .describe('An alias; the key is the model name that callers use');
export type FileRoute = z.infer<typeof FileRouteSchema>;

/** tollgate.yaml. Published as docs/tollgate.schema.json. */
export const ConfigFileSchema = z.strictObject({
  version: z.literal(1),
  providers: z.record(name, FileProviderSchema).default({}),
  models: z.record(z.string().regex(/^[^/\s]+\/\S{1,200}$/, 'must be provider/model'), FileModelSchema).default({}),
  routes: z.record(z.string().regex(/^[^\s*]{1,200}$/, 'must be a name without spaces and stars'), FileRouteSchema).default({}),
});
export type ConfigFileContent = z.infer<typeof ConfigFileSchema>;

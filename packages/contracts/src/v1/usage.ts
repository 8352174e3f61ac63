import { z } from 'zod';

const count = z.int().nonnegative();

/**
 * Tokens in disjoint buckets: their sum is the vendor's total. `input` is what was read at the full price, so
 * `prompt_tokens` of OpenAI = input + cacheRead + cacheWrite + inputAudio.
 */
export const UsageSchema = z.object({
  input: count,
  cacheRead: count,
  cacheWrite: count,
  inputAudio: count,
  output: count,
  reasoning: count,
  outputAudio: count,
});
export type Usage = z.infer<typeof UsageSchema>;

export const NO_USAGE: Usage = Object.freeze({
  input: 0,
  cacheRead: 0,
  cacheWrite: 0,
  inputAudio: 0,
  output: 0,
  reasoning: 0,
  outputAudio: 0,
});

/**
 * Where the numbers come from: the vendor said so; we counted what passed; we bounded it from bytes; nothing was used
 * (the call never reached an upstream). In this order the later never overwrites the earlier.
 */
export const USAGE_BASES = ['reported', 'counted', 'estimated', 'none'] as const;
export const UsageBasisSchema = z.enum(USAGE_BASES);
export type UsageBasis = z.infer<typeof UsageBasisSchema>;

/** A decimal number as text; money and rates are never floats. */
export const DecimalSchema = z.string().regex(/^-?\d{1,18}(\.\d{1,18})?$/);

/** Prices of one model at one time, in `currency` per million tokens; null = this bucket is not priced apart. */
export const PriceSchema = z.object({
  /** Stable name of the row, for instance `genai-prices@0.1.8:openai/gpt-4o` or `file`. */
  source: z.string(),
  currency: z.string().length(3),
  input: DecimalSchema,
  output: DecimalSchema,
  cacheRead: DecimalSchema.nullable(),
  cacheWrite: DecimalSchema.nullable(),
  inputAudio: DecimalSchema.nullable(),
  outputAudio: DecimalSchema.nullable(),
  /** Dearer rates once the whole input passes a size; ascending by `aboveInputTokens`. */
  tiers: z.array(
    z.object({
      aboveInputTokens: count,
      input: DecimalSchema.nullable(),
      output: DecimalSchema.nullable(),
      cacheRead: DecimalSchema.nullable(),
      cacheWrite: DecimalSchema.nullable(),
    }),
  ),
  /** Flat price of one request, or null. */
  perRequest: DecimalSchema.nullable(),
});
export type Price = z.infer<typeof PriceSchema>;

export const MoneySchema = z.object({ amount: DecimalSchema, currency: z.string().length(3) });
export type Money = z.infer<typeof MoneySchema>;

import type { Price, PriceView } from '@tollgate/contracts';

export const priceView = (price: Price): PriceView => ({
  source: price.source,
  currency: price.currency,
  input: price.input,
  output: price.output,
  cache_read: price.cacheRead,
  cache_write: price.cacheWrite,
  input_audio: price.inputAudio,
  output_audio: price.outputAudio,
  per_request: price.perRequest,
  tiers: price.tiers.map((tier) => ({
    above_input_tokens: tier.aboveInputTokens,
    input: tier.input,
    output: tier.output,
    cache_read: tier.cacheRead,
    cache_write: tier.cacheWrite,
  })),
});

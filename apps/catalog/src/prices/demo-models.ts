import type { Price } from '@tollgate/contracts';
import { DEMO_MODELS } from '@tollgate/providers';
import type { ModelSpec } from '../store/put-provider.js';

/** Made up, so that a first call shows a cost; the source says that it is. */
const DEMO_PRICE: Price = {
  source: 'demo',
  currency: 'USD',
  input: '0.10',
  output: '0.40',
  cacheRead: null,
  cacheWrite: null,
  inputAudio: null,
  outputAudio: null,
  tiers: [],
  perRequest: null,
};

export const demoModels = (): ModelSpec[] =>
  DEMO_MODELS.map((model) => ({
    upstreamModel: model.name,
    title: model.description,
    contextTokens: model.contextTokens,
    maxOutputTokens: null,
    capabilities: ['chat'],
    deprecated: false,
    listed: true,
    price: DEMO_PRICE,
    priceOverride: null,
  }));

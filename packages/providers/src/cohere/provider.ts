import type { ProviderRow } from '../provider-row.js';

export const provider: ProviderRow = {
  name: 'cohere',
  title: 'Cohere',
  kind: 'native',
  baseUrl: 'https://api.cohere.com',
  settings: [],
  auth: { type: 'bearer' },
  headers: {},
  serves: [
    { endpoint: 'chat.completions', dialect: 'cohere-v2', path: '/v2/chat' },
    { endpoint: 'embeddings', dialect: 'cohere-v2', path: '/v2/embed' },
    { endpoint: 'rerank', dialect: 'cohere-v2', path: '/v2/rerank' },
    { endpoint: 'models', dialect: 'cohere-v2', path: '/v1/models' },
  ],
  keyVariables: ['CO_API_KEY', 'COHERE_API_KEY'],
  baseUrlVariable: null,
  quirks: ['temperature_max_1'],
  errors: 'message',
  check: { method: 'GET', path: '/v1/models', expect: 200 },
  pricesId: 'cohere',
  localByDefault: false,
  docs: 'https://docs.cohere.com/v2/reference/chat',
  verified: 'docs',
};

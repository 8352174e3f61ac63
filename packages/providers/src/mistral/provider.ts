import { servesOpenAi } from '../compatible/define-rows.js';
import type { ProviderRow } from '../provider-row.js';

export const provider: ProviderRow = {
  name: 'mistral',
  title: 'Mistral AI',
  kind: 'native',
  baseUrl: 'https://api.mistral.ai/v1',
  settings: [],
  auth: { type: 'bearer' },
  headers: {},
  serves: [
    { endpoint: 'chat.completions', dialect: 'mistral', path: '/chat/completions' },
    ...servesOpenAi(['embeddings', 'models', 'transcriptions']),
  ],
  keyVariables: ['MISTRAL_API_KEY'],
  baseUrlVariable: null,
  quirks: ['stream_usage_unasked', 'temperature_max_1'],
  errors: 'message',
  check: { method: 'GET', path: '/models', expect: 200 },
  pricesId: 'mistral',
  localByDefault: false,
  docs: 'https://docs.mistral.ai/api/',
  verified: 'docs',
};

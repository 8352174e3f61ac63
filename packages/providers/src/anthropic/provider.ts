import type { ProviderRow } from '../provider-row.js';

export const provider: ProviderRow = {
  name: 'anthropic',
  title: 'Anthropic',
  kind: 'native',
  baseUrl: 'https://api.anthropic.com',
  settings: [],
  auth: { type: 'header', header: 'x-api-key' },
  headers: { 'anthropic-version': '2023-06-01' },
  serves: [
    { endpoint: 'chat.completions', dialect: 'anthropic-messages', path: '/v1/messages' },
    { endpoint: 'tokens.count', dialect: 'anthropic-messages', path: '/v1/messages/count_tokens' },
    { endpoint: 'models', dialect: 'anthropic-messages', path: '/v1/models' },
  ],
  keyVariables: ['ANTHROPIC_API_KEY'],
  baseUrlVariable: { name: 'ANTHROPIC_BASE_URL', form: 'url' },
  quirks: ['temperature_max_1'],
  errors: 'anthropic',
  check: { method: 'GET', path: '/v1/models', expect: 200 },
  pricesId: 'anthropic',
  localByDefault: false,
  docs: 'https://docs.anthropic.com/en/api/messages',
  verified: 'docs',
};

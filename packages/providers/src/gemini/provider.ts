import type { ProviderRow } from '../provider-row.js';

const MODEL = '/v1beta/models/{model}';

export const provider: ProviderRow = {
  name: 'gemini',
  title: 'Google Gemini',
  kind: 'native',
  baseUrl: 'https://generativelanguage.googleapis.com',
  settings: [],
  auth: { type: 'header', header: 'x-goog-api-key' },
  headers: {},
  serves: [
    {
      endpoint: 'chat.completions',
      dialect: 'gemini',
      path: `${MODEL}:generateContent`,
      streamPath: `${MODEL}:streamGenerateContent?alt=sse`,
    },
    { endpoint: 'tokens.count', dialect: 'gemini', path: `${MODEL}:countTokens` },
    { endpoint: 'embeddings', dialect: 'gemini', path: `${MODEL}:batchEmbedContents` },
    { endpoint: 'models', dialect: 'gemini', path: '/v1beta/models' },
  ],
  keyVariables: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
  baseUrlVariable: null,
  quirks: ['model_in_path'],
  errors: 'google',
  // A bad key is an invalid argument here (reason API_KEY_INVALID).
  check: { method: 'GET', path: '/v1beta/models', expect: 200, refuses: [400, 401, 403] },
  pricesId: 'google',
  pricedModels: '^(gemini|gemma)',
  localByDefault: false,
  docs: 'https://ai.google.dev/api/generate-content',
  verified: 'docs',
};

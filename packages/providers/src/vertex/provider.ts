import type { ProviderRow } from '../provider-row.js';
import { GOOGLE_CLOUD_SCOPE } from '../signers/google-service-account.js';
import { VERTEX_BASE_URL, VERTEX_HOSTS, vertexPath, vertexSettings } from './settings.js';

const MODEL = vertexPath('google');

export const provider: ProviderRow = {
  name: 'vertex',
  title: 'Google Vertex AI (Gemini)',
  kind: 'native',
  baseUrl: VERTEX_BASE_URL,
  baseUrlBySetting: VERTEX_HOSTS,
  settings: vertexSettings('GOOGLE_CLOUD_PROJECT', 'GOOGLE_CLOUD_LOCATION'),
  auth: { type: 'google', scope: GOOGLE_CLOUD_SCOPE },
  headers: {},
  serves: [
    {
      endpoint: 'chat.completions',
      dialect: 'gemini',
      path: `${MODEL}:generateContent`,
      streamPath: `${MODEL}:streamGenerateContent?alt=sse`,
    },
    { endpoint: 'tokens.count', dialect: 'gemini', path: `${MODEL}:countTokens` },
  ],
  // The usual variable names a file of JSON, which no single header can carry: see the README.
  keyVariables: [],
  baseUrlVariable: null,
  quirks: ['model_in_path'],
  errors: 'google',
  check: null,
  pricesId: 'google',
  pricedModels: '^gemini',
  localByDefault: false,
  docs: 'https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference',
  verified: 'docs',
  note: 'The credential is the JSON key of a service account; buying a token with it is its free check.',
};

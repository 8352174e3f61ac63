import type { ProviderRow } from '../provider-row.js';
import { GOOGLE_CLOUD_SCOPE } from '../signers/google-service-account.js';
import { VERTEX_BASE_URL, VERTEX_HOSTS, vertexPath, vertexSettings } from '../vertex/settings.js';

const MODEL = vertexPath('anthropic');

export const provider: ProviderRow = {
  name: 'vertex-anthropic',
  title: 'Google Vertex AI (Claude)',
  kind: 'native',
  baseUrl: VERTEX_BASE_URL,
  baseUrlBySetting: VERTEX_HOSTS,
  settings: vertexSettings('ANTHROPIC_VERTEX_PROJECT_ID', 'CLOUD_ML_REGION'),
  auth: { type: 'google', scope: GOOGLE_CLOUD_SCOPE },
  headers: {},
  serves: [
    {
      endpoint: 'chat.completions',
      dialect: 'anthropic-messages',
      path: `${MODEL}:rawPredict`,
      streamPath: `${MODEL}:streamRawPredict`,
    },
  ],
  keyVariables: [],
  baseUrlVariable: null,
  quirks: ['model_in_path', 'version_in_body', 'temperature_max_1'],
  errors: 'anthropic',
  check: null,
  // The table's names are not those of this publisher (`claude-...@20250101`).
  pricesId: null,
  localByDefault: false,
  docs: 'https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/use-claude',
  verified: 'docs',
  note: 'The credential is the JSON key of a service account.',
};

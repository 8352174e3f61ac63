import { servesOpenAi } from '../compatible/define-rows.js';
import type { ProviderRow } from '../provider-row.js';

export const provider: ProviderRow = {
  name: 'openai',
  title: 'OpenAI',
  kind: 'native',
  baseUrl: 'https://api.openai.com/v1',
  settings: [],
  auth: { type: 'bearer' },
  headers: {},
  serves: servesOpenAi([
    'chat',
    'responses',
    'embeddings',
    'models',
    'completions',
    'images',
    'image_edits',
    'speech',
    'transcriptions',
    'translations',
    'moderations',
  ]),
  keyVariables: ['OPENAI_API_KEY'],
  baseUrlVariable: { name: 'OPENAI_BASE_URL', form: 'url' },
  quirks: ['max_completion_tokens'],
  errors: 'openai',
  check: { method: 'GET', path: '/models', expect: 200 },
  pricesId: 'openai',
  localByDefault: false,
  docs: 'https://platform.openai.com/docs/api-reference/chat',
  verified: 'docs',
};

import { servesOpenAi } from '../compatible/define-rows.js';
import type { ProviderRow } from '../provider-row.js';

export const provider: ProviderRow = {
  name: 'ollama',
  title: 'Ollama',
  kind: 'local',
  baseUrl: 'http://127.0.0.1:11434',
  settings: [],
  auth: { type: 'none' },
  headers: {},
  serves: [
    { endpoint: 'chat.completions', dialect: 'ollama', path: '/api/chat' },
    { endpoint: 'embeddings', dialect: 'ollama', path: '/api/embed' },
    ...servesOpenAi(['chat', 'responses', 'completions', 'embeddings', 'models'], '/v1'),
  ],
  keyVariables: [],
  baseUrlVariable: { name: 'OLLAMA_HOST', form: 'ollama_host' },
  quirks: ['no_n', 'no_logprobs', 'no_logit_bias', 'no_tool_choice', 'no_image_url'],
  errors: 'ollama',
  check: null,
  pricesId: null,
  localByDefault: true,
  docs: 'https://github.com/ollama/ollama/blob/main/docs/api/openai-compatibility.mdx',
  verified: 'docs',
};

import type { ProviderRow, ServedEndpoint } from '../provider-row.js';
import { AZURE_COGNITIVE_SCOPE } from '../signers/azure-entra.js';

/** Each deployment has its own path; the version of the API rides in the query. */
const at = (path: string): string => `/openai/deployments/{model}${path}?api-version={api_version}`;

const serves: readonly ServedEndpoint[] = [
  { endpoint: 'chat.completions', dialect: 'openai-chat', path: at('/chat/completions') },
  { endpoint: 'completions', dialect: 'openai-completions', path: at('/completions') },
  { endpoint: 'embeddings', dialect: 'openai-embeddings', path: at('/embeddings') },
  { endpoint: 'images.generations', dialect: 'openai-images', path: at('/images/generations') },
  { endpoint: 'audio.transcriptions', dialect: 'openai-audio', path: at('/audio/transcriptions') },
  { endpoint: 'audio.translations', dialect: 'openai-audio', path: at('/audio/translations') },
  { endpoint: 'audio.speech', dialect: 'openai-audio', path: at('/audio/speech') },
];

export const provider: ProviderRow = {
  name: 'azure-openai',
  title: 'Azure OpenAI',
  kind: 'native',
  baseUrl: 'https://{resource}.openai.azure.com',
  settings: [
    {
      name: 'resource',
      variables: [],
      pattern: '[A-Za-z0-9][A-Za-z0-9-]{0,62}[A-Za-z0-9]',
      expected: 'the name of the resource, for instance my-company',
      fallback: null,
    },
    {
      name: 'api_version',
      variables: ['OPENAI_API_VERSION'],
      pattern: '[0-9]{4}-[0-9]{2}-[0-9]{2}(-preview)?',
      expected: 'a version of the API, for instance 2024-10-21',
      fallback: '2024-10-21',
    },
  ],
  auth: { type: 'azure', scope: AZURE_COGNITIVE_SCOPE },
  headers: {},
  serves,
  keyVariables: ['AZURE_OPENAI_API_KEY'],
  baseUrlVariable: { name: 'AZURE_OPENAI_ENDPOINT', form: 'url' },
  quirks: ['max_completion_tokens'],
  errors: 'openai',
  check: { method: 'GET', path: '/openai/models?api-version={api_version}', expect: 200 },
  pricesId: 'azure',
  localByDefault: false,
  docs: 'https://learn.microsoft.com/azure/ai-services/openai/reference',
  verified: 'docs',
  note: 'A model is the name of a deployment. With `AZURE_OPENAI_ENDPOINT` the resource need not be named.',
};

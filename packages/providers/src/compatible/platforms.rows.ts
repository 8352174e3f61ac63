import { defineRows } from './define-rows.js';

/** Those who pass calls on to others, or serve models as one part of a platform. */
export const rows = defineRows('platform', [
  {
    name: 'openrouter',
    title: 'OpenRouter',
    baseUrl: 'https://openrouter.ai/api/v1',
    keyVariables: ['OPENROUTER_API_KEY'],
    endpoints: ['chat', 'embeddings', 'models'],
    // The list of models is public and says nothing about a key.
    check: '/key',
    quirks: ['stream_usage_unasked'],
    pricesId: 'openrouter',
    docs: 'https://openrouter.ai/docs/use-cases/usage-accounting',
  },
  {
    name: 'huggingface',
    title: 'Hugging Face inference providers',
    baseUrl: 'https://router.huggingface.co/v1',
    keyVariables: ['HF_TOKEN'],
    endpoints: ['chat', 'responses', 'models'],
    check: null,
    docs: 'https://huggingface.co/docs/inference-providers/guides/responses-api',
    note: 'A model may name who serves it: `openai/gpt-oss-120b:groq`.',
  },
  {
    name: 'github-models',
    title: 'GitHub Models',
    baseUrl: 'https://models.github.ai/inference',
    keyVariables: ['GITHUB_TOKEN'],
    endpoints: ['chat'],
    check: null,
    docs: 'https://docs.github.com/en/rest/models/inference',
    note: 'The token needs `models: read`.',
  },
  {
    name: 'cloudflare',
    title: 'Cloudflare Workers AI',
    baseUrl: 'https://api.cloudflare.com/client/v4',
    settings: [
      {
        name: 'account_id',
        variables: ['CLOUDFLARE_ACCOUNT_ID'],
        pattern: '[0-9a-f]{32}',
        expected: 'the 32 hexadecimal digits of the account',
        fallback: null,
      },
    ],
    keyVariables: ['CLOUDFLARE_API_TOKEN'],
    endpoints: ['chat', 'responses', 'embeddings'],
    pathPrefix: '/accounts/{account_id}/ai/v1',
    check: '/user/tokens/verify',
    pricesId: 'cloudflare',
    docs: 'https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility',
  },
  {
    name: 'databricks',
    title: 'Databricks model serving',
    baseUrl: 'https://{workspace_host}',
    settings: [
      {
        name: 'workspace_host',
        variables: [],
        pattern: '[a-z0-9-]+(\\.[a-z0-9-]+)*\\.(cloud\\.databricks\\.com|gcp\\.databricks\\.com|azuredatabricks\\.net)',
        expected: 'the host of the workspace, for instance my-company.cloud.databricks.com',
        fallback: null,
      },
    ],
    keyVariables: ['DATABRICKS_TOKEN'],
    baseUrlVariable: { name: 'DATABRICKS_HOST', form: 'url' },
    endpoints: ['chat', 'responses', 'embeddings', 'completions'],
    pathPrefix: '/serving-endpoints',
    // Lists the endpoints of the workspace.
    check: '/api/2.0/serving-endpoints',
    docs: 'https://docs.databricks.com/en/machine-learning/model-serving/score-foundation-models.html',
    note: 'A model is the name of a serving endpoint. Responses are for models of OpenAI only.',
  },
]);

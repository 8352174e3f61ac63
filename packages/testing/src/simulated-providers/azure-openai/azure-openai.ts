import { readBearer } from '../engine/check-bearer.js';
import { isObject, type Json } from '../engine/json.js';
import { Refusal } from '../engine/refusal.js';
import { dataEvent } from '../engine/sse.js';
import type { Action, Answer, Call, ChatFormat, Said, Vendor } from '../engine/vendor.js';
import { readDirectives } from '../meaning/directives.js';
import { chatFormat } from '../openai-chat/chat-format.js';
import { OPENAI_TROUBLES } from '../openai-chat/openai-troubles.js';
import { CREATED } from '../openai-chat/write-chat.js';
import { openAiError, retryHeaders } from '../openai-chat/write-refusal.js';
import { embeddings } from '../openai-embeddings/embeddings.js';
import { RESPONSES } from '../openai-responses/responses-format.js';

const SAFE = { filtered: false, severity: 'safe' };
const FILTERS = { hate: SAFE, self_harm: SAFE, sexual: SAFE, violence: SAFE };
const PROMPT_FILTERS = [
  { prompt_index: 0, content_filter_results: { ...FILTERS, jailbreak: { filtered: false, detected: false } } },
];

/** Azure refuses a prompt before the model sees it: https://learn.microsoft.com/azure/ai-services/openai/concepts/content-filter */
const promptRefusal = (): Refusal =>
  new Refusal(
    'invalid',
    "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify your prompt and retry.",
    {
      param: 'prompt',
      code: 'content_filter',
      extra: {
        status: 400,
        innererror: {
          code: 'ResponsibleAIPolicyViolation',
          content_filter_result: { ...FILTERS, violence: { filtered: true, severity: 'high' } },
        },
      },
    },
  );

/** OpenAI's format with the results of the filters laid over it. */
function filtered(format: ChatFormat): ChatFormat {
  const writeChoice = (choice: Json): Json => ({ ...choice, content_filter_results: FILTERS });
  return {
    ...format,
    read(call) {
      const ask = format.read(call);
      if (readDirectives(ask.prompt).refuse) throw promptRefusal();
      return ask;
    },
    writeWhole(said) {
      const whole = format.writeWhole(said) as Json;
      const choices = (whole.choices as readonly Json[]).map(writeChoice);
      return { ...whole, choices, prompt_filter_results: PROMPT_FILTERS };
    },
    writeFrames: (said) => [firstFrame(said), ...format.writeFrames(said)],
  };
}

/** The first chunk has no choice and no model, only what the filters found in the prompt. */
const firstFrame = (said: Said) =>
  dataEvent({
    choices: [],
    created: 0,
    id: '',
    model: '',
    object: '',
    prompt_filter_results: PROMPT_FILTERS,
    ...(isObject(said.call.body?.stream_options) && said.call.body.stream_options.include_usage === true ? { usage: null } : {}),
  });

function routeDeployment(call: Call): Action | null {
  const [, encoded, endpoint] = /^\/openai\/deployments\/([^/]+)\/(chat\/completions|embeddings)$/.exec(call.path) ?? [];
  if (encoded === undefined) return null;
  const deployment = decodeURIComponent(encoded);
  const version = call.query.get('api-version') ?? '';
  if (!/^\d{4}-\d\d-\d\d(-preview)?$/.test(version)) throw new Refusal('not_found', 'Resource not found', { code: '404' });
  if (deployment.endsWith('-404')) {
    throw new Refusal(
      'not_found',
      'The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again.',
      { code: 'DeploymentNotFound' },
    );
  }
  if (endpoint === 'embeddings') return { kind: 'plain', run: () => embeddings(call, deployment) };
  return { kind: 'chat', format: filtered(chatFormat({ model: deployment, extraFields: ['data_sources'] })) };
}

function route(call: Call): Action | null {
  if (call.method === 'GET' && /^\/openai(\/v1)?\/models$/.test(call.path)) {
    const data = [
      { id: 'gpt-4.1', object: 'model', created_at: CREATED, status: 'succeeded', capabilities: { chat_completion: true } },
    ];
    return { kind: 'plain', run: () => ({ body: { object: 'list', data }, model: null, promptTokens: 0 }) };
  }
  if (call.method !== 'POST') return null;
  switch (call.path) {
    case '/openai/v1/chat/completions':
      return { kind: 'chat', format: filtered(chatFormat({ model: null, extraFields: ['data_sources'] })) };
    case '/openai/v1/responses':
      return { kind: 'chat', format: RESPONSES };
    case '/openai/v1/embeddings':
      return { kind: 'plain', run: () => embeddings(call) };
    default:
      return routeDeployment(call);
  }
}

function writeRefusal(refusal: Refusal, call: Call): Answer {
  const statuses = {
    unauthenticated: 401,
    forbidden: 403,
    not_found: 404,
    too_large: 413,
    rate_limited: 429,
    server_error: 500,
    unavailable: 503,
    overloaded: 503,
    invalid: 400,
  };
  const status = refusal.details.status ?? statuses[refusal.kind];
  // The gate in front says a code and a message only; what the model's server says is OpenAI's envelope.
  const gate = refusal.kind === 'unauthenticated' || refusal.kind === 'not_found' || refusal.kind === 'rate_limited';
  const body = gate
    ? { error: { code: refusal.details.code ?? String(status), message: refusal.message } }
    : openAiError(refusal);
  return {
    status,
    headers: { 'content-type': 'application/json', 'apim-request-id': call.id, ...retryHeaders(refusal.details.retryAfterMs) },
    body: JSON.stringify(body),
  };
}

/** https://learn.microsoft.com/azure/ai-services/openai/reference */
export const AZURE_OPENAI: Vendor = {
  name: 'azure-openai',
  hosts: ['.openai.azure.com', '.services.ai.azure.com'],
  route,
  authorize(call) {
    if ((call.headers['api-key'] ?? readBearer(call)) === call.keys.azure) return;
    throw new Refusal(
      'unauthenticated',
      'Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.',
    );
  },
  troubles: { ...OPENAI_TROUBLES, 'content-policy': promptRefusal },
  writeRefusal,
  headers: (call) => ({ 'apim-request-id': call.id, 'x-ms-region': 'Simulated', 'x-ratelimit-remaining-requests': '59' }),
};

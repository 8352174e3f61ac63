import { checkBearer } from '../engine/check-bearer.js';
import { textOf } from '../engine/json.js';
import { Refusal, refuse } from '../engine/refusal.js';
import type { Action, Call, Vendor } from '../engine/vendor.js';
import { chatFormat } from '../openai-chat/chat-format.js';
import { OPENAI_TROUBLES } from '../openai-chat/openai-troubles.js';
import { CREATED } from '../openai-chat/write-chat.js';
import { writeOpenAiRefusal } from '../openai-chat/write-refusal.js';
import { embeddings } from '../openai-embeddings/embeddings.js';
import { RESPONSES } from '../openai-responses/responses-format.js';

const CHAT = chatFormat({ model: null, extraFields: [] });

export const listModels = (owner: string, ids: readonly string[]): Action => ({
  kind: 'plain',
  run: () => ({
    body: { object: 'list', data: ids.map((id) => ({ id, object: 'model', created: CREATED, owned_by: owner })) },
    model: null,
    promptTokens: 0,
  }),
});

function route(call: Call): Action | null {
  if (call.method === 'GET' && call.path === '/v1/models') return listModels('openai', ['gpt-4.1', 'gpt-5', 'gpt-sim-cut-3']);
  if (call.method !== 'POST') return null;
  if (!/^application\/json\b/.test(call.headers['content-type'] ?? '')) {
    refuse("Unsupported Content-Type: expected 'application/json'.", { status: 415, code: 'unsupported_content_type' });
  }
  const model = textOf(call.body?.model);
  if (model.endsWith('-404')) {
    throw new Refusal('not_found', `The model \`${model}\` does not exist or you do not have access to it.`, {
      code: 'model_not_found',
    });
  }
  switch (call.path) {
    case '/v1/chat/completions':
      return { kind: 'chat', format: CHAT };
    case '/v1/responses':
      return { kind: 'chat', format: RESPONSES };
    case '/v1/embeddings':
      return { kind: 'plain', run: (request) => embeddings(request) };
    default:
      throw new Refusal('not_found', `Invalid URL (${call.method} ${call.path})`);
  }
}

/** https://platform.openai.com/docs/api-reference */
export const OPENAI: Vendor = {
  name: 'openai',
  hosts: ['api.openai.com'],
  route,
  authorize(call) {
    const wrong = 'Incorrect API key provided. You can find your API key at https://platform.openai.com/account/api-keys.';
    const missing =
      "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).";
    checkBearer(call, call.keys.openai, { missing, wrong });
  },
  troubles: OPENAI_TROUBLES,
  writeRefusal: writeOpenAiRefusal,
  headers: (call) => ({
    'x-request-id': `req_${call.id}`,
    'openai-version': '2020-10-01',
    'openai-processing-ms': '1',
    'x-ratelimit-limit-requests': '60',
    'x-ratelimit-remaining-requests': '59',
    'x-ratelimit-reset-requests': '1s',
  }),
};

import { readBearer } from '../engine/check-bearer.js';
import { listOf, textOf } from '../engine/json.js';
import { Refusal, type RefusalKind, refuse } from '../engine/refusal.js';
import { dataEvent, SSE_TYPE } from '../engine/sse.js';
import {
  type Action,
  type Answer,
  type Call,
  type ChatFormat,
  MALFORMED_EVENT,
  type PlainResult,
  type Vendor,
} from '../engine/vendor.js';
import { countText } from '../meaning/count-tokens.js';
import { embedText } from '../vectors/embed-text.js';
import { readMistralChat } from './read-chat.js';
import { writeMistralChat, writeMistralFrames } from './write-chat.js';

/** Status, `type`, `code`. */
const KINDS: Readonly<Record<RefusalKind, readonly [number, string, string | null]>> = {
  invalid: [400, 'invalid_request_error', null],
  unauthenticated: [401, 'unauthorized', null],
  forbidden: [403, 'forbidden', null],
  not_found: [404, 'not_found', null],
  too_large: [413, 'request_too_large', null],
  rate_limited: [429, 'rate_limited', '1300'],
  server_error: [500, 'internal_server_error', '1000'],
  unavailable: [503, 'unreachable_backend', '1100'],
  overloaded: [503, 'service_tier_capacity_exceeded', '3505'],
};

/** Validation puts its details where the message stands. */
function envelope(refusal: Refusal): object {
  const [status, type, code] = KINDS[refusal.kind];
  const { details } = refusal;
  return {
    object: 'error',
    message: details.extra === undefined ? refusal.message : details.extra,
    type: details.type ?? type,
    param: null,
    code: details.code ?? code,
    raw_status_code: details.status ?? status,
  };
}

function writeRefusal(refusal: Refusal, call: Call): Answer {
  const retry = refusal.details.retryAfterMs;
  return {
    status: refusal.details.status ?? KINDS[refusal.kind][0],
    headers: {
      'content-type': 'application/json',
      'mistral-correlation-id': call.id,
      ...(retry === undefined ? {} : { 'retry-after': String(Math.ceil(retry / 1_000)) }),
    },
    body: JSON.stringify(refusal.kind === 'unauthenticated' ? { detail: 'Unauthorized' } : envelope(refusal)),
  };
}

const CHAT: ChatFormat = {
  read: readMistralChat,
  writeWhole: writeMistralChat,
  writeFrames: writeMistralFrames,
  writeErrorFrame: (refusal) => dataEvent(envelope(refusal)),
  streamType: () => SSE_TYPE,
  malformedFrame: MALFORMED_EVENT,
};

/** https://docs.mistral.ai/api/endpoint/embeddings */
function embed(call: Call): PlainResult {
  const model = textOf(call.body?.model);
  const inputs = typeof call.body?.input === 'string' ? [call.body.input] : listOf(call.body?.input).map(textOf);
  if (inputs.length === 0) refuse('Input cannot be an empty list.', { type: 'invalid_request_error' });
  const dimensions = typeof call.body?.output_dimension === 'number' ? call.body.output_dimension : 1024;
  const tokens = inputs.reduce((sum, text) => sum + countText(text), 0);
  const data = inputs.map((text, index) => ({ object: 'embedding', embedding: embedText(text, dimensions), index }));
  const usage = { prompt_tokens: tokens, total_tokens: tokens, completion_tokens: 0 };
  return { body: { id: call.id, object: 'list', data, model, usage }, model, promptTokens: tokens };
}

function route(call: Call): Action | null {
  if (call.method === 'GET' && call.path === '/v1/models') {
    const data = ['mistral-small-latest', 'mistral-sim-cut-3'].map((id) => ({
      id,
      object: 'model',
      created: 1,
      owned_by: 'mistralai',
      capabilities: { completion_chat: true },
    }));
    return { kind: 'plain', run: () => ({ body: { object: 'list', data }, model: null, promptTokens: 0 }) };
  }
  if (call.method !== 'POST') return null;
  const model = textOf(call.body?.model);
  if (model.endsWith('-404')) refuse(`Invalid model: ${model}`, { type: 'invalid_model', code: '1500' });
  switch (call.path) {
    case '/v1/chat/completions':
      return { kind: 'chat', format: CHAT };
    case '/v1/embeddings':
      return { kind: 'plain', run: embed };
    default:
      return null;
  }
}

/** https://docs.mistral.ai/api */
export const MISTRAL: Vendor = {
  name: 'mistral',
  hosts: ['api.mistral.ai'],
  route,
  authorize(call) {
    if (readBearer(call) !== call.keys.mistral) throw new Refusal('unauthenticated', 'Unauthorized');
  },
  troubles: {
    'context-window': () =>
      new Refusal(
        'invalid',
        'Prompt contains 140000 tokens and 0 draft tokens, too large for model with 131072 maximum context length',
        {
          type: 'invalid_request_prompt',
          code: '3051',
        },
      ),
    quota: () => new Refusal('rate_limited', 'Requests rate limit exceeded', { code: '1300' }),
  },
  writeRefusal,
  headers: (call) => ({ 'mistral-correlation-id': call.id, 'x-ratelimit-remaining-req-minute': '59' }),
};

import { checkBearer } from '../engine/check-bearer.js';
import { isObject, type Json, listOf, textOf } from '../engine/json.js';
import { Refusal, type RefusalKind, refuse } from '../engine/refusal.js';
import { namedEvent, SSE_TYPE } from '../engine/sse.js';
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
import { rankDocuments } from '../vectors/rank-documents.js';
import { readCohereChat } from './read-chat.js';
import { writeCohereChat, writeCohereFrames } from './write-chat.js';

/** A stream that fails ends with an error as its finish reason. */
const CHAT: ChatFormat = {
  read: readCohereChat,
  writeWhole: writeCohereChat,
  writeFrames: writeCohereFrames,
  writeErrorFrame: (refusal) =>
    namedEvent('message-end', { type: 'message-end', delta: { finish_reason: 'ERROR', error: refusal.message } }),
  streamType: () => SSE_TYPE,
  malformedFrame: MALFORMED_EVENT,
};

const apiVersion = { version: '2' };

function modelOf(call: Call): string {
  const model = textOf(call.body?.model);
  return model === '' ? refuse('invalid request: model is required') : model;
}

/** https://docs.cohere.com/reference/embed */
function embed(call: Call): PlainResult {
  const model = modelOf(call);
  const body = call.body as Json;
  const texts = listOf(body.texts).map(textOf);
  if (texts.length === 0 && listOf(body.images).length === 0 && listOf(body.inputs).length === 0)
    refuse('invalid request: one of texts, images or inputs must be given');
  if (texts.length > 96) refuse('invalid request: the number of texts cannot exceed 96');
  const kinds = ['search_document', 'search_query', 'classification', 'clustering', 'image'];
  if (!kinds.includes(textOf(body.input_type)))
    refuse(`invalid request: valid input_type must be provided with the provided model, one of ${kinds.join(', ')}`);
  const dimensions = typeof body.output_dimension === 'number' ? body.output_dimension : 1024;
  if (![256, 512, 1024, 1536].includes(dimensions))
    refuse('invalid request: output_dimension must be one of 256, 512, 1024, 1536');
  const types = Array.isArray(body.embedding_types) ? body.embedding_types.map(textOf) : ['float'];
  const vectors = texts.map((text) => embedText(text, dimensions));
  const write = (type: string): unknown => {
    if (type === 'float') return vectors;
    if (type === 'int8') return vectors.map((vector) => vector.map((value) => Math.round(value * 127)));
    return refuse(`invalid request: embedding type ${type} is not simulated`);
  };
  const tokens = texts.reduce((sum, text) => sum + countText(text), 0);
  const embeddings = Object.fromEntries(types.map((type) => [type, write(type)]));
  const meta = { api_version: apiVersion, billed_units: { input_tokens: tokens } };
  return { body: { id: call.id, embeddings, texts, response_type: 'embeddings_by_type', meta }, model, promptTokens: tokens };
}

/** https://docs.cohere.com/reference/rerank */
function rerank(call: Call): PlainResult {
  const model = modelOf(call);
  const body = call.body as Json;
  const query = textOf(body.query);
  if (query === '') refuse('invalid request: query must not be empty');
  const documents = listOf(body.documents).map((document) => (isObject(document) ? textOf(document.text) : textOf(document)));
  if (documents.length === 0) refuse('invalid request: list of documents must not be empty');
  const top = typeof body.top_n === 'number' ? body.top_n : documents.length;
  const results = rankDocuments(query, documents, top).map(({ index, score }) => ({ index, relevance_score: score }));
  const meta = { api_version: apiVersion, billed_units: { search_units: 1 } };
  return { body: { id: call.id, results, meta }, model, promptTokens: 0 };
}

function route(call: Call): Action | null {
  if (call.method === 'GET' && call.path === '/v1/models') {
    const models = ['command-a-03-2025', 'command-sim-cut-3'].map((name) => ({
      name,
      endpoints: ['chat'],
      context_length: 256_000,
    }));
    return { kind: 'plain', run: () => ({ body: { models, next_page_token: '' }, model: null, promptTokens: 0 }) };
  }
  if (call.method !== 'POST') return null;
  const model = textOf(call.body?.model);
  if (model.endsWith('-404'))
    throw new Refusal(
      'not_found',
      `model '${model}' not found, make sure the correct model ID was used and that you have access to the model.`,
    );
  switch (call.path) {
    case '/v2/chat':
      return { kind: 'chat', format: CHAT };
    case '/v2/embed':
      return { kind: 'plain', run: embed };
    case '/v2/rerank':
      return { kind: 'plain', run: rerank };
    default:
      return null;
  }
}

/** https://docs.cohere.com/reference/errors */
const STATUSES: Readonly<Record<RefusalKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  too_large: 413,
  rate_limited: 429,
  server_error: 500,
  unavailable: 503,
  overloaded: 503,
};

function writeRefusal(refusal: Refusal, call: Call): Answer {
  return {
    status: refusal.details.status ?? STATUSES[refusal.kind],
    headers: { 'content-type': 'application/json', 'x-debug-trace-id': call.id },
    body: JSON.stringify({ id: call.id, message: refusal.message }),
  };
}

/** https://docs.cohere.com/reference/about */
export const COHERE: Vendor = {
  name: 'cohere',
  hosts: ['api.cohere.com', 'api.cohere.ai'],
  route,
  authorize: (call) => checkBearer(call, call.keys.cohere, { missing: 'no api key supplied', wrong: 'invalid api token' }),
  troubles: {
    'context-window': () =>
      new Refusal(
        'invalid',
        'too many tokens: total number of tokens in the prompt cannot exceed 128000 - received 130000. Try using a shorter prompt, or enable prompt truncating.',
      ),
    quota: () =>
      new Refusal(
        'rate_limited',
        'You are using a Trial key, which is limited to 1000 API calls / month. You can continue to use the Trial key for free or upgrade to a Production key.',
      ),
  },
  writeRefusal,
  headers: (call) => ({ 'x-debug-trace-id': call.id, num_chars: '1' }),
};

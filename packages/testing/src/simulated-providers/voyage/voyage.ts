import { checkBearer } from '../engine/check-bearer.js';
import { isGiven, listOf, strangeField, textOf } from '../engine/json.js';
import { type Refusal, type RefusalKind, refuse } from '../engine/refusal.js';
import type { Action, Call, PlainResult, Vendor } from '../engine/vendor.js';
import { countText } from '../meaning/count-tokens.js';
import { embedText, packVector } from '../vectors/embed-text.js';
import { rankDocuments } from '../vectors/rank-documents.js';

function modelOf(call: Call, known: readonly string[]): string {
  const body = call.body ?? refuse('Invalid JSON body');
  const strange = strangeField(body, known);
  if (strange !== undefined) refuse(`Argument '${strange}' is not supported by our API`);
  const model = textOf(body.model);
  if (model.endsWith('-404')) refuse(`Model ${model} is not supported.`);
  return model === '' ? refuse("Argument 'model' is missing") : model;
}

/** https://docs.voyageai.com/reference/embeddings-api */
function embed(call: Call): PlainResult {
  const model = modelOf(call, [
    'input',
    'model',
    'input_type',
    'truncation',
    'output_dimension',
    'output_dtype',
    'encoding_format',
  ]);
  const body = call.body ?? {};
  const inputs = typeof body.input === 'string' ? [body.input] : listOf(body.input).map(textOf);
  if (inputs.length === 0 || inputs.includes('')) refuse('Input cannot contain empty strings or empty lists');
  if (isGiven(body.input_type) && body.input_type !== 'query' && body.input_type !== 'document')
    refuse("Argument 'input_type' must be 'query', 'document' or null");
  const dimensions = typeof body.output_dimension === 'number' ? body.output_dimension : 1024;
  const tokens = inputs.reduce((sum, text) => sum + countText(text), 0);
  const data = inputs.map((text, index) => {
    const vector = embedText(text, dimensions);
    return { object: 'embedding', embedding: body.encoding_format === 'base64' ? packVector(vector) : vector, index };
  });
  return { body: { object: 'list', data, model, usage: { total_tokens: tokens } }, model, promptTokens: tokens };
}

/** https://docs.voyageai.com/reference/reranker-api */
function rerank(call: Call): PlainResult {
  const model = modelOf(call, ['query', 'documents', 'model', 'top_k', 'return_documents', 'truncation']);
  const body = call.body ?? {};
  const documents = listOf(body.documents).map(textOf);
  if (textOf(body.query) === '' || documents.length === 0) refuse("Arguments 'query' and 'documents' must not be empty");
  const top = typeof body.top_k === 'number' ? body.top_k : documents.length;
  const data = rankDocuments(textOf(body.query), documents, top).map(({ index, score }) => ({
    relevance_score: score,
    index,
    ...(body.return_documents === true ? { document: documents[index] } : {}),
  }));
  const tokens = documents.reduce((sum, text) => sum + countText(text) + countText(textOf(body.query)), 0);
  return { body: { object: 'list', data, model, usage: { total_tokens: tokens } }, model, promptTokens: tokens };
}

function route(call: Call): Action | null {
  if (call.method !== 'POST') return null;
  if (call.path === '/v1/embeddings') return { kind: 'plain', run: embed };
  return call.path === '/v1/rerank' ? { kind: 'plain', run: rerank } : null;
}

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

/** https://docs.voyageai.com */
export const VOYAGE: Vendor = {
  name: 'voyage',
  hosts: ['api.voyageai.com'],
  route,
  authorize: (call) =>
    checkBearer(call, call.keys.voyage, { missing: 'You must provide an API key.', wrong: 'Provided API key is invalid.' }),
  troubles: {},
  writeRefusal: (refusal: Refusal) => ({
    status: refusal.details.status ?? STATUSES[refusal.kind],
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ detail: refusal.message }),
  }),
  headers: () => ({}),
};

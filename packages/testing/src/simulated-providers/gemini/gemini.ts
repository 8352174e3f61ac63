import { type Json, objectsOf, textOf } from '../engine/json.js';
import { Refusal, refuse } from '../engine/refusal.js';
import { type Action, type Call, type ChatFormat, MALFORMED_EVENT, type PlainResult, type Vendor } from '../engine/vendor.js';
import { countText } from '../meaning/count-tokens.js';
import { embedText } from '../vectors/embed-text.js';
import { camelCase } from './camel-case.js';
import { badField } from './field-violation.js';
import { GOOGLE_TROUBLES } from './google-troubles.js';
import { readContent } from './read-content.js';
import { writeContent, writeContentFrames } from './write-content.js';
import { writeGoogleErrorFrame, writeGoogleRefusal } from './write-refusal.js';

export const generateContent = (model: string, stream: boolean): ChatFormat => ({
  read: (call) => readContent(call, model, stream),
  writeWhole: writeContent,
  writeFrames: writeContentFrames,
  writeErrorFrame: writeGoogleErrorFrame,
  streamType: (call) => (call.query.get('alt') === 'sse' ? 'text/event-stream' : 'application/json; charset=UTF-8'),
  malformedFrame: MALFORMED_EVENT,
});

export const countContent = (call: Call, model: string): PlainResult => {
  const body = call.body ?? refuse('Invalid JSON payload received.');
  const wrapped = camelCase(body) as Json;
  const request = wrapped.generateContentRequest;
  const ask = readContent(request === undefined ? call : { ...call, body: request as Json }, model, false);
  const details = [{ modality: 'TEXT', tokenCount: ask.promptTokens }];
  return { body: { totalTokens: ask.promptTokens, promptTokensDetails: details }, model, promptTokens: 0 };
};

const DIMENSIONS = 768;

function embed(request: Json, path: string): { readonly values: readonly number[]; readonly tokens: number } {
  const content = (request.content ?? badField(`${path}content`, 'content is not specified')) as Json;
  const text = objectsOf(content.parts)
    .map((part) => textOf(part.text))
    .join('');
  if (text === '') badField(`${path}content`, 'content is empty');
  const dimensions = typeof request.outputDimensionality === 'number' ? request.outputDimensionality : DIMENSIONS;
  return { values: embedText(text, dimensions), tokens: countText(text) };
}

function embedOne(call: Call, model: string): PlainResult {
  const { values, tokens } = embed(camelCase(call.body ?? {}) as Json, '');
  return { body: { embedding: { values }, usageMetadata: { promptTokenCount: tokens } }, model, promptTokens: tokens };
}

function embedMany(call: Call, model: string): PlainResult {
  const requests = objectsOf((camelCase(call.body ?? {}) as Json).requests);
  if (requests.length === 0) badField('requests', 'requests is empty');
  const done = requests.map((request, index) => {
    if (request.model !== `models/${model}`) badField(`requests[${index}].model`, `model must be models/${model}`);
    return embed(request, `requests[${index}].`);
  });
  const tokens = done.reduce((sum, one) => sum + one.tokens, 0);
  return {
    body: { embeddings: done.map(({ values }) => ({ values })), usageMetadata: { promptTokenCount: tokens } },
    model,
    promptTokens: tokens,
  };
}

function route(call: Call): Action | null {
  const [, path = ''] = /^\/v1(?:beta|alpha)?\/(.*)$/.exec(call.path) ?? [];
  if (call.method === 'GET' && path === 'models') {
    const models = ['gemini-2.5-flash', 'gemini-3-pro-preview', 'gemini-sim-cut-3'].map((id) => ({
      name: `models/${id}`,
      version: '001',
      displayName: id,
      inputTokenLimit: 1_048_576,
      outputTokenLimit: 65_536,
      supportedGenerationMethods: ['generateContent', 'countTokens'],
    }));
    return { kind: 'plain', run: () => ({ body: { models }, model: null, promptTokens: 0 }) };
  }
  const [, model, method] = /^models\/([^/:]+):(\w+)$/.exec(decodeURIComponent(path)) ?? [];
  if (call.method !== 'POST' || model === undefined) return null;
  if (model.endsWith('-404')) {
    throw new Refusal('not_found', `models/${model} is not found for API version v1beta, or is not supported for ${method}.`);
  }
  switch (method) {
    case 'generateContent':
    case 'streamGenerateContent':
      return { kind: 'chat', format: generateContent(model, method === 'streamGenerateContent') };
    case 'countTokens':
      return { kind: 'plain', run: () => countContent(call, model) };
    case 'embedContent':
      return { kind: 'plain', run: () => embedOne(call, model) };
    case 'batchEmbedContents':
      return { kind: 'plain', run: () => embedMany(call, model) };
    default:
      return null;
  }
}

/** https://ai.google.dev/api */
export const GEMINI: Vendor = {
  name: 'gemini',
  hosts: ['generativelanguage.googleapis.com'],
  route,
  authorize(call) {
    const key = call.headers['x-goog-api-key'] ?? call.query.get('key') ?? undefined;
    if (key === undefined) {
      throw new Refusal(
        'forbidden',
        "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
      );
    }
    if (key !== call.keys.gemini) {
      const reason = { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID', domain: 'googleapis.com' };
      throw new Refusal('invalid', 'API key not valid. Please pass a valid API key.', { extra: { details: [reason] } });
    }
  },
  troubles: GOOGLE_TROUBLES,
  writeRefusal: writeGoogleRefusal,
  headers: () => ({ vary: 'Origin, X-Origin, Referer', 'server-timing': 'gfet4t7; dur=1' }),
};

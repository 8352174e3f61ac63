import { MESSAGES } from '../anthropic-messages/anthropic.js';
import { readMessages } from '../anthropic-messages/read-messages.js';
import { writeMessage, writeMessageFrames } from '../anthropic-messages/write-message.js';
import { writeAnthropicErrorFrame } from '../anthropic-messages/write-refusal.js';
import { checkBearer } from '../engine/check-bearer.js';
import { isObject, objectsOf, textOf } from '../engine/json.js';
import { Refusal, refuse } from '../engine/refusal.js';
import { SSE_TYPE } from '../engine/sse.js';
import type { Action, Call, ChatFormat, PlainResult, Vendor } from '../engine/vendor.js';
import { countContent, generateContent } from '../gemini/gemini.js';
import { GOOGLE_TROUBLES } from '../gemini/google-troubles.js';
import { writeGoogleRefusal } from '../gemini/write-refusal.js';
import { countText } from '../meaning/count-tokens.js';
import { embedText } from '../vectors/embed-text.js';

const CLAUDE_VERSION = 'vertex-2023-10-16';

/** Claude on Vertex: the model is in the path, the version in the body. https://docs.claude.com/en/api/claude-on-vertex-ai */
const claude = (model: string, stream: boolean): ChatFormat => ({
  read(call) {
    if (call.body?.anthropic_version !== CLAUDE_VERSION) refuse(`anthropic_version: Input should be '${CLAUDE_VERSION}'`);
    return readMessages(call, {
      model,
      stream: stream || call.body?.stream === true,
      extraFields: ['anthropic_version', 'anthropic_beta'],
      absentFields: ['model'],
      needsMaxTokens: true,
      since2026: false,
    });
  },
  writeWhole: writeMessage,
  writeFrames: writeMessageFrames,
  writeErrorFrame: writeAnthropicErrorFrame,
  streamType: () => SSE_TYPE,
  malformedFrame: MESSAGES.malformedFrame,
});

/** https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api */
function predict(call: Call, model: string): PlainResult {
  const instances = objectsOf(call.body?.instances);
  if (instances.length === 0) refuse('Empty instances.');
  const parameters = isObject(call.body?.parameters) ? call.body.parameters : {};
  const dimensions = typeof parameters.outputDimensionality === 'number' ? parameters.outputDimensionality : 768;
  const predictions = instances.map((instance) => {
    const text = textOf(instance.content);
    if (text === '') refuse('The text content is empty.');
    return {
      embeddings: { values: embedText(text, dimensions), statistics: { truncated: false, token_count: countText(text) } },
    };
  });
  const tokens = predictions.reduce((sum, { embeddings }) => sum + embeddings.statistics.token_count, 0);
  return { body: { predictions, metadata: { billableCharacterCount: tokens * 4 } }, model, promptTokens: tokens };
}

function routeClaude(model: string, method: string): Action | null {
  if (method !== 'rawPredict' && method !== 'streamRawPredict') return null;
  return { kind: 'chat', format: claude(model, method === 'streamRawPredict') };
}

function route(call: Call): Action | null {
  const pattern = /^\/v1(?:beta1)?\/projects\/[^/]+\/locations\/[^/]+\/publishers\/([^/]+)\/models\/([^/:]+):(\w+)$/;
  const [, publisher, model, method = ''] = pattern.exec(decodeURIComponent(call.path)) ?? [];
  if (call.method !== 'POST' || model === undefined) return null;
  if (model.endsWith('-404'))
    throw new Refusal('not_found', `Publisher Model \`${model}\` was not found or your project does not have access to it.`);
  if (publisher === 'anthropic') return routeClaude(model, method);
  switch (method) {
    case 'generateContent':
    case 'streamGenerateContent':
      return { kind: 'chat', format: generateContent(model, method === 'streamGenerateContent') };
    case 'countTokens':
      return { kind: 'plain', run: () => countContent(call, model) };
    case 'predict':
      return { kind: 'plain', run: () => predict(call, model) };
    default:
      return null;
  }
}

/** https://cloud.google.com/vertex-ai/docs/reference/rest */
export const VERTEX: Vendor = {
  name: 'vertex',
  hosts: ['aiplatform.googleapis.com', '-aiplatform.googleapis.com'],
  route,
  authorize(call) {
    const wrong =
      'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.';
    checkBearer(call, call.keys.vertex, {
      missing:
        'Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other valid authentication credential.',
      wrong,
    });
  },
  troubles: GOOGLE_TROUBLES,
  writeRefusal: writeGoogleRefusal,
  headers: () => ({ vary: 'Origin, X-Origin, Referer' }),
};

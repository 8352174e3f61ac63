import { readBearer } from '../engine/check-bearer.js';
import { textOf } from '../engine/json.js';
import { Refusal, refuse } from '../engine/refusal.js';
import { SSE_TYPE } from '../engine/sse.js';
import { type Action, type Call, type ChatFormat, frame, MALFORMED_EVENT, type Vendor } from '../engine/vendor.js';
import { readMessages } from './read-messages.js';
import { writeMessage, writeMessageFrames } from './write-message.js';
import { writeAnthropicErrorFrame, writeAnthropicRefusal } from './write-refusal.js';

const VERSIONS = ['2023-01-01', '2023-06-01', '2026-10-21'];

/** Gone since the version of 2026-10-21, which the SDKs from 1.0 on send. https://platform.claude.com/docs/en/api/migration-2026-10-21 */
const SAMPLING = ['temperature', 'top_p', 'top_k'];
const isSince2026 = (call: Call): boolean => (call.headers['anthropic-version'] ?? '') >= '2026-10-21';

function modelOf(call: Call): string {
  const model = textOf(call.body?.model);
  if (model === '') refuse('model: Field required');
  if (model.endsWith('-404')) throw new Refusal('not_found', `model: ${model}`);
  return model;
}

const read = (call: Call, needsMaxTokens: boolean) => {
  if (call.body === null) refuse('The request body is not valid JSON');
  const stream = needsMaxTokens && call.body?.stream === true;
  return readMessages(call, {
    model: modelOf(call),
    stream,
    extraFields: [],
    absentFields: [...(needsMaxTokens ? [] : ['max_tokens', 'stream']), ...(isSince2026(call) ? SAMPLING : [])],
    needsMaxTokens,
    since2026: isSince2026(call),
  });
};

export const MESSAGES: ChatFormat = {
  read: (call) => read(call, true),
  writeWhole: writeMessage,
  writeFrames: writeMessageFrames,
  writeErrorFrame: writeAnthropicErrorFrame,
  streamType: () => SSE_TYPE,
  malformedFrame: frame(`event: content_block_delta\n${MALFORMED_EVENT.bytes as string}`),
};

function route(call: Call): Action | null {
  if (call.method === 'GET' && call.path === '/v1/models') {
    const data = ['claude-opus-5', 'claude-sonnet-4-5', 'claude-sim-cut-3'].map((id) => ({
      type: 'model',
      id,
      display_name: id,
      created_at: '2026-01-01T00:00:00Z',
    }));
    const body = { data, has_more: false, first_id: data[0]?.id, last_id: data.at(-1)?.id };
    return { kind: 'plain', run: () => ({ body, model: null, promptTokens: 0 }) };
  }
  if (call.method !== 'POST') return null;
  if (!/^application\/json\b/.test(call.headers['content-type'] ?? '')) refuse('Content-Type header must be application/json');
  if (call.path === '/v1/messages') return { kind: 'chat', format: MESSAGES };
  if (call.path !== '/v1/messages/count_tokens') return null;
  return {
    kind: 'plain',
    run: () => {
      const ask = read(call, false);
      return { body: { input_tokens: ask.promptTokens }, model: ask.model, promptTokens: 0 };
    },
  };
}

/** https://docs.claude.com/en/api/overview */
export const ANTHROPIC: Vendor = {
  name: 'anthropic',
  hosts: ['api.anthropic.com'],
  route,
  authorize(call) {
    // The older SDKs send the key as `x-api-key`, those from 1.0 on as a bearer token.
    const key = call.headers['x-api-key'] ?? readBearer(call);
    if (key === null) throw new Refusal('unauthenticated', 'x-api-key header is required');
    if (key !== call.keys.anthropic) throw new Refusal('unauthenticated', 'invalid x-api-key');
    const version = call.headers['anthropic-version'];
    if (version === undefined) refuse('anthropic-version: header is required');
    if (!VERSIONS.includes(version as string)) refuse(`anthropic-version: "${version}" is not a valid version`);
  },
  troubles: {
    'context-window': () => new Refusal('invalid', 'prompt is too long: 210000 tokens > 200000 maximum'),
    quota: () =>
      new Refusal(
        'invalid',
        'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.',
      ),
    'content-policy': () => new Refusal('invalid', 'Output blocked by content filtering policy'),
  },
  bodyBytesMax: 32 * 1024 * 1024,
  writeRefusal: writeAnthropicRefusal,
  headers: (call) => ({ 'request-id': `req_01${call.id}`, 'anthropic-organization-id': '00000000-0000-4000-8000-000000000000' }),
};

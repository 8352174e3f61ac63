import { readBearer } from '../engine/check-bearer.js';
import { type Json, listOf, parseJson, textOf } from '../engine/json.js';
import { Refusal, type RefusalKind, refuse } from '../engine/refusal.js';
import {
  type Action,
  type Call,
  type ChatFormat,
  type Frame,
  frame,
  type PlainResult,
  type Said,
  type Vendor,
} from '../engine/vendor.js';
import { countText } from '../meaning/count-tokens.js';
import { outputTotal, promptTotal } from '../meaning/reply.js';
import { splitPieces } from '../meaning/split-pieces.js';
import { REFUSAL_TEXT } from '../openai-chat/write-chat.js';
import { embedText } from '../vectors/embed-text.js';
import { readOllamaChat } from './read-chat.js';

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

const line = (value: Json, content = false): Frame => frame(`${JSON.stringify(value)}\n`, content);
const base = (said: Said): Json => ({ model: said.ask.model, created_at: new Date(said.call.now).toISOString() });
const textOfReply = ({ reply }: Said): string => (reply.end === 'refused' ? REFUSAL_TEXT : reply.text);

/** Durations in ns; a cached prompt is not told apart. */
const ending = ({ reply }: Said): Json => ({
  done: true,
  done_reason: reply.end === 'length' ? 'length' : 'stop',
  total_duration: 2_000_000,
  load_duration: 500_000,
  prompt_eval_count: promptTotal(reply.buckets),
  prompt_eval_duration: 500_000,
  eval_count: outputTotal(reply.buckets),
  eval_duration: 1_000_000,
});

const callsOf = (said: Said): readonly Json[] =>
  said.reply.calls.map((call, index) => ({
    id: `call_${said.call.id}${index}`,
    function: { index, name: call.name, arguments: parseJson(call.arguments) },
  }));

/** One JSON object a line: https://docs.ollama.com/api/streaming */
const CHAT: ChatFormat = {
  read: readOllamaChat,
  writeWhole(said) {
    const calls = callsOf(said);
    const message = {
      role: 'assistant',
      content: textOfReply(said),
      ...(said.reply.thinking === null ? {} : { thinking: said.reply.thinking }),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
    };
    return { ...base(said), message, ...ending(said) };
  },
  writeFrames(said) {
    const part = (message: Json): Frame =>
      line({ ...base(said), message: { role: 'assistant', content: '', ...message }, done: false }, true);
    return [
      ...splitPieces(said.reply.thinking ?? '').map((thinking) => part({ thinking })),
      ...splitPieces(textOfReply(said)).map((content) => part({ content })),
      ...callsOf(said).map((call) => part({ tool_calls: [call] })),
      line({ ...base(said), message: { role: 'assistant', content: '' }, ...ending(said) }),
    ];
  },
  writeErrorFrame: (refusal) => line({ error: refusal.message }),
  streamType: () => 'application/x-ndjson',
  malformedFrame: frame('{"simulated": nonsense\n'),
};

function embed(call: Call): PlainResult {
  const model = textOf(call.body?.model);
  if (model === '') refuse('model is required');
  const inputs = typeof call.body?.input === 'string' ? [call.body.input] : listOf(call.body?.input).map(textOf);
  const dimensions = typeof call.body?.dimensions === 'number' ? call.body.dimensions : 768;
  const tokens = inputs.reduce((sum, text) => sum + countText(text), 0);
  const embeddings = inputs.map((text) => embedText(text, dimensions));
  return {
    body: { model, embeddings, total_duration: 1_000_000, load_duration: 500_000, prompt_eval_count: tokens },
    model,
    promptTokens: tokens,
  };
}

const plain = (body: Json): Action => ({ kind: 'plain', run: () => ({ body, model: null, promptTokens: 0 }) });

function route(call: Call): Action | null {
  if (call.method === 'GET' && call.path === '/api/version') return plain({ version: '0.13.0' });
  if (call.method === 'GET' && call.path === '/api/tags') {
    const details = { format: 'gguf', family: 'qwen3', families: ['qwen3'], parameter_size: '8B', quantization_level: 'Q4_K_M' };
    const names = ['qwen3:latest', 'qwen-sim-cut-3'];
    return plain({
      models: names.map((name) => ({
        name,
        model: name,
        modified_at: '2026-01-01T00:00:00Z',
        size: 1,
        digest: '0'.repeat(64),
        details,
      })),
    });
  }
  if (call.method !== 'POST') return null;
  const model = textOf(call.body?.model);
  if (model.endsWith('-404')) throw new Refusal('not_found', `model '${model}' not found`);
  switch (call.path) {
    case '/api/chat':
      return { kind: 'chat', format: CHAT };
    case '/api/embed':
      return { kind: 'plain', run: embed };
    default:
      return null;
  }
}

/** https://docs.ollama.com/api */
export const OLLAMA: Vendor = {
  name: 'ollama',
  hosts: ['ollama.com'],
  route,
  authorize(call) {
    if (call.keys.ollama !== null && readBearer(call) !== call.keys.ollama) throw new Refusal('unauthenticated', 'unauthorized');
  },
  troubles: { 'context-window': () => new Refusal('invalid', 'the input length exceeds the context length') },
  writeRefusal: (refusal) => ({
    status: refusal.details.status ?? STATUSES[refusal.kind],
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify({ error: refusal.message }),
  }),
  headers: () => ({}),
};

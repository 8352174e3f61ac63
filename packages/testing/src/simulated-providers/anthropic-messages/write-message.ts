import { isObject, type Json, parseJson, textOf } from '../engine/json.js';
import { namedEvent } from '../engine/sse.js';
import type { Frame, Said } from '../engine/vendor.js';
import { outputTotal, type ReplyEnd } from '../meaning/reply.js';
import { sealThought } from '../meaning/seal-thought.js';
import { signThought } from '../meaning/sign-thought.js';
import { splitPieces } from '../meaning/split-pieces.js';

const STOP_REASONS: Readonly<Record<ReplyEnd, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  stop_sequence: 'stop_sequence',
  tools: 'tool_use',
  refused: 'refusal',
};

const STOP_DETAILS = {
  type: 'refusal',
  category: 'cyber',
  explanation: 'The simulation was told to refuse.',
  recommended_model: null,
};

const toolId = ({ call }: Said, index: number): string => `toolu_01${call.id}${index}`;

const promptUsage = ({ reply }: Said): Json => ({
  input_tokens: reply.buckets.fresh,
  cache_creation_input_tokens: reply.buckets.cacheWritten,
  cache_read_input_tokens: reply.buckets.cacheRead,
});

const detailsOf = ({ reply: { buckets } }: Said): Json =>
  buckets.reasoning > 0 ? { output_tokens_details: { thinking_tokens: buckets.reasoning } } : {};

const fullUsage = (said: Said, outputTokens: number): Json => ({
  ...promptUsage(said),
  cache_creation: { ephemeral_5m_input_tokens: said.reply.buckets.cacheWritten, ephemeral_1h_input_tokens: 0 },
  output_tokens: outputTokens,
  ...detailsOf(said),
  service_tier: 'standard',
  inference_geo: 'not_available',
});

/** Shown, left out (`display`), or sealed. */
function thoughtBlock({ call, reply }: Said, thinking: string): Json {
  if (reply.redacted) return { type: 'redacted_thinking', data: sealThought('anthropic', thinking) };
  const omitted = isObject(call.body?.thinking) && call.body.thinking.display === 'omitted';
  const shown = omitted ? '' : thinking;
  return { type: 'thinking', thinking: shown, signature: signThought('anthropic', shown) };
}

const shell = (said: Said, content: readonly Json[], ending: Json, usage: Json): Json => ({
  model: said.ask.model,
  id: `msg_01${said.call.id}`,
  type: 'message',
  role: 'assistant',
  content,
  ...ending,
  usage,
});

const endingOf = ({ reply }: Said): Json => ({
  stop_reason: STOP_REASONS[reply.end],
  stop_sequence: reply.stopSequence,
  ...(reply.end === 'refused' ? { stop_details: STOP_DETAILS } : {}),
});

/** The whole message. */
export function writeMessage(said: Said): Json {
  const { reply } = said;
  const content: Json[] = [
    ...(reply.thinking === null ? [] : [thoughtBlock(said, reply.thinking)]),
    ...(reply.text === '' ? [] : [{ type: 'text', text: reply.text }]),
    ...reply.calls.map((call, index) => ({
      type: 'tool_use',
      id: toolId(said, index),
      name: call.name,
      input: parseJson(call.arguments),
    })),
  ];
  return shell(said, content, endingOf(said), fullUsage(said, outputTotal(reply.buckets)));
}

const delta = (index: number, value: Json, content: boolean): Frame =>
  namedEvent('content_block_delta', { type: 'content_block_delta', index, delta: value }, content);

/** One block: start, deltas, stop. */
const block = (index: number, start: Json, deltas: readonly Frame[]): readonly Frame[] => [
  namedEvent('content_block_start', { type: 'content_block_start', index, content_block: start }),
  ...deltas,
  namedEvent('content_block_stop', { type: 'content_block_stop', index }),
];

/** The message as its stream of events, a `ping` after the first as the vendor sends it. */
export function writeMessageFrames(said: Said): readonly Frame[] {
  const { reply } = said;
  const { output_tokens_details: _, ...opening } = fullUsage(said, 1);
  const start = shell(said, [], { stop_reason: null, stop_sequence: null }, opening);
  const frames: Frame[] = [
    namedEvent('message_start', { type: 'message_start', message: start }),
    namedEvent('ping', { type: 'ping' }),
  ];
  let index = 0;
  const add = (first: Json, deltas: readonly Frame[]): void => {
    frames.push(...block(index, first, deltas));
    index += 1;
  };
  if (reply.thinking !== null) {
    const whole = thoughtBlock(said, reply.thinking);
    const pieces = splitPieces(textOf(whole.thinking)).map((piece) =>
      delta(index, { type: 'thinking_delta', thinking: piece }, true),
    );
    const signature = delta(index, { type: 'signature_delta', signature: whole.signature }, false);
    if (reply.redacted) add(whole, []);
    else add({ type: 'thinking', thinking: '', signature: '' }, [...pieces, signature]);
  }
  if (reply.text !== '') {
    add(
      { type: 'text', text: '' },
      splitPieces(reply.text).map((piece) => delta(index, { type: 'text_delta', text: piece }, true)),
    );
  }
  for (const [place, call] of reply.calls.entries()) {
    // The first piece is always empty; a tool without arguments gets no other.
    const pieces = ['', ...(call.arguments === '{}' ? [] : (call.arguments.match(/[\s\S]{1,12}/g) ?? []))];
    add(
      { type: 'tool_use', id: toolId(said, place), name: call.name, input: {} },
      pieces.map((piece) => delta(index, { type: 'input_json_delta', partial_json: piece }, true)),
    );
  }
  const usage = { ...promptUsage(said), output_tokens: outputTotal(reply.buckets), ...detailsOf(said) };
  frames.push(namedEvent('message_delta', { type: 'message_delta', delta: endingOf(said), usage }));
  frames.push(namedEvent('message_stop', { type: 'message_stop' }));
  return frames;
}

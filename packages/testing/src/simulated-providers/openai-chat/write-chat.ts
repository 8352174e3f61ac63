import { isObject, type Json } from '../engine/json.js';
import { dataEvent } from '../engine/sse.js';
import { type Frame, frame, type Said } from '../engine/vendor.js';
import { outputTotal, promptTotal, type ReplyEnd, wholeTotal } from '../meaning/reply.js';
import { splitPieces } from '../meaning/split-pieces.js';

const FINISH: Readonly<Record<ReplyEnd, string>> = {
  stop: 'stop',
  length: 'length',
  stop_sequence: 'stop',
  tools: 'tool_calls',
  refused: 'stop',
};
export const REFUSAL_TEXT = "I'm sorry, I can't assist with that request.";
export const CREATED = 1_780_000_000;

export const toolCallId = ({ call }: Said, index: number): string => `call_${call.id}${index}`;

/** Reasoning is part of the completion, cached tokens are part of the prompt. */
export const chatUsage = ({ reply: { buckets } }: Said): Json => ({
  prompt_tokens: promptTotal(buckets),
  completion_tokens: outputTotal(buckets),
  total_tokens: wholeTotal(buckets),
  prompt_tokens_details: {
    cached_tokens: buckets.cacheRead,
    audio_tokens: 0,
    ...(buckets.cacheWritten > 0 ? { cache_write_tokens: buckets.cacheWritten } : {}),
  },
  completion_tokens_details: {
    reasoning_tokens: buckets.reasoning,
    audio_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0,
  },
});

const logprobOf = (token: string): Json => ({ token, logprob: -0.25, bytes: [...Buffer.from(token)], top_logprobs: [] });

const logprobs = ({ call }: Said, pieces: readonly string[]): Json | null =>
  call.body?.logprobs === true ? { content: pieces.map(logprobOf), refusal: null } : null;

const base = (said: Said, object: string): Json => ({
  id: `chatcmpl-${said.call.id}`,
  object,
  created: CREATED,
  model: said.ask.model,
  service_tier: 'default',
  system_fingerprint: 'fp_simulated',
});

export function writeChat(said: Said): Json {
  const { reply } = said;
  const refused = reply.end === 'refused';
  const message = {
    role: 'assistant',
    content: refused || (reply.text === '' && reply.calls.length > 0) ? null : reply.text,
    refusal: refused ? REFUSAL_TEXT : null,
    annotations: [],
    ...(reply.calls.length === 0
      ? {}
      : {
          tool_calls: reply.calls.map((call, index) => ({
            id: toolCallId(said, index),
            type: 'function',
            function: { name: call.name, arguments: call.arguments },
          })),
        }),
  };
  const choice = { message, logprobs: logprobs(said, splitPieces(reply.text)), finish_reason: FINISH[reply.end] };
  const choices = Array.from({ length: said.ask.choices ?? 1 }, (_, index) => ({ index, ...choice }));
  return { ...base(said, 'chat.completion'), choices, usage: chatUsage(said) };
}

export function writeChatFrames(said: Said): readonly Frame[] {
  const { call } = said;
  const options = isObject(call.body?.stream_options) ? call.body.stream_options : {};
  const withUsage = options.include_usage === true;
  const hidden = options.include_obfuscation === false ? {} : { obfuscation: 'simulated' };
  const write = (choices: readonly Json[], usage: Json | null, content: boolean): Frame =>
    dataEvent({ ...base(said, 'chat.completion.chunk'), choices, ...(withUsage ? { usage } : {}), ...hidden }, content);
  const frames: Frame[] = [];
  for (let index = 0; index < (said.ask.choices ?? 1); index += 1) {
    const choose: Choose = (delta, content, more = {}) =>
      frames.push(write([{ index, delta, logprobs: null, finish_reason: null, ...more }], null, content));
    writeChoice(said, choose);
  }
  if (withUsage) frames.push(write([], chatUsage(said), false));
  frames.push(frame('data: [DONE]\n\n'));
  return frames;
}

type Choose = (delta: Json, content: boolean, more?: Json) => void;

function writeChoice(said: Said, choose: Choose): void {
  const { reply } = said;
  choose({ role: 'assistant', content: reply.calls.length > 0 && reply.text === '' ? null : '', refusal: null }, false);
  if (reply.end === 'refused') for (const refusal of splitPieces(REFUSAL_TEXT)) choose({ refusal }, true);
  for (const content of splitPieces(reply.text)) choose({ content }, true, { logprobs: logprobs(said, [content]) });
  for (const [index, one] of reply.calls.entries()) {
    const start = { index, id: toolCallId(said, index), type: 'function', function: { name: one.name, arguments: '' } };
    choose({ tool_calls: [start] }, true);
    for (const piece of one.arguments.match(/[\s\S]{1,12}/g) ?? [])
      choose({ tool_calls: [{ index, function: { arguments: piece } }] }, true);
  }
  choose({}, false, { finish_reason: FINISH[reply.end] });
}

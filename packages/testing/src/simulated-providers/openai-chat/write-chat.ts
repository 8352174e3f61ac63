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
  prompt_tokens_details: { cached_tokens: buckets.cacheRead, audio_tokens: 0 },
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
  const choice = { index: 0, message, logprobs: logprobs(said, splitPieces(reply.text)), finish_reason: FINISH[reply.end] };
  return { ...base(said, 'chat.completion'), choices: [choice], usage: chatUsage(said) };
}

export function writeChatFrames(said: Said): readonly Frame[] {
  const { reply, call } = said;
  const options = isObject(call.body?.stream_options) ? call.body.stream_options : {};
  const withUsage = options.include_usage === true;
  const hidden = options.include_obfuscation === false ? {} : { obfuscation: 'simulated' };
  const chunk = (delta: Json, content: boolean, more: Json = {}): Frame => {
    const choice = { index: 0, delta, logprobs: null, finish_reason: null, ...more };
    const usage = withUsage ? { usage: null } : {};
    return dataEvent({ ...base(said, 'chat.completion.chunk'), choices: [choice], ...usage, ...hidden }, content);
  };
  const frames = [
    chunk({ role: 'assistant', content: reply.calls.length > 0 && reply.text === '' ? null : '', refusal: null }, false),
  ];
  if (reply.end === 'refused') frames.push(...splitPieces(REFUSAL_TEXT).map((refusal) => chunk({ refusal }, true)));
  frames.push(...splitPieces(reply.text).map((content) => chunk({ content }, true, { logprobs: logprobs(said, [content]) })));
  for (const [index, one] of reply.calls.entries()) {
    const start = { index, id: toolCallId(said, index), type: 'function', function: { name: one.name, arguments: '' } };
    frames.push(chunk({ tool_calls: [start] }, true));
    for (const piece of one.arguments.match(/[\s\S]{1,12}/g) ?? []) {
      frames.push(chunk({ tool_calls: [{ index, function: { arguments: piece } }] }, true));
    }
  }
  frames.push(chunk({}, false, { finish_reason: FINISH[reply.end] }));
  if (withUsage)
    frames.push(dataEvent({ ...base(said, 'chat.completion.chunk'), choices: [], usage: chatUsage(said), ...hidden }));
  frames.push(frame('data: [DONE]\n\n'));
  return frames;
}

import { createHash } from 'node:crypto';
import type { Json } from '../engine/json.js';
import { dataEvent } from '../engine/sse.js';
import { type Frame, frame, type Said } from '../engine/vendor.js';
import { outputTotal, promptTotal, type ReplyEnd, wholeTotal } from '../meaning/reply.js';
import { splitPieces } from '../meaning/split-pieces.js';
import { CREATED, REFUSAL_TEXT } from '../openai-chat/write-chat.js';

const FINISH: Readonly<Record<ReplyEnd, string>> = {
  stop: 'stop',
  length: 'length',
  stop_sequence: 'stop',
  tools: 'tool_calls',
  // A refusal is words like any others.
  refused: 'stop',
};

/** Nine letters and digits. */
const callId = ({ call }: Said, index: number): string =>
  createHash('sha256').update(`${call.id}/${index}`).digest('hex').slice(0, 9);

const textOfReply = ({ reply }: Said): string => (reply.end === 'refused' ? REFUSAL_TEXT : reply.text);

const usageOf = ({ reply: { buckets } }: Said): Json => ({
  prompt_tokens: promptTotal(buckets),
  total_tokens: wholeTotal(buckets),
  completion_tokens: outputTotal(buckets),
  prompt_tokens_details: { cached_tokens: buckets.cacheRead },
});

const thoughtPart = (text: string): Json => ({ type: 'thinking', thinking: [{ type: 'text', text }] });

const base = (said: Said, object: string): Json => ({ id: said.call.id, object, created: CREATED, model: said.ask.model });

export function writeMistralChat(said: Said): Json {
  const { reply } = said;
  const text = textOfReply(said);
  const calls = reply.calls.map((call, index) => ({
    id: callId(said, index),
    function: { name: call.name, arguments: call.arguments },
    index,
  }));
  const message = {
    role: 'assistant',
    tool_calls: calls.length === 0 ? null : calls,
    content: reply.thinking === null ? text : [thoughtPart(reply.thinking), { type: 'text', text }],
  };
  return {
    ...base(said, 'chat.completion'),
    usage: usageOf(said),
    choices: [{ index: 0, finish_reason: FINISH[reply.end], message }],
  };
}

/** Usage comes in the last chunk, asked for or not. Its own models send a call whole, hosted ones in pieces. */
export function writeMistralFrames(said: Said): readonly Frame[] {
  const { reply, ask } = said;
  const chunk = (delta: Json, content: boolean, finish: string | null = null, more: Json = {}): Frame =>
    dataEvent(
      { ...base(said, 'chat.completion.chunk'), choices: [{ index: 0, delta, finish_reason: finish, logprobs: null }], ...more },
      content,
    );
  const frames = [chunk({ role: 'assistant', content: '' }, false)];
  frames.push(...splitPieces(reply.thinking ?? '').map((piece) => chunk({ content: [thoughtPart(piece)] }, true)));
  const write = (text: string): unknown => (reply.thinking === null ? text : [{ type: 'text', text }]);
  frames.push(...splitPieces(textOfReply(said)).map((piece) => chunk({ content: write(piece) }, true)));
  const own = /^(mi|ma|co|de)\w*stra/.test(ask.model);
  for (const [index, call] of reply.calls.entries()) {
    const id = callId(said, index);
    if (own) {
      frames.push(
        chunk({ content: '', tool_calls: [{ id, function: { name: call.name, arguments: call.arguments }, index }] }, true),
      );
      continue;
    }
    frames.push(
      chunk({ content: '', tool_calls: [{ id, type: 'function', function: { name: call.name, arguments: '' }, index }] }, true),
    );
    for (const piece of call.arguments.match(/[\s\S]{1,12}/g) ?? []) {
      frames.push(
        chunk({ content: '', tool_calls: [{ type: 'function', function: { name: '', arguments: piece }, index }] }, true),
      );
    }
  }
  frames.push(chunk({ content: '' }, false, FINISH[reply.end], { usage: usageOf(said) }));
  frames.push(frame('data: [DONE]\n\n'));
  return frames;
}

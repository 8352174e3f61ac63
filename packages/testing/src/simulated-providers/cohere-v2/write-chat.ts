import type { Json } from '../engine/json.js';
import { namedEvent } from '../engine/sse.js';
import { type Frame, frame, type Said } from '../engine/vendor.js';
import { outputTotal, promptTotal, type ReplyEnd } from '../meaning/reply.js';
import { splitPieces } from '../meaning/split-pieces.js';
import { REFUSAL_TEXT } from '../openai-chat/write-chat.js';

const FINISH: Readonly<Record<ReplyEnd, string>> = {
  stop: 'COMPLETE',
  length: 'MAX_TOKENS',
  stop_sequence: 'STOP_SEQUENCE',
  tools: 'TOOL_CALL',
  // A refusal is words like any others.
  refused: 'COMPLETE',
};
/** The frame of the prompt is counted and not billed. */
const FRAME_TOKENS = 3;

const usageOf = ({ reply: { buckets } }: Said): Json => ({
  billed_units: { input_tokens: promptTotal(buckets) - FRAME_TOKENS, output_tokens: outputTotal(buckets) },
  tokens: { input_tokens: promptTotal(buckets), output_tokens: outputTotal(buckets) },
  cached_tokens: buckets.cacheRead,
});

const textOfReply = ({ reply }: Said): string => (reply.end === 'refused' ? REFUSAL_TEXT : reply.text);
const callId = ({ call }: Said, name: string, index: number): string => `${name}_${call.id}${index}`;
/** A call without arguments says null. */
const argumentsOf = (text: string): string => (text === '{}' ? 'null' : text);

export function writeCohereChat(said: Said): Json {
  const { reply } = said;
  const text = textOfReply(said);
  const content = [
    ...(reply.thinking === null ? [] : [{ type: 'thinking', thinking: reply.thinking }]),
    ...(text === '' || reply.calls.length > 0 ? [] : [{ type: 'text', text }]),
  ];
  const message = {
    role: 'assistant',
    ...(content.length > 0 ? { content } : {}),
    ...(reply.calls.length === 0
      ? {}
      : {
          ...(text === '' ? {} : { tool_plan: text }),
          tool_calls: reply.calls.map((call, index) => ({
            id: callId(said, call.name, index),
            type: 'function',
            function: { name: call.name, arguments: argumentsOf(call.arguments) },
          })),
        }),
  };
  return { id: said.call.id, message, finish_reason: FINISH[reply.end], usage: usageOf(said) };
}

/** https://docs.cohere.com/docs/streaming */
export function writeCohereFrames(said: Said): readonly Frame[] {
  const { reply } = said;
  const frames: Frame[] = [];
  const emit = (type: string, value: Json, content = false): void => {
    frames.push(namedEvent(type, { type, ...value }, content));
  };
  const message = { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] };
  frames.push(namedEvent('message-start', { id: said.call.id, type: 'message-start', delta: { message } }));
  let index = 0;
  const block = (type: 'thinking' | 'text', text: string): void => {
    emit('content-start', { index, delta: { message: { content: { type, [type]: '' } } } });
    for (const piece of splitPieces(text))
      emit('content-delta', { index, delta: { message: { content: { [type]: piece } } } }, true);
    emit('content-end', { index });
    index += 1;
  };
  if (reply.thinking !== null) block('thinking', reply.thinking);
  const text = textOfReply(said);
  if (reply.calls.length === 0) block('text', text);
  else for (const piece of splitPieces(text)) emit('tool-plan-delta', { delta: { message: { tool_plan: piece } } }, true);
  for (const [place, call] of reply.calls.entries()) {
    const start = { id: callId(said, call.name, place), type: 'function', function: { name: call.name, arguments: '' } };
    emit('tool-call-start', { index: place, delta: { message: { tool_calls: start } } }, true);
    for (const piece of argumentsOf(call.arguments).match(/[\s\S]{1,12}/g) ?? []) {
      emit('tool-call-delta', { index: place, delta: { message: { tool_calls: { function: { arguments: piece } } } } }, true);
    }
    emit('tool-call-end', { index: place });
  }
  emit('message-end', { delta: { finish_reason: FINISH[reply.end], usage: usageOf(said) } });
  frames.push(frame('data: [DONE]\n\n'));
  return frames;
}

import { encodeEvent } from '../aws/encode-event.js';
import { type Json, parseJson } from '../engine/json.js';
import { type Frame, frame, type Said } from '../engine/vendor.js';
import { outputTotal, promptTotal, type ReplyEnd } from '../meaning/reply.js';
import { sealThought } from '../meaning/seal-thought.js';
import { signThought } from '../meaning/sign-thought.js';
import { splitPieces } from '../meaning/split-pieces.js';

const STOP_REASONS: Readonly<Record<ReplyEnd, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  stop_sequence: 'stop_sequence',
  tools: 'tool_use',
  refused: 'content_filtered',
};

const toolId = ({ call }: Said, index: number): string => `tooluse_${call.id}${index}`;

/** `inputTokens` are those that no cache had part in; the total counts all. */
const usageOf = ({ reply: { buckets } }: Said): Json => ({
  inputTokens: buckets.fresh,
  outputTokens: outputTotal(buckets),
  totalTokens: promptTotal(buckets) + outputTotal(buckets),
  cacheReadInputTokens: buckets.cacheRead,
  cacheWriteInputTokens: buckets.cacheWritten,
});

export function writeConverse(said: Said): Json {
  const { reply } = said;
  const content: Json[] = [];
  if (reply.thinking !== null) {
    const reasoningText = { text: reply.thinking, signature: signThought('anthropic', reply.thinking) };
    const redactedContent = sealThought('anthropic', reply.thinking);
    content.push({ reasoningContent: reply.redacted ? { redactedContent } : { reasoningText } });
  }
  if (reply.text !== '') content.push({ text: reply.text });
  for (const [index, call] of reply.calls.entries()) {
    content.push({ toolUse: { toolUseId: toolId(said, index), name: call.name, input: parseJson(call.arguments) } });
  }
  return {
    metrics: { latencyMs: 1 },
    output: { message: { content, role: 'assistant' } },
    stopReason: STOP_REASONS[reply.end],
    usage: usageOf(said),
  };
}

/** Padding hides the length of a piece from who watches the wire; readers pass it over. */
const PADDING = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

export function converseEvent(type: string, value: Json, content = false): Frame {
  const headers = { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' };
  const text = JSON.stringify(value);
  return frame(encodeEvent(headers, JSON.stringify({ ...value, p: PADDING.slice(0, 8 + (text.length % 40)) })), content);
}

const delta = (index: number, value: Json, content = true): Frame =>
  converseEvent('contentBlockDelta', { contentBlockIndex: index, delta: value }, content);

export function writeConverseFrames(said: Said): readonly Frame[] {
  const { reply } = said;
  const frames: Frame[] = [converseEvent('messageStart', { role: 'assistant' })];
  let index = 0;
  const close = (): void => {
    frames.push(converseEvent('contentBlockStop', { contentBlockIndex: index }));
    index += 1;
  };
  if (reply.thinking !== null && reply.redacted) {
    frames.push(delta(index, { reasoningContent: { redactedContent: sealThought('anthropic', reply.thinking) } }));
    close();
  } else if (reply.thinking !== null) {
    for (const text of splitPieces(reply.thinking)) frames.push(delta(index, { reasoningContent: { text } }));
    frames.push(delta(index, { reasoningContent: { signature: signThought('anthropic', reply.thinking) } }, false));
    close();
  }
  if (reply.text !== '') {
    for (const text of splitPieces(reply.text)) frames.push(delta(index, { text }));
    close();
  }
  for (const [place, call] of reply.calls.entries()) {
    const start = { toolUse: { toolUseId: toolId(said, place), name: call.name } };
    frames.push(converseEvent('contentBlockStart', { contentBlockIndex: index, start }));
    // The first piece is always empty; a tool without arguments gets no other.
    const pieces = ['', ...(call.arguments === '{}' ? [] : (call.arguments.match(/[\s\S]{1,12}/g) ?? []))];
    for (const input of pieces) frames.push(delta(index, { toolUse: { input } }));
    close();
  }
  frames.push(converseEvent('messageStop', { stopReason: STOP_REASONS[reply.end] }));
  frames.push(converseEvent('metadata', { metrics: { latencyMs: 1 }, usage: usageOf(said) }));
  return frames;
}

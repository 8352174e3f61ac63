import type { Json } from '../engine/json.js';
import { namedEvent } from '../engine/sse.js';
import type { Frame, Said } from '../engine/vendor.js';
import { splitPieces } from '../meaning/split-pieces.js';
import { REFUSAL_TEXT } from '../openai-chat/write-chat.js';
import { callItem, messageItem, outputItems, reasoningItem, textPart, writeResponse } from './write-response.js';

/** The events of a streamed response: https://platform.openai.com/docs/api-reference/responses-streaming */
export function writeResponseFrames(said: Said): readonly Frame[] {
  const { reply } = said;
  const frames: Frame[] = [];
  const emit = (type: string, value: Json, content = false): void => {
    frames.push(namedEvent(type, { type, sequence_number: frames.length, ...value }, content));
  };
  const status = reply.end === 'length' ? 'incomplete' : 'completed';
  emit('response.created', { response: writeResponse(said, 'in_progress', []) });
  emit('response.in_progress', { response: writeResponse(said, 'in_progress', []) });
  const items = outputItems(said);
  for (const [index, item] of items.entries()) {
    if (item.type === 'reasoning') emitReasoning(said, index, emit);
    else if (item.type === 'message') emitMessage(said, index, emit);
    else emitCall(said, index, index - (items.length - reply.calls.length), emit);
    emit('response.output_item.done', { output_index: index, item });
  }
  emit(`response.${status}`, { response: writeResponse(said, status, items) });
  return frames;
}

type Emit = (type: string, value: Json, content?: boolean) => void;

function emitReasoning(said: Said, index: number, emit: Emit): void {
  const whole = reasoningItem(said, said.reply.thinking ?? '');
  const at = { item_id: whole.id, output_index: index, summary_index: 0 };
  emit('response.output_item.added', { output_index: index, item: { ...whole, summary: [] } });
  const [summary] = whole.summary as readonly Json[];
  if (summary === undefined) return;
  emit('response.reasoning_summary_part.added', { ...at, part: { type: 'summary_text', text: '' } });
  for (const delta of splitPieces(summary.text as string)) emit('response.reasoning_summary_text.delta', { ...at, delta }, true);
  emit('response.reasoning_summary_text.done', { ...at, text: summary.text });
  emit('response.reasoning_summary_part.done', { ...at, part: summary });
}

function emitMessage(said: Said, index: number, emit: Emit): void {
  const refused = said.reply.end === 'refused';
  const text = refused ? REFUSAL_TEXT : said.reply.text;
  const part = (value: string): Json => (refused ? { type: 'refusal', refusal: value } : textPart(value));
  const item = messageItem(said, part(''), 'in_progress');
  const at = { item_id: item.id, output_index: index, content_index: 0 };
  emit('response.output_item.added', { output_index: index, item: { ...item, content: [] } });
  emit('response.content_part.added', { ...at, part: part('') });
  const name = refused ? 'response.refusal' : 'response.output_text';
  const more = refused ? {} : { logprobs: [] };
  for (const delta of splitPieces(text)) emit(`${name}.delta`, { ...at, delta, ...more, obfuscation: 'simulated' }, true);
  emit(`${name}.done`, { ...at, ...(refused ? { refusal: text } : { text }), ...more });
  emit('response.content_part.done', { ...at, part: part(text) });
}

function emitCall(said: Said, index: number, place: number, emit: Emit): void {
  const text = said.reply.calls[place]?.arguments ?? '';
  const item = callItem(said, place, '', 'in_progress');
  const at = { item_id: item.id, output_index: index };
  emit('response.output_item.added', { output_index: index, item });
  for (const delta of text.match(/[\s\S]{1,12}/g) ?? []) {
    emit('response.function_call_arguments.delta', { ...at, delta, obfuscation: 'simulated' }, true);
  }
  emit('response.function_call_arguments.done', { ...at, arguments: text, name: item.name });
}

import { isObject, type Json, listOf } from '../engine/json.js';
import type { Said } from '../engine/vendor.js';
import { outputTotal, promptTotal, wholeTotal } from '../meaning/reply.js';
import { sealThought } from '../meaning/seal-thought.js';
import { CREATED, REFUSAL_TEXT, toolCallId } from '../openai-chat/write-chat.js';
import { SEAL } from './read-items.js';

export const responseId = ({ call }: Said): string => `resp_${call.id}`;

const usageOf = ({ reply: { buckets } }: Said): Json => ({
  input_tokens: promptTotal(buckets),
  input_tokens_details: { cached_tokens: buckets.cacheRead, cache_write_tokens: buckets.cacheWritten },
  output_tokens: outputTotal(buckets),
  output_tokens_details: { reasoning_tokens: buckets.reasoning },
  total_tokens: wholeTotal(buckets),
});

export function reasoningItem(said: Said, thinking: string): Json {
  const { body, id } = said.call;
  const summarised = isObject(body?.reasoning) && typeof body.reasoning.summary === 'string';
  const sealed = listOf(body?.include).includes('reasoning.encrypted_content');
  return {
    id: `rs_${id}`,
    type: 'reasoning',
    summary: summarised ? [{ type: 'summary_text', text: thinking }] : [],
    ...(sealed ? { encrypted_content: SEAL + sealThought('openai', thinking) } : {}),
  };
}

export const messageItem = (said: Said, part: Json, status: string): Json => ({
  id: `msg_${said.call.id}`,
  type: 'message',
  status,
  content: [part],
  role: 'assistant',
});

export const textPart = (text: string): Json => ({ type: 'output_text', annotations: [], logprobs: [], text });

export const callItem = (said: Said, index: number, args: string, status: string): Json => ({
  id: `fc_${said.call.id}${index}`,
  type: 'function_call',
  status,
  arguments: args,
  call_id: toolCallId(said, index),
  name: said.reply.calls[index]?.name,
});

/** The items of the answer, whole. */
export function outputItems(said: Said): readonly Json[] {
  const { reply } = said;
  const status = reply.end === 'length' ? 'incomplete' : 'completed';
  const refused = reply.end === 'refused';
  const empty = reply.text === '' && reply.calls.length > 0;
  return [
    ...(reply.thinking === null ? [] : [reasoningItem(said, reply.thinking)]),
    ...(empty ? [] : [messageItem(said, refused ? { type: 'refusal', refusal: REFUSAL_TEXT } : textPart(reply.text), status)]),
    ...reply.calls.map((call, index) => callItem(said, index, call.arguments, 'completed')),
  ];
}

/** `output`: the items so far. */
export function writeResponse(said: Said, status: string, output: readonly Json[]): Json {
  const { ask, call } = said;
  const body = call.body ?? {};
  const done = status === 'completed' || status === 'incomplete';
  const given = (name: string, otherwise: unknown): unknown => body[name] ?? otherwise;
  const reasoning = isObject(body.reasoning) ? body.reasoning : {};
  const text = isObject(body.text) ? body.text : {};
  return {
    id: responseId(said),
    object: 'response',
    created_at: CREATED,
    status,
    background: false,
    completed_at: done ? CREATED + 1 : null,
    error: null,
    incomplete_details: status === 'incomplete' ? { reason: 'max_output_tokens' } : null,
    instructions: given('instructions', null),
    max_output_tokens: given('max_output_tokens', null),
    max_tool_calls: given('max_tool_calls', null),
    model: ask.model,
    output,
    parallel_tool_calls: given('parallel_tool_calls', true),
    previous_response_id: given('previous_response_id', null),
    prompt_cache_key: given('prompt_cache_key', null),
    prompt_cache_retention: given('prompt_cache_retention', null),
    reasoning: { effort: reasoning.effort ?? null, summary: reasoning.summary ?? null },
    safety_identifier: given('safety_identifier', null),
    service_tier: 'default',
    store: given('store', true),
    temperature: given('temperature', 1),
    text: { format: { type: 'text' }, verbosity: 'medium', ...text },
    tool_choice: given('tool_choice', 'auto'),
    tools: given('tools', []),
    top_logprobs: 0,
    top_p: given('top_p', 1),
    truncation: given('truncation', 'disabled'),
    usage: done ? usageOf(said) : null,
    user: given('user', null),
    metadata: given('metadata', {}),
  };
}

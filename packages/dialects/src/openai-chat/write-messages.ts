import type { CanonicalMessage } from '../canonical/message.js';
import type { Part, ReasoningPart, ToolCallPart } from '../canonical/part.js';
import type { Target } from '../canonical/target.js';
import type { JsonObject, JsonValue } from '../json/json-value.js';
import { type PartsContext, writeCall, writeContent, writeDetails } from './write-parts.js';

export interface MessagesContext extends PartsContext {
  readonly target: Target;
}

export function writeMessages(messages: readonly CanonicalMessage[], context: MessagesContext): JsonObject[] {
  const written: JsonObject[] = [];
  /** Images and files of tool results: a `tool` message takes text only, so they follow in a message of the user. */
  let moved: Part[] = [];
  for (const message of messages) {
    if (message.role !== 'tool' && moved.length > 0) {
      written.push({ role: 'user', content: writeContent(moved, context) });
      moved = [];
    }
    if (message.role === 'tool') moved.push(...writeResults(message, written, context));
    else if (message.role === 'assistant') written.push(writeAssistant(message, context));
    else written.push(writeOther(message, context));
  }
  if (moved.length > 0) written.push({ role: 'user', content: writeContent(moved, context) });
  return written;
}

function restOf(message: CanonicalMessage, { own, drops }: MessagesContext): JsonObject | undefined {
  if (own) return message.rest;
  drops.addRest(message.rest);
  return undefined;
}

function writeOther(message: CanonicalMessage, context: MessagesContext): JsonObject {
  return { role: message.role, content: writeContent(message.parts, context), name: message.name, ...restOf(message, context) };
}

function writeResults(message: CanonicalMessage, written: JsonObject[], context: MessagesContext): Part[] {
  const moved: Part[] = [];
  const rest = restOf(message, context);
  for (const part of message.parts) {
    if (part.type !== 'tool_result') {
      moved.push(part);
      continue;
    }
    if (part.isError) context.drops.add('is_error');
    if (part.cache !== undefined && context.cacheMarks === 'none') context.drops.add('cache_control');
    if (!context.own) context.drops.addRest(part.rest);
    const texts = part.parts.filter((inner) => inner.type === 'text');
    const others = part.parts.filter((inner) => inner.type !== 'text');
    const content = writeContent(texts, context);
    written.push({ role: 'tool', tool_call_id: part.callId, content, ...rest });
    if (others.length > 0) moved.push({ type: 'text', text: `Of the result of ${part.callId}:` }, ...others);
  }
  return moved;
}

function writeAssistant(message: CanonicalMessage, context: MessagesContext): JsonObject {
  const said: Part[] = [];
  const calls: ToolCallPart[] = [];
  const thoughts: ReasoningPart[] = [];
  for (const part of message.parts) {
    if (part.type === 'tool_call') calls.push(part);
    else if (part.type === 'reasoning') thoughts.push(part);
    else said.push(part);
  }
  return {
    role: 'assistant',
    content: writeSaid(said, calls.length > 0, context),
    name: message.name,
    ...writeThoughts(thoughts, context),
    tool_calls: calls.length === 0 ? undefined : calls.map((call) => callOf(call, context)),
    ...restOf(message, context),
  };
}

/** One string where there is only text: some compatible vendors take no array from the assistant. */
function writeSaid(said: readonly Part[], hasCalls: boolean, context: MessagesContext): JsonValue {
  if (said.length === 0) return hasCalls ? null : '';
  if (!said.every((part) => part.type === 'text' && part.cache === undefined && part.rest === undefined))
    return writeContent(said, context);
  let text = '';
  for (const part of said) text += writeContent([part], context);
  return text;
}

function callOf(call: ToolCallPart, context: MessagesContext): JsonObject {
  if (!context.own) context.drops.addRest(call.rest);
  if (call.cache !== undefined) context.drops.add('cache_control');
  if (call.signature !== undefined && call.signature.format !== 'google') context.drops.add('signature');
  return writeCall(call, context.own);
}

function writeThoughts(thoughts: readonly ReasoningPart[], { target, drops }: MessagesContext): JsonObject | undefined {
  if (thoughts.length === 0) return undefined;
  if (target.reasoningField === 'reasoning_details')
    return { reasoning_details: thoughts.flatMap((thought, index) => writeDetails(thought, index)) };
  if (target.reasoningField === 'none') {
    drops.add('reasoning');
    return undefined;
  }
  if (thoughts.some((thought) => thought.signature ?? thought.encrypted)) drops.add('signature');
  return { [target.reasoningField]: thoughts.map((thought) => thought.text).join('\n\n') };
}

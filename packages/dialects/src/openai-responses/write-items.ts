import type { CanonicalMessage } from '../canonical/message.js';
import type { Part, ReasoningPart, ToolCallPart } from '../canonical/part.js';
import type { JsonObject, JsonValue } from '../json/json-value.js';
import { type ContentContext, writeContent } from './write-content.js';

type ToolResultPart = Extract<Part, { type: 'tool_result' }>;

/** Messages as the items of `input`: calls, results and thoughts are items of their own. */
export function writeItems(messages: readonly CanonicalMessage[], context: ContentContext): JsonObject[] {
  const items: JsonObject[] = [];
  const custom = new Set<string>();
  for (const message of messages) {
    if (message.name !== undefined) context.drops.add('name');
    if (message.role === 'assistant') writeAssistant(message, items, custom, context);
    else if (message.role === 'tool') writeResults(message, items, custom, context);
    else {
      const content = writeContent(message.parts, context, 'input_text');
      if (content.length > 0) items.push({ type: 'message', role: message.role, content, ...restOf(message, context) });
    }
  }
  return items;
}

function restOf(message: CanonicalMessage, { own, drops }: ContentContext): JsonObject | undefined {
  if (own) return message.rest;
  drops.addRest(message.rest);
  return undefined;
}

/** Runs of text become messages; everything else is an item, in its order. */
function writeAssistant(message: CanonicalMessage, items: JsonObject[], custom: Set<string>, context: ContentContext): void {
  const { own, drops } = context;
  let said: Part[] = [];
  const rest = restOf(message, context);
  const flush = (): void => {
    const content = writeContent(said, context, 'output_text');
    said = [];
    if (content.length > 0) items.push({ type: 'message', role: 'assistant', content, ...rest });
  };
  for (const part of message.parts) {
    if (part.type === 'text' || part.type === 'refusal') {
      said.push(part);
      continue;
    }
    flush();
    if (part.type === 'tool_call') {
      if (part.custom) custom.add(part.id);
      if (part.signature !== undefined) drops.add('signature');
      if (part.cache !== undefined) drops.add('cache_control');
      if (!own) drops.addRest(part.rest);
      items.push({ ...writeCall(part), ...(own ? part.rest : undefined) });
    } else if (part.type === 'reasoning') {
      const item = writeThought(part, context);
      if (item !== null) items.push(item);
    } else if (part.type === 'opaque' && part.dialect === 'openai-responses') items.push(part.value);
    else drops.add(part.type === 'opaque' ? part.kind : part.type);
  }
  flush();
}

export const writeCall = (call: ToolCallPart): JsonObject =>
  call.custom
    ? { type: 'custom_tool_call', call_id: call.id, name: call.name, input: call.arguments }
    : { type: 'function_call', call_id: call.id, name: call.name, arguments: call.arguments };

/** OpenAI takes back what it has encrypted, or (with storage) what it knows by id; no other vendor's thought. */
function writeThought(part: ReasoningPart, { own, drops }: ContentContext): JsonObject | null {
  const { encrypted, text, summary, id } = part;
  if (encrypted?.format !== 'openai' && !(own && id !== undefined && part.signature === undefined && encrypted === undefined)) {
    drops.add('reasoning');
    return null;
  }
  const pieces = summary ?? (text === '' ? [] : [text]);
  return {
    type: 'reasoning',
    id,
    summary: pieces.map((piece) => ({ type: 'summary_text', text: piece })),
    encrypted_content: encrypted?.data,
    ...(own ? part.rest : undefined),
  };
}

function writeResults(
  message: CanonicalMessage,
  items: JsonObject[],
  custom: ReadonlySet<string>,
  context: ContentContext,
): void {
  for (const part of message.parts) {
    if (part.type === 'tool_result') items.push(writeResult(part, custom.has(part.callId) || part.custom === true, context));
    else if (part.type === 'opaque' && part.dialect === 'openai-responses') items.push(part.value);
    else context.drops.add(part.type);
  }
}

function writeResult(part: ToolResultPart, custom: boolean, context: ContentContext): JsonObject {
  const { own, drops } = context;
  if (part.isError) drops.add('is_error');
  if (part.cache !== undefined && context.cacheMarks === 'none') drops.add('cache_control');
  if (!own) drops.addRest(part.rest);
  const content = writeContent(part.parts, context, 'input_text');
  const only = content[0];
  const plain = content.length === 1 && only !== undefined && Object.keys(only).length === 2 ? only['text'] : undefined;
  const output: JsonValue = content.length === 0 ? '' : (plain ?? content);
  return {
    type: custom ? 'custom_tool_call_output' : 'function_call_output',
    call_id: part.callId,
    output,
    ...(own ? part.rest : undefined),
  };
}

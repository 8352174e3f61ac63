import type { Drops } from '../canonical/drops.js';
import type { CanonicalMessage } from '../canonical/message.js';
import type { Part, ToolCallPart } from '../canonical/part.js';
import { plainText } from '../canonical/plain-text.js';
import type { JsonObject } from '../json/json-value.js';
import { writeContent } from './write-parts.js';

/** Messages of `POST /v2/chat` (https://docs.cohere.com/reference/chat). One without content is refused, so it is left out. */
export function writeMessages(messages: readonly CanonicalMessage[], drops: Drops): JsonObject[] {
  const written: JsonObject[] = [];
  /** Pictures of results, which hold text only: they follow as the user's, after all results. */
  let moved: Part[] = [];
  for (const message of messages) {
    if (message.name !== undefined) drops.add('name');
    drops.addRest(message.rest);
    if (message.role !== 'tool') {
      addUser(written, moved, drops);
      moved = [];
    }
    if (message.role === 'tool') moved.push(...writeResults(message.parts, written, drops));
    else if (message.role === 'assistant') written.push(...writeAssistant(message.parts, drops));
    else if (message.role === 'user') addUser(written, message.parts, drops);
    else written.push(...withContent('system', message.parts, drops));
  }
  addUser(written, moved, drops);
  return written;
}

function withContent(role: string, parts: readonly Part[], drops: Drops): JsonObject[] {
  const content = writeContent(parts, drops);
  return content === '' ? [] : [{ role, content }];
}

function addUser(written: JsonObject[], parts: readonly Part[], drops: Drops): void {
  if (parts.length > 0) written.push(...withContent('user', parts, drops));
}

/** What is said beside calls is the plan of them (`tool_plan`), as the vendor's own models have it. */
function writeAssistant(parts: readonly Part[], drops: Drops): JsonObject[] {
  const calls: ToolCallPart[] = [];
  const plan: Part[] = [];
  const others: Part[] = [];
  for (const part of parts) {
    if (part.type === 'tool_call') calls.push(part);
    else if (part.type === 'text') plan.push(part);
    else others.push(part);
  }
  if (calls.length === 0) return withContent('assistant', parts, drops);
  const content = writeContent(others, drops);
  // For what is named of texts.
  writeContent(plan, drops);
  return [
    {
      role: 'assistant',
      content: content === '' ? undefined : content,
      tool_plan: plainText(plan) || undefined,
      tool_calls: calls.map((call) => writeCall(call, drops)),
    },
  ];
}

function writeCall(call: ToolCallPart, drops: Drops): JsonObject {
  if (call.signature !== undefined) drops.add('signature');
  if (call.cache !== undefined) drops.add('cache_control');
  drops.addRest(call.rest);
  const text = call.custom ? JSON.stringify({ input: call.arguments }) : call.arguments;
  return { id: call.id, type: 'function', function: { name: call.name, arguments: text } };
}

function writeResults(parts: readonly Part[], written: JsonObject[], drops: Drops): Part[] {
  const moved: Part[] = [];
  for (const part of parts) {
    if (part.type !== 'tool_result') {
      moved.push(part);
      continue;
    }
    if (part.isError) drops.add('is_error');
    if (part.cache !== undefined) drops.add('cache_control');
    drops.addRest(part.rest);
    const texts = part.parts.filter((inner) => inner.type === 'text');
    const others = part.parts.filter((inner) => inner.type !== 'text');
    written.push({ role: 'tool', tool_call_id: part.callId, content: writeContent(texts, drops) });
    if (others.length > 0) moved.push({ type: 'text', text: `Of the result of ${part.callId}:` }, ...others);
  }
  return moved;
}

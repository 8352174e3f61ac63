import type { Drops } from '../canonical/drops.js';
import type { CanonicalMessage } from '../canonical/message.js';
import type { Part, ToolCallPart } from '../canonical/part.js';
import type { JsonObject } from '../json/json-value.js';
import { CallIds } from './call-ids.js';
import { writeContent } from './write-parts.js';

/** Between results and words of the user the vendor wants the assistant ("Unexpected role 'user' after role 'tool'", 3230). */
const BETWEEN: JsonObject = { role: 'assistant', content: 'Understood.' };

/**
 * Messages in the order that the vendor takes: instructions first, results right after their calls, the assistant last only
 * as the beginning of its answer (`prefix`).
 */
export function writeMessages(messages: readonly CanonicalMessage[], drops: Drops): JsonObject[] {
  const ids = new CallIds();
  const first: JsonObject[] = [];
  const written: JsonObject[] = [];
  for (const message of messages) {
    if (message.name !== undefined) drops.add('name');
    drops.addRest(message.rest);
    switch (message.role) {
      case 'system':
      case 'developer':
        if (written.length > 0) drops.add('messages.system_position');
        first.push({ role: 'system', content: writeContent(message.parts, drops) });
        break;
      case 'assistant':
        written.push(...writeAssistant(message, ids, drops));
        break;
      case 'tool':
        writeResults(message, written, ids, drops);
        break;
      default:
        addUser(written, message.parts, drops);
    }
  }
  const last = written.at(-1);
  if (last?.['role'] === 'assistant' && last['tool_calls'] === undefined) written[written.length - 1] = { ...last, prefix: true };
  return [...first, ...written];
}

function addUser(written: JsonObject[], parts: readonly Part[], drops: Drops): void {
  if (written.at(-1)?.['role'] === 'tool') written.push(BETWEEN);
  written.push({ role: 'user', content: writeContent(parts, drops) });
}

/** One without words and calls is refused (3240), so it is left out. */
function writeAssistant(message: CanonicalMessage, ids: CallIds, drops: Drops): JsonObject[] {
  const calls: ToolCallPart[] = [];
  const said: Part[] = [];
  for (const part of message.parts) {
    if (part.type === 'tool_call') calls.push(part);
    else said.push(part);
  }
  const content = writeContent(said, drops);
  if (content === '' && calls.length === 0) return [];
  const tool_calls = calls.length === 0 ? undefined : calls.map((call) => writeCall(call, ids, drops));
  return [{ role: 'assistant', content, tool_calls }];
}

function writeCall(call: ToolCallPart, ids: CallIds, drops: Drops): JsonObject {
  if (call.signature !== undefined) drops.add('signature');
  if (call.cache !== undefined) drops.add('cache_control');
  drops.addRest(call.rest);
  const text = call.custom ? JSON.stringify({ input: call.arguments }) : call.arguments;
  return { id: ids.idOf(call.id), type: 'function', function: { name: call.name, arguments: text } };
}

function writeResults(message: CanonicalMessage, written: JsonObject[], ids: CallIds, drops: Drops): void {
  const shown: Part[] = [];
  for (const part of message.parts) {
    if (part.type !== 'tool_result') {
      shown.push(part);
      continue;
    }
    if (part.isError) drops.add('is_error');
    if (part.cache !== undefined) drops.add('cache_control');
    drops.addRest(part.rest);
    const content = writeContent(part.parts, drops);
    written.push({ role: 'tool', tool_call_id: ids.idOf(part.callId), name: part.name, content });
  }
  if (shown.length > 0) addUser(written, shown, drops);
}

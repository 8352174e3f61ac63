import type { CanonicalMessage, Role } from '../canonical/message.js';
import { checkMessageCount } from '../canonical/messages-max.js';
import type { Part, ToolCallPart } from '../canonical/part.js';
import type { JsonObject, JsonValue } from '../json/json-value.js';
import { takeArray, takeObject, takeRest, takeText } from '../json/take.js';
import { needObject, needText, Unwanted, wantArray, wantText } from '../json/want.js';
import { readCache, readContent, readReasoning } from './read-parts.js';

const MESSAGE = new Set(
  'role content name tool_calls tool_call_id function_call refusal reasoning reasoning_content reasoning_details cache_control'.split(
    ' ',
  ),
);
const ROLES: ReadonlySet<string> = new Set(['system', 'developer', 'user', 'assistant', 'tool', 'function']);

export function readMessages(value: JsonValue | undefined): CanonicalMessage[] {
  const messages = wantArray(value, 'messages');
  if (messages === undefined) throw new Unwanted('messages', '"messages" is missing: send an array of messages.');
  checkMessageCount(messages.length, 'messages');
  const names = new Map<string, string>();
  return messages.map((entry, index) => readMessage(needObject(entry, `messages[${index}]`), `messages[${index}]`, names));
}

function readMessage(message: JsonObject, path: string, names: Map<string, string>): CanonicalMessage {
  const role = needText(message['role'], `${path}.role`);
  if (!ROLES.has(role)) throw new Unwanted(`${path}.role`, `"${path}.role" must be one of ${[...ROLES].join(', ')}.`);
  const content = withCache(readContent(message['content'], `${path}.content`), message);
  const name = wantText(message['name'], `${path}.name`);
  const rest = takeRest(message, MESSAGE);
  if (role === 'tool' || role === 'function') {
    // A `function` message has no id: its call went under its name.
    const callId = role === 'function' ? (name ?? '') : needText(message['tool_call_id'], `${path}.tool_call_id`);
    return { role: 'tool', parts: [{ type: 'tool_result', callId, name: name ?? names.get(callId), parts: content }], rest };
  }
  if (role !== 'assistant') return { role: role as Role, parts: content, name, rest };
  const calls = readCalls(message, path);
  for (const call of calls) names.set(call.id, call.name);
  const refusal = wantText(message['refusal'], `${path}.refusal`);
  const parts: Part[] = [...readReasoning(message), ...content];
  if (refusal) parts.push({ type: 'refusal', text: refusal });
  parts.push(...calls);
  return { role: 'assistant', parts, name, rest };
}

/** A mark on the message is one on its last part. */
function withCache(parts: Part[], message: JsonObject): Part[] {
  const cache = readCache(message);
  const last = parts.at(-1);
  if (cache !== undefined && last !== undefined && last.type !== 'opaque') parts[parts.length - 1] = { ...last, cache };
  return parts;
}

function readCalls(message: JsonObject, path: string): ToolCallPart[] {
  const calls = (wantArray(message['tool_calls'], `${path}.tool_calls`) ?? []).map((entry, index) =>
    readCall(needObject(entry, `${path}.tool_calls[${index}]`), `${path}.tool_calls[${index}]`),
  );
  const legacy = takeObject(message['function_call']);
  const name = takeText(legacy['name']);
  if (name !== undefined && calls.length === 0)
    calls.push({ type: 'tool_call', id: name, name, arguments: takeText(legacy['arguments']) || '{}' });
  return calls;
}

const CALL = new Set(['id', 'type', 'function', 'custom', 'index', 'extra_content']);

/** One tool call of a message, a caller's or a vendor's. */
export function readCall(call: JsonObject, path: string): ToolCallPart {
  const id = wantText(call['id'], `${path}.id`) ?? '';
  const signature = readCallSignature(call);
  const rest = takeRest(call, CALL);
  if (call['type'] === 'custom') {
    const custom = needObject(call['custom'], `${path}.custom`);
    const name = needText(custom['name'], `${path}.custom.name`);
    return {
      type: 'tool_call',
      id,
      name,
      arguments: wantText(custom['input'], `${path}.custom.input`) ?? '',
      custom: true,
      signature,
      rest,
    };
  }
  const called = needObject(call['function'], `${path}.function`);
  const name = needText(called['name'], `${path}.function.name`);
  return { type: 'tool_call', id, name, arguments: readArguments(called['arguments']), signature, rest };
}

/** Text as OpenAI has it; an object where a vendor (Ollama, some proxies) forgot to write it as text. */
export function readArguments(value: JsonValue | undefined): string {
  if (typeof value === 'string') return value.trim() === '' ? '{}' : value;
  return value === undefined || value === null ? '{}' : JSON.stringify(value);
}

/** Google's place for a thought signature in this dialect (https://ai.google.dev/gemini-api/docs/thought-signatures). */
export function readCallSignature(call: JsonObject): ToolCallPart['signature'] {
  const google = takeObject(takeObject(call['extra_content'])['google']);
  const data = takeText(google['thought_signature']);
  return data === undefined ? undefined : { format: 'google', data };
}

/** Calls of an answer; what cannot be read is left out, since an upstream is no caller to refuse. */
export function takeCalls(value: JsonValue | undefined): ToolCallPart[] {
  return takeArray(value).flatMap((entry) => {
    try {
      return readCall(takeObject(entry), '');
    } catch (error) {
      if (error instanceof Unwanted) return [];
      throw error;
    }
  });
}

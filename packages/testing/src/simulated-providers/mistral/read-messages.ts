import { isGiven, isObject, type Json, objectsOf, textOf } from '../engine/json.js';
import { refuse } from '../engine/refusal.js';
import type { Conversation } from '../meaning/conversation.js';
import { readDataUrl, sniffMediaType } from '../meaning/sniff-media-type.js';

const refuseOrder = (message: string): never => refuse(message, { type: 'invalid_request_message_order', code: '3230' });

/** Who may speak after whom. */
const AFTER: Readonly<Record<string, readonly string[]>> = {
  system: ['start', 'system'],
  user: ['start', 'system', 'user', 'assistant'],
  assistant: ['start', 'system', 'user', 'assistant', 'tool'],
  tool: ['assistant', 'tool'],
};

/** Walks the messages: the order of roles, ids of nine characters, and as many results as calls. */
export function readMistralMessages(messages: unknown, conversation: Conversation): void {
  const all = objectsOf(messages);
  if (all.length === 0)
    refuse('Conversation must have at least one message', { type: 'invalid_request_message_order', code: '3230' });
  let before = 'start';
  let open: string[] = [];
  for (const message of all) {
    const role = textOf(message.role);
    const allowed =
      AFTER[role] ??
      refuse(
        `Input tag '${role}' found using 'role' does not match any of the expected tags: 'assistant', 'system', 'tool', 'user'`,
        { status: 422 },
      );
    if (!allowed.includes(before) || (before === 'assistant' && role === 'tool' && open.length === 0))
      refuseOrder(`Unexpected role '${role}' after role '${before}'`);
    if (role !== 'tool' && open.length > 0) refuseOrder('Not the same number of function calls and responses');
    switch (role) {
      case 'assistant':
        conversation.turn('model');
        open = readAssistant(message, conversation);
        break;
      case 'tool': {
        const id = checkId(textOf(message.tool_call_id));
        if (!open.includes(id)) refuseOrder('Unexpected tool call id in tool results');
        open = open.filter((one) => one !== id);
        conversation.turn('user');
        conversation.result(id, textOfParts(message.content), false);
        break;
      }
      default:
        conversation.turn(role === 'user' ? 'user' : 'system');
        readContent(message.content, conversation);
    }
    before = role;
  }
  if (open.length > 0) refuseOrder('Not the same number of function calls and responses');
  const last = all.at(-1) as Json;
  if (last.role !== 'user' && last.role !== 'tool' && last.prefix !== true) {
    refuseOrder(`Expected last role User or Tool (or Assistant with prefix True) for serving but got ${textOf(last.role)}`);
  }
}

function checkId(id: string): string {
  if (/^[a-zA-Z0-9]{9}$/.test(id)) return id;
  return refuse(`Tool call id was ${id} but must be a-z, A-Z, 0-9, with a length of 9.`, {
    type: 'invalid_function_call',
    code: '3280',
  });
}

function readAssistant(message: Json, conversation: Conversation): string[] {
  const calls = objectsOf(message.tool_calls);
  const empty = !isGiven(message.content) || message.content === '';
  if (empty && calls.length === 0)
    refuse('Assistant message must have either content or tool_calls, but not none.', {
      type: 'invalid_request_assistant_message',
      code: '3240',
    });
  if (!empty) conversation.text(textOfParts(message.content));
  return calls.map((call) => {
    const definition = isObject(call.function) ? call.function : {};
    const args = definition.arguments;
    conversation.call(
      checkId(textOf(call.id)),
      textOf(definition.name),
      typeof args === 'string' ? args : JSON.stringify(args ?? {}),
    );
    return textOf(call.id);
  });
}

function textOfParts(content: unknown): string {
  if (typeof content === 'string') return content;
  return objectsOf(content)
    .map((part) => textOf(part.text))
    .join('');
}

function readContent(content: unknown, conversation: Conversation): void {
  if (typeof content === 'string') {
    conversation.text(content);
    return;
  }
  if (!Array.isArray(content)) refuse('Input should be a valid string', { status: 422 });
  for (const part of objectsOf(content)) {
    switch (part.type) {
      case 'text':
        conversation.text(textOf(part.text));
        break;
      case 'image_url':
        readImage(isObject(part.image_url) ? textOf(part.image_url.url) : textOf(part.image_url), conversation);
        break;
      case 'document_url': {
        const data = readDataUrl(textOf(part.document_url));
        conversation.medium({ kind: 'document', mediaType: data?.mediaType ?? 'file', bytes: data?.bytes.length ?? null });
        break;
      }
      case 'input_audio':
        conversation.medium({ kind: 'audio', mediaType: 'audio', bytes: Buffer.from(textOf(part.input_audio), 'base64').length });
        break;
      default:
        refuse(`Input tag '${textOf(part.type)}' found using 'type' does not match any of the expected tags`, { status: 422 });
    }
  }
}

function readImage(url: string, conversation: Conversation): void {
  if (/^https?:/.test(url)) {
    conversation.medium({ kind: 'image', mediaType: 'image', bytes: null });
    return;
  }
  const data = readDataUrl(url) ?? refuse('Image could not be loaded as base64.', { type: 'invalid_request_file', code: '3310' });
  if (sniffMediaType(data.bytes) !== data.mediaType)
    refuse('Image could not be loaded as base64.', { type: 'invalid_request_file', code: '3310' });
  conversation.medium({ kind: 'image', mediaType: data.mediaType, bytes: data.bytes.length });
}

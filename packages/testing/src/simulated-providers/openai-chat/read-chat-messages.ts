import { isGiven, isObject, type Json, objectsOf, textOf } from '../engine/json.js';
import { refuse } from '../engine/refusal.js';
import type { Conversation } from '../meaning/conversation.js';
import { readDataUrl, sniffMediaType } from '../meaning/sniff-media-type.js';

const ROLES = ['system', 'assistant', 'user', 'function', 'tool', 'developer'];

/** Walks the messages; calls and their results belong together. */
export function readChatMessages(messages: unknown, conversation: Conversation): void {
  if (messages === undefined)
    refuse("Missing required parameter: 'messages'.", { param: 'messages', code: 'missing_required_parameter' });
  if (!Array.isArray(messages) || messages.length === 0) {
    refuse("Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.", {
      param: 'messages',
      code: 'empty_array',
    });
  }
  let open: string[] = [];
  let after = 'the beginning';
  for (const [index, message] of objectsOf(messages).entries()) {
    const role = textOf(message.role);
    const param = `messages[${index}]`;
    if (!ROLES.includes(role)) {
      refuse(`Invalid value: '${role}'. Supported values are: ${ROLES.map((name) => `'${name}'`).join(', ')}.`, {
        param: `${param}.role`,
        code: 'invalid_value',
      });
    }
    if (role !== 'tool') refuseOpen(open, after);
    switch (role) {
      case 'tool': {
        const id = textOf(message.tool_call_id);
        if (id === '')
          refuse(`Missing parameter 'tool_call_id': messages with role 'tool' must have a 'tool_call_id'.`, {
            param: `messages.[${index}].tool_call_id`,
          });
        if (!open.includes(id)) {
          refuse("Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.", {
            param: `messages.[${index}].role`,
          });
        }
        open = open.filter((one) => one !== id);
        conversation.turn('user');
        conversation.result(id, textOfContent(message.content, `${param}.content`), false);
        break;
      }
      case 'assistant':
        conversation.turn('model');
        open = readAssistant(message, param, conversation);
        after = param;
        break;
      default:
        conversation.turn(role === 'user' ? 'user' : 'system');
        readContent(message, role, param, conversation);
    }
  }
  refuseOpen(open, after);
}

function refuseOpen(open: readonly string[], param: string): void {
  if (open.length === 0) return;
  refuse(
    `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. ` +
      `The following tool_call_ids did not have response messages: ${open.join(', ')}`,
    { param },
  );
}

/** The ids that wait for a result. */
function readAssistant(message: Json, param: string, conversation: Conversation): string[] {
  const calls = objectsOf(message.tool_calls);
  if (Array.isArray(message.tool_calls) && calls.length === 0) {
    refuse(
      `Invalid '${param}.tool_calls': empty array. Expected an array with minimum length 1, but got an empty array instead.`,
      { param: `${param}.tool_calls`, code: 'empty_array' },
    );
  }
  if (
    !isGiven(message.content) &&
    calls.length === 0 &&
    !isGiven(message.refusal) &&
    !isGiven(message.audio) &&
    !isGiven(message.function_call)
  ) {
    refuse("Invalid value for 'content': expected a string, got null.", { param: `messages.[${param.slice(9, -1)}].content` });
  }
  if (isGiven(message.content)) conversation.text(textOfContent(message.content, `${param}.content`));
  return calls.map((call, index) => {
    const definition = isObject(call.function)
      ? call.function
      : refuse(`Missing required parameter: '${param}.tool_calls[${index}].function'.`, {
          param,
          code: 'missing_required_parameter',
        });
    const [id, args] = [textOf(call.id), definition.arguments];
    if (id === '')
      refuse(`Missing required parameter: '${param}.tool_calls[${index}].id'.`, { param, code: 'missing_required_parameter' });
    if (call.type !== 'function')
      refuse(`Missing required parameter: '${param}.tool_calls[${index}].type'.`, { param, code: 'missing_required_parameter' });
    if (typeof args !== 'string') {
      refuse(
        `Invalid type for '${param}.tool_calls[${index}].function.arguments': expected a string, but got an object instead.`,
        { param, code: 'invalid_type' },
      );
    }
    conversation.call(id, textOf(definition.name), textOf(args));
    return id;
  });
}

/** Text alone: what roles other than the user's may say. */
function textOfContent(content: unknown, param: string): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content))
    refuse(
      `Invalid type for '${param}': expected one of a string or array of objects, but got ${content === null ? 'null' : typeof content} instead.`,
      { param, code: 'invalid_type' },
    );
  return objectsOf(content)
    .map((part, index) => {
      if (part.type !== 'text' && part.type !== 'refusal') {
        refuse(`Invalid value: '${textOf(part.type)}'. Supported values are: 'text'.`, {
          param: `${param}[${index}].type`,
          code: 'invalid_value',
        });
      }
      return textOf(part.text ?? part.refusal);
    })
    .join('');
}

function readContent(message: Json, role: string, param: string, conversation: Conversation): void {
  if (role !== 'user' || typeof message.content === 'string') {
    conversation.text(textOfContent(message.content, `${param}.content`));
    return;
  }
  if (!Array.isArray(message.content)) textOfContent(message.content, `${param}.content`);
  for (const [index, part] of objectsOf(message.content).entries()) readPart(part, `${param}.content[${index}]`, conversation);
}

function readPart(part: Json, param: string, conversation: Conversation): void {
  switch (part.type) {
    case 'text':
      conversation.text(textOf(part.text));
      return;
    case 'image_url':
      readImageUrl(isObject(part.image_url) ? textOf(part.image_url.url) : '', param, conversation);
      return;
    case 'input_audio': {
      const audio = isObject(part.input_audio) ? part.input_audio : {};
      const format = textOf(audio.format);
      if (format !== 'wav' && format !== 'mp3')
        refuse(`Invalid value: '${format}'. Supported values are: 'wav' and 'mp3'.`, { param, code: 'invalid_value' });
      const bytes = Buffer.from(textOf(audio.data), 'base64').length;
      conversation.medium({ kind: 'audio', mediaType: format === 'mp3' ? 'audio/mpeg' : 'audio/wav', bytes });
      return;
    }
    case 'file': {
      const file = isObject(part.file) ? part.file : {};
      const data = readDataUrl(textOf(file.file_data));
      if (data === null && textOf(file.file_id) === '') {
        refuse(
          `Invalid file data: '${param}.file.file_data'. Expected a base64-encoded data URL with an application/pdf MIME type.`,
          { param, code: 'invalid_value' },
        );
      }
      conversation.medium({ kind: 'document', mediaType: data?.mediaType ?? 'file', bytes: data?.bytes.length ?? null });
      return;
    }
    default:
      refuse(
        `Invalid value: '${textOf(part.type)}'. Supported values are: 'text', 'image_url', 'input_audio', 'refusal', 'audio', and 'file'.`,
        { param, code: 'invalid_value' },
      );
  }
}

export function readImageUrl(url: string, param: string, conversation: Conversation): void {
  if (/^https?:\/\//.test(url)) {
    conversation.medium({ kind: 'image', mediaType: 'image', bytes: null });
    return;
  }
  const data = readDataUrl(url) ?? refuse('Invalid base64 image_url.', { param, code: 'invalid_base64' });
  const actual = sniffMediaType(data.bytes);
  if (actual === null || !actual.startsWith('image/')) {
    refuse(
      "You uploaded an unsupported image. Please make sure your image has of one the following formats: ['png', 'jpeg', 'gif', 'webp'].",
      { code: 'invalid_image_format' },
    );
  }
  // The vendor believes the bytes, not the label.
  conversation.medium({ kind: 'image', mediaType: actual as string, bytes: data.bytes.length });
}

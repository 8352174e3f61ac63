import { isGiven, isObject, type Json, listOf, objectsOf, strangeField, textOf } from '../engine/json.js';
import { refuse } from '../engine/refusal.js';
import type { Call } from '../engine/vendor.js';
import type { Ask, ToolChoice } from '../meaning/ask.js';
import { type Conversation, createConversation } from '../meaning/conversation.js';
import { readDataUrl, sniffMediaType } from '../meaning/sniff-media-type.js';

const FIELDS = [
  'model',
  'messages',
  'stream',
  'tools',
  'strict_tools',
  'documents',
  'citation_options',
  'response_format',
  'safety_mode',
  'max_tokens',
  'stop_sequences',
  'temperature',
  'seed',
  'frequency_penalty',
  'presence_penalty',
  'k',
  'p',
  'logprobs',
  'tool_choice',
  'thinking',
  'priority',
  'raw_prompting',
];

/** Reads `POST /v2/chat` as strictly as https://docs.cohere.com/reference/chat says. */
export function readCohereChat(call: Call): Ask {
  const body = call.body ?? refuse('invalid request: body is not valid json');
  const strange = strangeField(body, FIELDS);
  if (strange !== undefined)
    refuse(`invalid request: unknown field: parameter '${strange}' is not a valid field`, { status: 422 });
  const model = textOf(body.model);
  if (model === '') refuse('invalid request: model is required');
  const limit = body.max_tokens;
  if (isGiven(limit) && (!Number.isInteger(limit) || (limit as number) < 1))
    refuse('invalid request: max_tokens must be greater than or equal to 1');
  for (const [name, most] of [
    ['temperature', 1],
    ['p', 0.99],
  ] as const) {
    const value = body[name];
    if (isGiven(value) && (typeof value !== 'number' || value < 0 || value > most))
      refuse(`invalid request: ${name} must be between 0 and ${most} inclusive.`);
  }
  if (listOf(body.stop_sequences).length > 5) refuse('invalid request: too many stop sequences, at most 5 are allowed');
  const conversation = createConversation();
  const tools = readTools(body, conversation);
  readMessages(body.messages, conversation);
  const format = isObject(body.response_format) ? body.response_format : {};
  const schema = format.schema ?? format.json_schema;
  if (isGiven(format.type) && format.type !== 'text' && format.type !== 'json_object')
    refuse("invalid request: response_format.type must be 'text' or 'json_object'");
  if (format.type === 'json_object' && tools.length > 0) refuse('invalid request: response_format is not supported with tools');
  return conversation.finish({
    model,
    stream: body.stream === true,
    choice: readChoice(body.tool_choice, tools),
    parallel: true,
    schema: format.type === 'json_object' ? (isObject(schema) ? schema : {}) : null,
    thinking: isObject(body.thinking) && body.thinking.type === 'enabled',
    maxTokens: typeof limit === 'number' ? limit : null,
    stops: listOf(body.stop_sequences).map(textOf),
    user: call.headers['x-client-name'] ?? null,
    cachesMarkedOnly: false,
  });
}

function readTools(body: Json, conversation: Conversation): readonly string[] {
  return objectsOf(body.tools).map((tool, index) => {
    const definition =
      tool.type === 'function' && isObject(tool.function)
        ? tool.function
        : refuse(`invalid request: tools[${index}].type must be 'function'`);
    const name = textOf(definition.name);
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name)) refuse(`invalid request: tools[${index}].function.name is not valid`);
    const schema = isObject(definition.parameters) ? definition.parameters : null;
    if (schema !== null && schema.type !== 'object')
      refuse(`invalid request: tools[${index}].function.parameters must be a JSON schema of type object`);
    conversation.tool({ name, schema }, JSON.stringify(definition));
    return name;
  });
}

function readChoice(choice: unknown, tools: readonly string[]): ToolChoice {
  if (!isGiven(choice)) return { kind: 'auto' };
  if (choice !== 'REQUIRED' && choice !== 'NONE') refuse("invalid request: tool_choice must be one of 'REQUIRED' or 'NONE'");
  if (choice === 'REQUIRED' && tools.length === 0) refuse('invalid request: tool_choice REQUIRED needs tools');
  return { kind: choice === 'NONE' ? 'none' : 'any' };
}

function readMessages(messages: unknown, conversation: Conversation): void {
  const all = objectsOf(messages);
  if (all.length === 0) refuse('invalid request: at least one message is required');
  let asked: string[] = [];
  for (const [index, message] of all.entries()) {
    const path = `messages[${index}]`;
    if (message.role !== 'tool' && asked.length > 0)
      refuse(`invalid request: ${path}: missing tool results for tool calls with ids: ${asked.join(', ')}`);
    switch (message.role) {
      case 'system':
      case 'user':
        conversation.turn(message.role);
        readContent(message.content, path, conversation);
        break;
      case 'assistant':
        conversation.turn('model');
        asked = readAssistant(message, path, conversation);
        break;
      case 'tool': {
        const id = textOf(message.tool_call_id);
        if (!asked.includes(id)) refuse(`invalid request: ${path}: tool call id ${id} not found in previous tool calls`);
        asked = asked.filter((one) => one !== id);
        conversation.turn('user');
        conversation.result(id, readResult(message.content, path), false);
        break;
      }
      default:
        refuse(`invalid request: ${path}.role must be one of 'user', 'assistant', 'system', 'tool'`);
    }
  }
  if (asked.length > 0) refuse(`invalid request: missing tool results for tool calls with ids: ${asked.join(', ')}`);
  if (all.at(-1)?.role === 'assistant') refuse('invalid request: the last message must not be from the assistant');
}

function readAssistant(message: Json, path: string, conversation: Conversation): string[] {
  const calls = objectsOf(message.tool_calls);
  if (!isGiven(message.content) && calls.length === 0) refuse(`invalid request: ${path} must have content or tool_calls`);
  if (isGiven(message.content)) readContent(message.content, path, conversation);
  conversation.text(textOf(message.tool_plan));
  return calls.map((call) => {
    const definition = isObject(call.function) ? call.function : {};
    if (typeof definition.arguments !== 'string')
      refuse(`invalid request: ${path}.tool_calls.function.arguments must be a string`);
    conversation.call(textOf(call.id), textOf(definition.name), textOf(definition.arguments));
    return textOf(call.id);
  });
}

function readContent(content: unknown, path: string, conversation: Conversation): void {
  if (typeof content === 'string') {
    if (content === '') refuse(`invalid request: ${path}.content must be at least 1 token long`);
    conversation.text(content);
    return;
  }
  if (!Array.isArray(content) || content.length === 0) refuse(`invalid request: ${path}.content is required`);
  for (const part of objectsOf(content)) {
    if (part.type === 'text') conversation.text(textOf(part.text));
    else if (part.type === 'image_url') readImage(isObject(part.image_url) ? textOf(part.image_url.url) : '', path, conversation);
    else if (part.type !== 'thinking') refuse(`invalid request: ${path}.content.type '${textOf(part.type)}' is not valid`);
  }
}

function readImage(url: string, path: string, conversation: Conversation): void {
  const data = readDataUrl(url);
  if (data === null && !/^https?:/.test(url)) refuse(`invalid request: ${path}: image_url must be a data url or a web url`);
  if (data !== null && sniffMediaType(data.bytes) !== data.mediaType)
    refuse(`invalid request: ${path}: the image is no ${data.mediaType}`);
  conversation.medium({ kind: 'image', mediaType: data?.mediaType ?? 'image', bytes: data?.bytes.length ?? null });
}

function readResult(content: unknown, path: string): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) refuse(`invalid request: ${path}.content is required`);
  return objectsOf(content)
    .map((part) => {
      if (part.type === 'text') return textOf(part.text);
      const document =
        part.type === 'document' && isObject(part.document)
          ? part.document
          : refuse(`invalid request: ${path}.content.type must be 'text' or 'document'`);
      return typeof document.data === 'string' ? document.data : JSON.stringify(document.data);
    })
    .join('');
}

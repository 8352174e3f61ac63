import { isGiven, isObject, type Json, listOf, objectsOf, textOf } from '../engine/json.js';
import { refuse } from '../engine/refusal.js';
import type { Call } from '../engine/vendor.js';
import type { Ask } from '../meaning/ask.js';
import { type Conversation, createConversation } from '../meaning/conversation.js';
import { decodeBase64, sniffMediaType } from '../meaning/sniff-media-type.js';

const goType = (value: unknown): string => (Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value);

function unmarshal(value: unknown, field: string, type: string): never {
  return refuse(`json: cannot unmarshal ${goType(value)} into Go struct field ChatRequest.${field} of type ${type}`);
}

/** Reads `POST /api/chat`: types are checked, names that it does not know are passed over. https://docs.ollama.com/api/chat */
export function readOllamaChat(call: Call): Ask {
  const body = call.body ?? refuse('missing request body');
  const model = textOf(body.model);
  if (model === '') refuse('model is required');
  const conversation = createConversation();
  for (const tool of objectsOf(body.tools)) readTool(tool, conversation);
  if (isGiven(body.messages) && !Array.isArray(body.messages)) unmarshal(body.messages, 'messages', '[]api.Message');
  for (const message of objectsOf(body.messages)) readMessage(message, conversation);
  const options = isObject(body.options) ? body.options : {};
  const thinks = isGiven(body.think) && body.think !== false;
  if (thinks && /^(llama|gemma|mistral)/.test(model)) refuse(`"${model}" does not support thinking`);
  const format = body.format;
  if (isGiven(format) && format !== '' && format !== 'json' && !isObject(format)) {
    refuse(`invalid format: ${JSON.stringify(format)}; expected "json" or a valid JSON Schema object`);
  }
  return conversation.finish({
    model,
    stream: body.stream !== false,
    choice: { kind: 'auto' },
    parallel: true,
    schema: isObject(format) ? format : format === 'json' ? {} : null,
    thinking: thinks,
    maxTokens: typeof options.num_predict === 'number' && options.num_predict > 0 ? options.num_predict : null,
    stops: typeof options.stop === 'string' ? [options.stop] : listOf(options.stop).map(textOf),
    user: null,
    cachesMarkedOnly: false,
  });
}

function readTool(tool: Json, conversation: Conversation): void {
  const definition = isObject(tool.function) ? tool.function : {};
  const schema = isObject(definition.parameters) ? definition.parameters : null;
  conversation.tool({ name: textOf(definition.name), schema }, JSON.stringify(definition));
}

function readMessage(message: Json, conversation: Conversation): void {
  const role = textOf(message.role).toLowerCase();
  if (!['system', 'user', 'assistant', 'tool'].includes(role)) refuse(`invalid role ${JSON.stringify(message.role)}`);
  if (isGiven(message.content) && typeof message.content !== 'string') unmarshal(message.content, 'messages.content', 'string');
  conversation.turn(role === 'assistant' ? 'model' : role === 'system' ? 'system' : 'user');
  for (const image of listOf(message.images)) {
    const bytes = decodeBase64(textOf(image)) ?? refuse('illegal base64 data at input byte 4');
    conversation.medium({
      kind: 'image',
      mediaType: sniffMediaType(bytes) ?? refuse('Failed to load image or audio file'),
      bytes: bytes.length,
    });
  }
  if (role === 'tool')
    conversation.result(textOf(message.tool_name) || textOf(message.tool_call_id), textOf(message.content), false);
  else conversation.text(textOf(message.content));
  for (const call of objectsOf(message.tool_calls)) {
    const definition = isObject(call.function) ? call.function : {};
    if (isGiven(definition.arguments) && !isObject(definition.arguments)) {
      unmarshal(definition.arguments, 'messages.tool_calls.function.arguments', 'api.ToolCallFunctionArguments');
    }
    conversation.call(
      textOf(call.id) || textOf(definition.name),
      textOf(definition.name),
      JSON.stringify(definition.arguments ?? {}),
    );
  }
}

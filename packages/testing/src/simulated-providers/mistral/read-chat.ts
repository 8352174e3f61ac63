import { isGiven, isObject, type Json, listOf, objectsOf, strangeField, textOf } from '../engine/json.js';
import { refuse } from '../engine/refusal.js';
import type { Call } from '../engine/vendor.js';
import type { Ask, ToolChoice } from '../meaning/ask.js';
import { type Conversation, createConversation } from '../meaning/conversation.js';
import { readMistralMessages } from './read-messages.js';

const FIELDS = [
  'model',
  'messages',
  'temperature',
  'top_p',
  'max_tokens',
  'stream',
  'stop',
  'random_seed',
  'metadata',
  'response_format',
  'tools',
  'tool_choice',
  'presence_penalty',
  'frequency_penalty',
  'n',
  'prediction',
  'parallel_tool_calls',
  'prompt_mode',
  'reasoning_effort',
  'safe_prompt',
  'guardrails',
  'prompt_cache_key',
  'service_tier',
];

/** 422 as the vendor's validation writes it. */
export function refuseField(type: string, path: readonly (string | number)[], message: string, input: unknown = null): never {
  return refuse(message, { status: 422, extra: { detail: [{ type, loc: ['body', ...path], msg: message, input }] } });
}

/** Reads `POST /v1/chat/completions` as strictly as https://docs.mistral.ai/api/endpoint/chat says. */
export function readMistralChat(call: Call): Ask {
  const body =
    call.body ??
    refuse('Invalid JSON', {
      status: 422,
      extra: { detail: [{ type: 'json_invalid', loc: ['body', 0], msg: 'JSON decode error', input: {} }] },
    });
  const strange = strangeField(body, FIELDS);
  if (strange !== undefined) refuseField('extra_forbidden', [strange], 'Extra inputs are not permitted', body[strange]);
  const model = textOf(body.model);
  if (model === '') refuseField('missing', ['model'], 'Field required');
  checkRange(body, 'temperature', 0, 1.5);
  checkRange(body, 'top_p', 0, 1);
  checkRange(body, 'max_tokens', 0, Number.MAX_SAFE_INTEGER);
  const conversation = createConversation();
  const tools = readTools(body, conversation);
  readMistralMessages(body.messages, conversation);
  return conversation.finish({
    model,
    stream: body.stream === true,
    choice: readChoice(body, tools),
    parallel: body.parallel_tool_calls !== false,
    schema: readFormat(body),
    thinking:
      body.prompt_mode === 'reasoning' ||
      (isGiven(body.reasoning_effort) && body.reasoning_effort !== 'none') ||
      model.startsWith('magistral'),
    maxTokens: typeof body.max_tokens === 'number' ? body.max_tokens : null,
    stops: typeof body.stop === 'string' ? [body.stop] : listOf(body.stop).map(textOf),
    user: isObject(body.metadata) ? textOf(body.metadata.user) || null : null,
    cachesMarkedOnly: false,
  });
}

function checkRange(body: Json, name: string, least: number, most: number): void {
  const value = body[name];
  if (!isGiven(value)) return;
  if (typeof value !== 'number') refuseField('float_parsing', [name], 'Input should be a valid number', value);
  else if (value > most) refuseField('less_than_equal', [name], `Input should be less than or equal to ${most}`, value);
  else if (value < least) refuseField('greater_than_equal', [name], `Input should be greater than or equal to ${least}`, value);
}

function readTools(body: Json, conversation: Conversation): readonly string[] {
  return objectsOf(body.tools).map((tool, index) => {
    const definition = isObject(tool.function)
      ? tool.function
      : refuseField('missing', ['tools', index, 'function'], 'Field required');
    const name = textOf(definition.name);
    if (!/^[a-zA-Z0-9_-]{1,256}$/.test(name))
      refuse(
        `Function name was ${name} but must be a-z, A-Z, 0-9, or contain underscores and dashes, with a maximum length of 256.`,
        { type: 'invalid_request_tool', code: '3281' },
      );
    if (!isObject(definition.parameters)) refuseField('missing', ['tools', index, 'function', 'parameters'], 'Field required');
    conversation.tool({ name, schema: definition.parameters as Json }, JSON.stringify(definition));
    return name;
  });
}

function readChoice(body: Json, tools: readonly string[]): ToolChoice {
  const choice = body.tool_choice;
  if (!isGiven(choice) || choice === 'auto') return { kind: 'auto' };
  if (choice === 'none') return { kind: 'none' };
  if (choice === 'any' || choice === 'required') {
    if (tools.length === 0) refuse('Tool choice any needs tools.', { type: 'invalid_request_tool' });
    return { kind: 'any' };
  }
  const name =
    isObject(choice) && isObject(choice.function)
      ? textOf(choice.function.name)
      : refuseField('enum', ['tool_choice'], "Input should be 'auto', 'none', 'any' or 'required'", choice);
  if (!tools.includes(name)) refuse(`Tool choice ${name} is not among the tools.`, { type: 'invalid_request_tool' });
  return { kind: 'tool', name };
}

function readFormat(body: Json): Json | null {
  const format = isObject(body.response_format) ? body.response_format : null;
  if (format === null || format.type === 'text') return null;
  if (format.type === 'json_object') return {};
  if (format.type !== 'json_schema')
    refuseField('enum', ['response_format', 'type'], "Input should be 'text', 'json_object' or 'json_schema'", format.type);
  const outer = isObject(format.json_schema)
    ? format.json_schema
    : refuseField('missing', ['response_format', 'json_schema'], 'Field required');
  if (textOf(outer.name) === '') refuseField('missing', ['response_format', 'json_schema', 'name'], 'Field required');
  return isObject(outer.schema)
    ? outer.schema
    : refuseField('missing', ['response_format', 'json_schema', 'schema'], 'Field required');
}

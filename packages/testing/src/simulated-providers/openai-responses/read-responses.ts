import { isGiven, isObject, type Json, objectsOf, strangeField, textOf } from '../engine/json.js';
import { refuse } from '../engine/refusal.js';
import type { Call } from '../engine/vendor.js';
import type { Ask, ToolChoice } from '../meaning/ask.js';
import { type Conversation, createConversation } from '../meaning/conversation.js';
import { checkStrictSchema } from '../openai-chat/check-strict-schema.js';
import { readItems } from './read-items.js';

const FIELDS = [
  'background',
  'context_management',
  'conversation',
  'include',
  'input',
  'instructions',
  'max_output_tokens',
  'max_tool_calls',
  'metadata',
  'model',
  'moderation',
  'parallel_tool_calls',
  'previous_response_id',
  'prompt',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'reasoning',
  'safety_identifier',
  'service_tier',
  'store',
  'stream',
  'stream_options',
  'temperature',
  'text',
  'tool_choice',
  'tools',
  'top_logprobs',
  'top_p',
  'truncation',
  'user',
];

/** Reads `POST /v1/responses` as strictly as https://platform.openai.com/docs/api-reference/responses says. */
export function readResponses(call: Call): Ask {
  const body = call.body ?? refuse('We could not parse the JSON body of your request.');
  const strange = strangeField(body, FIELDS);
  if (strange !== undefined) refuse(`Unknown parameter: '${strange}'.`, { param: strange, code: 'unknown_parameter' });
  const model = textOf(body.model);
  if (model === '') refuse("Missing required parameter: 'model'.", { param: 'model', code: 'missing_required_parameter' });
  const limit = body.max_output_tokens;
  if (isGiven(limit) && (typeof limit !== 'number' || limit < 16)) {
    refuse(
      `Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got ${String(limit)} instead.`,
      {
        param: 'max_output_tokens',
        code: 'integer_below_min_value',
      },
    );
  }
  const conversation = createConversation();
  const tools = readTools(body, conversation);
  if (isGiven(body.instructions)) {
    conversation.turn('system');
    conversation.text(textOf(body.instructions));
  }
  readItems([...earlierItems(call, body), ...itemsOf(body.input)], conversation);
  const reasoning = isObject(body.reasoning) ? body.reasoning : null;
  return conversation.finish({
    model,
    stream: body.stream === true,
    choice: readChoice(body, tools),
    parallel: body.parallel_tool_calls !== false,
    schema: readFormat(body),
    thinking: reasoning !== null && reasoning.effort !== 'none',
    maxTokens: typeof limit === 'number' ? limit : null,
    stops: [],
    user: textOf(body.user) || textOf(body.safety_identifier) || null,
    cachesMarkedOnly: false,
    tellsCacheWrites: true,
  });
}

/** A text is one message of the user. */
export function itemsOf(input: unknown): readonly Json[] {
  if (typeof input === 'string') return [{ role: 'user', content: input }];
  if (!Array.isArray(input))
    refuse("Missing required parameter: 'input'.", { param: 'input', code: 'missing_required_parameter' });
  return objectsOf(input);
}

/** What a stored response was told and said. */
function earlierItems(call: Call, body: Json): readonly Json[] {
  const id = body.previous_response_id;
  if (!isGiven(id)) return [];
  const stored = call.memory.get(textOf(id));
  if (stored === undefined) {
    refuse(`Previous response with id '${textOf(id)}' not found.`, {
      param: 'previous_response_id',
      code: 'previous_response_not_found',
    });
  }
  return objectsOf(stored?.items);
}

function readTools(body: Json, conversation: Conversation): readonly string[] {
  return objectsOf(body.tools).flatMap((tool, index) => {
    if (!isGiven(tool.type))
      refuse(`Missing required parameter: 'tools[${index}].type'.`, {
        param: `tools[${index}].type`,
        code: 'missing_required_parameter',
      });
    if (tool.type !== 'function') return [];
    const name = textOf(tool.name);
    if (name === '')
      refuse(`Missing required parameter: 'tools[${index}].name'.`, {
        param: `tools[${index}].name`,
        code: 'missing_required_parameter',
      });
    if (!/^[a-zA-Z0-9_-]{1,128}$/.test(name)) {
      refuse(
        `Invalid 'tools[${index}].name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
        { param: `tools[${index}].name`, code: 'invalid_value' },
      );
    }
    const strange = strangeField(tool, [
      'type',
      'name',
      'description',
      'parameters',
      'strict',
      'defer_loading',
      'allowed_callers',
      'output_schema',
    ]);
    if (strange !== undefined)
      refuse(`Unknown parameter: 'tools[${index}].${strange}'.`, {
        param: `tools[${index}].${strange}`,
        code: 'unknown_parameter',
      });
    const schema = isObject(tool.parameters) ? tool.parameters : null;
    // Strict unless told otherwise; what cannot be made strict is then taken as it is.
    if (tool.strict === true && schema !== null) checkStrictSchema(schema, `function '${name}'`, `tools[${index}].parameters`);
    conversation.tool({ name, schema }, JSON.stringify(tool));
    return [name];
  });
}

function readChoice(body: Json, tools: readonly string[]): ToolChoice {
  const choice = body.tool_choice;
  if (!isGiven(choice) || choice === 'auto') return { kind: 'auto' };
  if (choice === 'none') return { kind: 'none' };
  if (choice === 'required') {
    if (tools.length === 0) refuse("Tool choice 'required' must be specified with 'tools' parameter.", { param: 'tool_choice' });
    return { kind: 'any' };
  }
  if (!isObject(choice) || choice.type !== 'function') {
    return refuse(
      `Invalid value for 'tool_choice'. Supported values are: 'none', 'auto', 'required' and an object with a type.`,
      { param: 'tool_choice', code: 'invalid_value' },
    );
  }
  const name = textOf(choice.name);
  if (!tools.includes(name)) refuse(`Tool choice 'function' not found in 'tools' parameter.`, { param: 'tool_choice' });
  return { kind: 'tool', name };
}

function readFormat(body: Json): Json | null {
  const format = isObject(body.text) && isObject(body.text.format) ? body.text.format : null;
  if (format === null || format.type === 'text') return null;
  if (format.type === 'json_object') {
    if (/json/i.test(JSON.stringify(body.input))) return {};
    refuse("Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.", {
      param: 'input',
    });
  }
  if (format.type !== 'json_schema')
    refuse(`Invalid value: '${textOf(format.type)}'. Supported values are: 'json_object', 'json_schema', and 'text'.`, {
      param: 'text.format.type',
      code: 'invalid_value',
    });
  if (textOf(format.name) === '')
    refuse("Missing required parameter: 'text.format.name'.", { param: 'text.format.name', code: 'missing_required_parameter' });
  const schema = isObject(format.schema)
    ? format.schema
    : refuse("Missing required parameter: 'text.format.schema'.", {
        param: 'text.format.schema',
        code: 'missing_required_parameter',
      });
  if (format.strict === true) checkStrictSchema(schema, `response_format '${textOf(format.name)}'`, 'text.format.schema');
  return schema;
}

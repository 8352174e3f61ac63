import { isGiven, isObject, type Json, listOf, objectsOf, strangeField, textOf } from '../engine/json.js';
import { refuse } from '../engine/refusal.js';
import type { Call } from '../engine/vendor.js';
import type { Ask, ToolChoice } from '../meaning/ask.js';
import { type Conversation, createConversation } from '../meaning/conversation.js';
import { checkStrictSchema } from './check-strict-schema.js';
import { readChatMessages } from './read-chat-messages.js';

const FIELDS = [
  'model',
  'messages',
  'audio',
  'frequency_penalty',
  'function_call',
  'functions',
  'logit_bias',
  'logprobs',
  'max_completion_tokens',
  'max_tokens',
  'metadata',
  'modalities',
  'n',
  'parallel_tool_calls',
  'prediction',
  'presence_penalty',
  'prompt_cache_key',
  'prompt_cache_retention',
  'reasoning_effort',
  'response_format',
  'safety_identifier',
  'seed',
  'service_tier',
  'stop',
  'store',
  'stream',
  'stream_options',
  'temperature',
  'tool_choice',
  'tools',
  'top_logprobs',
  'top_p',
  'user',
  'verbosity',
  'web_search_options',
  'moderation',
];
/** These count their thoughts, too, and so refuse the older bound. */
const REASONS = /^(o\d|gpt-5)/;

export interface ChatSettings {
  /** Null: read from the body. */
  readonly model: string | null;
  readonly extraFields: readonly string[];
}

/** Reads `POST /v1/chat/completions` as strictly as https://platform.openai.com/docs/api-reference/chat says. */
export function readChat(call: Call, settings: ChatSettings): Ask {
  const body = call.body ?? refuse('We could not parse the JSON body of your request.');
  const strange = strangeField(body, [...FIELDS, ...settings.extraFields]);
  if (strange !== undefined) refuse(`Unknown parameter: '${strange}'.`, { param: strange, code: 'unknown_parameter' });
  const model = settings.model ?? textOf(body.model);
  if (model === '') refuse('you must provide a model parameter');
  checkNumbers(body);
  if (isGiven(body.max_tokens) && REASONS.test(model)) {
    refuse("Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", {
      param: 'max_tokens',
      code: 'unsupported_parameter',
    });
  }
  if (isGiven(body.max_tokens) && isGiven(body.max_completion_tokens)) {
    refuse('Setting max_tokens and max_completion_tokens at the same time is not supported.', {
      code: 'invalid_parameter_combination',
    });
  }
  if (isGiven(body.stream_options) && body.stream !== true) {
    refuse("The 'stream_options' parameter is only allowed when 'stream' is enabled.", { param: 'stream_options' });
  }
  const conversation = createConversation();
  const tools = readTools(body, conversation);
  readChatMessages(body.messages, conversation);
  const limit = body.max_completion_tokens ?? body.max_tokens;
  return conversation.finish({
    model,
    stream: body.stream === true,
    choice: readChoice(body, tools),
    parallel: body.parallel_tool_calls !== false,
    schema: readFormat(body),
    thinking: isGiven(body.reasoning_effort) && body.reasoning_effort !== 'none',
    maxTokens: typeof limit === 'number' ? limit : null,
    stops: readStops(body.stop),
    user: textOf(body.user) || textOf(body.safety_identifier) || null,
    cachesMarkedOnly: false,
    tellsCacheWrites: true,
    choices: typeof body.n === 'number' ? body.n : 1,
  });
}

function checkNumbers(body: Json): void {
  const ranges: Readonly<Record<string, readonly [number, number]>> = {
    temperature: [0, 2],
    top_p: [0, 1],
    presence_penalty: [-2, 2],
    frequency_penalty: [-2, 2],
    max_tokens: [1, Number.MAX_SAFE_INTEGER],
    max_completion_tokens: [1, Number.MAX_SAFE_INTEGER],
    n: [1, 128],
    top_logprobs: [0, 20],
  };
  for (const [name, [least, most]] of Object.entries(ranges)) {
    const value = body[name];
    if (!isGiven(value)) continue;
    if (typeof value !== 'number') {
      refuse(`Invalid type for '${name}': expected a decimal, but got ${typeof value} instead.`, {
        param: name,
        code: 'invalid_type',
      });
    } else if (value < least) {
      refuse(`Invalid '${name}': decimal below minimum value. Expected a value >= ${least}, but got ${value} instead.`, {
        param: name,
        code: 'decimal_below_min_value',
      });
    } else if (value > most) {
      refuse(`Invalid '${name}': decimal above maximum value. Expected a value <= ${most}, but got ${value} instead.`, {
        param: name,
        code: 'decimal_above_max_value',
      });
    }
  }
  if (isGiven(body.top_logprobs) && body.logprobs !== true)
    refuse("'top_logprobs' is only allowed when 'logprobs' is enabled.", { param: 'top_logprobs' });
}

function readStops(stop: unknown): readonly string[] {
  const stops = typeof stop === 'string' ? [stop] : listOf(stop).map(textOf);
  if (stops.length > 4)
    refuse(
      `Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length ${stops.length} instead.`,
      { param: 'stop', code: 'array_above_max_length' },
    );
  return stops;
}

function readTools(body: Json, conversation: Conversation): readonly string[] {
  if (Array.isArray(body.tools) && body.tools.length === 0) {
    refuse("Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead.", {
      param: 'tools',
      code: 'empty_array',
    });
  }
  return objectsOf(body.tools).map((tool, index) => {
    if (tool.type !== 'function') {
      refuse(`Invalid value: '${textOf(tool.type)}'. Supported values are: 'function' and 'custom'.`, {
        param: `tools[${index}].type`,
        code: 'invalid_value',
      });
    }
    const definition = isObject(tool.function)
      ? tool.function
      : refuse(`Missing required parameter: 'tools[${index}].function'.`, {
          param: `tools[${index}].function`,
          code: 'missing_required_parameter',
        });
    const name = textOf(definition.name);
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
      refuse(
        `Invalid 'tools[${index}].function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
        { param: `tools[${index}].function.name`, code: 'invalid_value' },
      );
    }
    const schema = isObject(definition.parameters) ? definition.parameters : null;
    if (schema !== null && schema.type !== 'object') {
      refuse(
        `Invalid schema for function '${name}': schema must be a JSON Schema of 'type: "object"', got 'type: "${String(schema.type ?? 'None')}"'.`,
        { param: `tools[${index}].function.parameters`, code: 'invalid_function_parameters' },
      );
    }
    if (definition.strict === true && schema !== null)
      checkStrictSchema(schema, `function '${name}'`, `tools[${index}].function.parameters`);
    conversation.tool({ name, schema }, JSON.stringify(definition));
    return name;
  });
}

function readChoice(body: Json, tools: readonly string[]): ToolChoice {
  const choice = body.tool_choice;
  if (tools.length === 0) {
    if (isGiven(choice) && choice !== 'none' && choice !== 'auto') {
      refuse("Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.", {
        param: 'tool_choice',
      });
    }
    if (isGiven(body.parallel_tool_calls)) {
      refuse("Invalid value for 'parallel_tool_calls': 'parallel_tool_calls' is only allowed when 'tools' are specified.", {
        param: 'parallel_tool_calls',
      });
    }
  }
  if (!isGiven(choice) || choice === 'auto') return { kind: 'auto' };
  if (choice === 'none') return { kind: 'none' };
  if (choice === 'required') return { kind: 'any' };
  if (!isObject(choice))
    return refuse(`Invalid value: '${String(choice)}'. Supported values are: 'none', 'auto', and 'required'.`, {
      param: 'tool_choice',
      code: 'invalid_value',
    });
  const name = isObject(choice.function) ? textOf(choice.function.name) : '';
  if (!tools.includes(name))
    refuse("Invalid value for 'tool_choice': the specified function is not in 'tools'.", { param: 'tool_choice' });
  return { kind: 'tool', name };
}

function readFormat(body: Json): Json | null {
  const format = isObject(body.response_format) ? body.response_format : null;
  if (format === null || format.type === 'text') return null;
  if (format.type === 'json_object') {
    if (/json/i.test(JSON.stringify(body.messages))) return {};
    refuse("'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.", {
      param: 'messages',
    });
  }
  if (format.type !== 'json_schema') {
    refuse(`Invalid value: '${textOf(format.type)}'. Supported values are: 'json_object', 'json_schema', and 'text'.`, {
      param: 'response_format.type',
      code: 'invalid_value',
    });
  }
  const outer = isObject(format.json_schema)
    ? format.json_schema
    : refuse("Missing required parameter: 'response_format.json_schema'.", {
        param: 'response_format.json_schema',
        code: 'missing_required_parameter',
      });
  const name = textOf(outer.name);
  if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name))
    refuse("Missing required parameter: 'response_format.json_schema.name'.", {
      param: 'response_format.json_schema.name',
      code: 'missing_required_parameter',
    });
  const schema = isObject(outer.schema) ? outer.schema : {};
  if (outer.strict === true) checkStrictSchema(schema, `response_format '${name}'`, 'response_format');
  return schema;
}

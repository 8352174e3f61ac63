import type { Result } from '@tollgate/kernel';
import {
  type CanonicalRequest,
  EFFORTS,
  type Effort,
  type Reasoning,
  type ResponseFormat,
} from '../canonical/canonical-request.js';
import type { RequestRefusal } from '../canonical/dialect.js';
import type { CanonicalTool, ToolChoice } from '../canonical/tool.js';
import { isObject, type JsonObject, type JsonValue } from '../json/json-value.js';
import { takeArray, takeObject, takeRest, takeText } from '../json/take.js';
import {
  needObject,
  needText,
  readBody,
  Unwanted,
  wantArray,
  wantBoolean,
  wantCount,
  wantNumber,
  wantObject,
  wantText,
} from '../json/want.js';
import { readMessages } from './read-messages.js';
import { readCache } from './read-parts.js';

const KNOWN = new Set(
  `model messages tools functions tool_choice function_call parallel_tool_calls response_format max_tokens
  max_completion_tokens temperature top_p top_k frequency_penalty presence_penalty seed stop reasoning_effort reasoning logprobs
  top_logprobs logit_bias n user safety_identifier metadata service_tier verbosity stream stream_options`.split(/\s+/),
);

/** A chat completion request (https://platform.openai.com/docs/api-reference/chat/create) as the canonical form. */
export function readRequest(body: Uint8Array): Result<CanonicalRequest, RequestRefusal> {
  return readBody(body, readFields);
}

function readFields(fields: JsonObject): CanonicalRequest {
  const wantsLogprobs = wantBoolean(fields['logprobs'], 'logprobs') ?? false;
  const top = wantCount(fields['top_logprobs'], 'top_logprobs') ?? 0;
  const streamOptions = wantObject(fields['stream_options'], 'stream_options') ?? {};
  return {
    source: 'openai-chat',
    model: needText(fields['model'], 'model'),
    messages: readMessages(fields['messages']),
    tools: readTools(fields),
    toolChoice: readToolChoice(fields['tool_choice'] ?? fields['function_call']),
    parallelToolCalls: wantBoolean(fields['parallel_tool_calls'], 'parallel_tool_calls'),
    responseFormat: readResponseFormat(wantObject(fields['response_format'], 'response_format')),
    maxOutputTokens: wantCount(fields['max_completion_tokens'] ?? fields['max_tokens'], 'max_completion_tokens'),
    temperature: wantNumber(fields['temperature'], 'temperature', 0, 2),
    topP: wantNumber(fields['top_p'], 'top_p', 0, 1),
    topK: wantCount(fields['top_k'], 'top_k'),
    frequencyPenalty: wantNumber(fields['frequency_penalty'], 'frequency_penalty', -2, 2),
    presencePenalty: wantNumber(fields['presence_penalty'], 'presence_penalty', -2, 2),
    seed: wantNumber(fields['seed'], 'seed'),
    stop: readStop(fields['stop']),
    reasoning: readReasoningWish(fields),
    logprobs: wantsLogprobs ? { top } : undefined,
    logitBias: wantObject(fields['logit_bias'], 'logit_bias'),
    candidates: wantCount(fields['n'], 'n', 1),
    user: wantText(fields['safety_identifier'] ?? fields['user'], 'user'),
    metadata: wantObject(fields['metadata'], 'metadata'),
    serviceTier: wantText(fields['service_tier'], 'service_tier'),
    verbosity: wantText(fields['verbosity'], 'verbosity'),
    stream: wantBoolean(fields['stream'], 'stream') ?? false,
    includeUsage: wantBoolean(streamOptions['include_usage'], 'stream_options.include_usage') ?? false,
    rest: takeRest(fields, KNOWN),
  };
}

const FUNCTION = new Set(['name', 'description', 'parameters', 'strict', 'cache_control']);

function readTools(fields: JsonObject): CanonicalTool[] | undefined {
  const tools = wantArray(fields['tools'], 'tools');
  const functions = wantArray(fields['functions'], 'functions');
  if (tools === undefined && functions === undefined) return undefined;
  return [
    ...(tools ?? []).map((tool, index) => readTool(needObject(tool, `tools[${index}]`), `tools[${index}]`)),
    // The forms of 2023, still sent by old clients.
    ...(functions ?? []).map((tool, index) => readFunction(needObject(tool, `functions[${index}]`), `functions[${index}]`)),
  ];
}

function readTool(tool: JsonObject, path: string): CanonicalTool {
  if (tool['type'] === 'function')
    return readFunction(needObject(tool['function'], `${path}.function`), `${path}.function`, tool);
  if (tool['type'] === 'custom') {
    const custom = needObject(tool['custom'], `${path}.custom`);
    return {
      type: 'custom',
      name: needText(custom['name'], `${path}.custom.name`),
      description: wantText(custom['description'], `${path}.custom.description`),
      format: wantObject(custom['format'], `${path}.custom.format`),
    };
  }
  return { type: 'opaque', dialect: 'openai-chat', kind: needText(tool['type'], `${path}.type`), value: tool };
}

function readFunction(fields: JsonObject, path: string, outer: JsonObject = {}): CanonicalTool {
  return {
    type: 'function',
    name: needText(fields['name'], `${path}.name`),
    description: wantText(fields['description'], `${path}.description`),
    parameters: wantObject(fields['parameters'], `${path}.parameters`),
    strict: wantBoolean(fields['strict'], `${path}.strict`),
    cache: readCache(outer) ?? readCache(fields),
    rest: takeRest(fields, FUNCTION),
  };
}

function readToolChoice(choice: JsonValue | undefined): ToolChoice | undefined {
  if (choice === undefined || choice === null) return undefined;
  if (choice === 'auto' || choice === 'none' || choice === 'required') return { type: choice };
  // Mistral's word for `required`.
  if (choice === 'any') return { type: 'required' };
  if (!isObject(choice)) throw new Unwanted('tool_choice', '"tool_choice" must be none, auto, required or an object.');
  if (choice['type'] === 'allowed_tools') {
    const allowed = needObject(choice['allowed_tools'], 'tool_choice.allowed_tools');
    const names = takeArray(allowed['tools']).flatMap((tool) => nameOf(takeObject(tool)) ?? []);
    return { type: 'allowed', names, required: allowed['mode'] === 'required' };
  }
  const name = nameOf(choice);
  if (name === undefined) throw new Unwanted('tool_choice', '"tool_choice" names no function.');
  return { type: 'tool', name };
}

const nameOf = (choice: JsonObject): string | undefined =>
  takeText(takeObject(choice['function'])['name']) ?? takeText(takeObject(choice['custom'])['name']) ?? takeText(choice['name']);

function readResponseFormat(format: JsonObject | undefined): ResponseFormat | undefined {
  if (format === undefined) return undefined;
  if (format['type'] === 'text') return { type: 'text' };
  if (format['type'] === 'json_object') return { type: 'json' };
  if (format['type'] !== 'json_schema')
    throw new Unwanted('response_format', '"response_format.type" must be text, json_object or json_schema.');
  const path = 'response_format.json_schema';
  const inner = needObject(format['json_schema'], path);
  return {
    type: 'json_schema',
    name: wantText(inner['name'], `${path}.name`),
    description: wantText(inner['description'], `${path}.description`),
    schema: wantObject(inner['schema'], `${path}.schema`) ?? {},
    strict: wantBoolean(inner['strict'], `${path}.strict`),
  };
}

function readStop(stop: JsonValue | undefined): string[] | undefined {
  if (typeof stop === 'string') return [stop];
  return wantArray(stop, 'stop')?.map((entry, index) => needText(entry, `stop[${index}]`));
}

/** `reasoning_effort`, or OpenRouter's object `reasoning: {effort, max_tokens, enabled, exclude}`. */
function readReasoningWish(fields: JsonObject): Reasoning | undefined {
  const wish = isObject(fields['reasoning']) ? fields['reasoning'] : {};
  const effort =
    wantText(fields['reasoning_effort'] ?? wish['effort'], 'reasoning_effort') ??
    (wish['enabled'] === false ? 'none' : undefined);
  const budgetTokens = wantCount(wish['max_tokens'], 'reasoning.max_tokens');
  if (effort !== undefined && !EFFORTS.includes(effort as Effort))
    throw new Unwanted('reasoning_effort', `"reasoning_effort" must be one of ${EFFORTS.join(', ')}.`);
  const show = wish['exclude'] === true ? 'none' : undefined;
  if (effort === undefined && budgetTokens === undefined && show === undefined) return undefined;
  return { effort: effort as Effort | undefined, budgetTokens, show };
}

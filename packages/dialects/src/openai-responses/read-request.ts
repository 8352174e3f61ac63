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
import { readItems } from './read-items.js';

const KNOWN = new Set(
  `model input instructions tools tool_choice parallel_tool_calls max_output_tokens temperature top_p text reasoning include
  top_logprobs user safety_identifier metadata service_tier stream stream_options`.split(/\s+/),
);
const INCLUDES = new Set<JsonValue>(['reasoning.encrypted_content', 'message.output_text.logprobs']);

/** A request for a response (https://platform.openai.com/docs/api-reference/responses/create) as the canonical form. */
export function readRequest(body: Uint8Array): Result<CanonicalRequest, RequestRefusal> {
  return readBody(body, readFields);
}

function readFields(fields: JsonObject): CanonicalRequest {
  const text = wantObject(fields['text'], 'text') ?? {};
  const include = wantArray(fields['include'], 'include') ?? [];
  const top = wantCount(fields['top_logprobs'], 'top_logprobs') ?? 0;
  const choice = readToolChoice(fields['tool_choice']);
  const rest = { ...takeRest(fields, KNOWN), ...restOf(fields, include, choice) };
  const instructions = wantText(fields['instructions'], 'instructions');
  return {
    source: 'openai-responses',
    model: needText(fields['model'], 'model'),
    messages: [
      ...(instructions ? [{ role: 'system', parts: [{ type: 'text', text: instructions }] } as const] : []),
      ...readItems(fields['input']),
    ],
    tools: wantArray(fields['tools'], 'tools')?.map((tool, index) =>
      readTool(needObject(tool, `tools[${index}]`), `tools[${index}]`),
    ),
    toolChoice: choice,
    parallelToolCalls: wantBoolean(fields['parallel_tool_calls'], 'parallel_tool_calls'),
    responseFormat: readFormat(wantObject(text['format'], 'text.format')),
    maxOutputTokens: wantCount(fields['max_output_tokens'], 'max_output_tokens'),
    temperature: wantNumber(fields['temperature'], 'temperature', 0, 2),
    topP: wantNumber(fields['top_p'], 'top_p', 0, 1),
    reasoning: readReasoningWish(wantObject(fields['reasoning'], 'reasoning') ?? {}, include),
    logprobs: top > 0 || include.includes('message.output_text.logprobs') ? { top } : undefined,
    user: wantText(fields['safety_identifier'] ?? fields['user'], 'user'),
    metadata: wantObject(fields['metadata'], 'metadata'),
    serviceTier: wantText(fields['service_tier'], 'service_tier'),
    verbosity: wantText(text['verbosity'], 'text.verbosity'),
    stream: wantBoolean(fields['stream'], 'stream') ?? false,
    includeUsage: true,
    rest: Object.keys(rest).length > 0 ? rest : undefined,
  };
}

function restOf(fields: JsonObject, include: readonly JsonValue[], choice: ToolChoice | undefined): JsonObject {
  const others = include.filter((entry) => !INCLUDES.has(entry));
  const rest: Record<string, JsonValue> = {};
  if (others.length > 0) rest['include'] = others;
  // The choice of a tool that OpenAI runs.
  if (choice === undefined && isObject(fields['tool_choice'])) rest['tool_choice'] = fields['tool_choice'];
  return rest;
}

const FUNCTION = new Set(['type', 'name', 'description', 'parameters', 'strict']);

function readTool(tool: JsonObject, path: string): CanonicalTool {
  const type = needText(tool['type'], `${path}.type`);
  if (type !== 'function' && type !== 'custom') return { type: 'opaque', dialect: 'openai-responses', kind: type, value: tool };
  const name = needText(tool['name'], `${path}.name`);
  const description = wantText(tool['description'], `${path}.description`);
  if (type === 'custom') return { type, name, description, format: wantObject(tool['format'], `${path}.format`) };
  return {
    type,
    name,
    description,
    parameters: wantObject(tool['parameters'], `${path}.parameters`),
    strict: wantBoolean(tool['strict'], `${path}.strict`),
    rest: takeRest(tool, FUNCTION),
  };
}

function readToolChoice(choice: JsonValue | undefined): ToolChoice | undefined {
  if (choice === undefined || choice === null) return undefined;
  if (choice === 'auto' || choice === 'none' || choice === 'required') return { type: choice };
  if (!isObject(choice)) throw new Unwanted('tool_choice', '"tool_choice" must be none, auto, required or an object.');
  if (choice['type'] === 'allowed_tools') {
    const names = takeArray(choice['tools']).flatMap((tool) => takeText(takeObject(tool)['name']) ?? []);
    return { type: 'allowed', names, required: choice['mode'] === 'required' };
  }
  if (choice['type'] !== 'function' && choice['type'] !== 'custom') return undefined;
  return { type: 'tool', name: needText(choice['name'], 'tool_choice.name') };
}

function readFormat(format: JsonObject | undefined): ResponseFormat | undefined {
  switch (format?.['type']) {
    case undefined:
      return undefined;
    case 'text':
      return { type: 'text' };
    case 'json_object':
      return { type: 'json' };
    case 'json_schema':
      return {
        type: 'json_schema',
        name: wantText(format?.['name'], 'text.format.name'),
        description: wantText(format?.['description'], 'text.format.description'),
        schema: wantObject(format?.['schema'], 'text.format.schema') ?? {},
        strict: wantBoolean(format?.['strict'], 'text.format.strict'),
      };
    default:
      throw new Unwanted('text.format', '"text.format.type" must be text, json_object or json_schema.');
  }
}

function readReasoningWish(wish: JsonObject, include: readonly JsonValue[]): Reasoning | undefined {
  const effort = wantText(wish['effort'], 'reasoning.effort');
  if (effort !== undefined && !EFFORTS.includes(effort as Effort))
    throw new Unwanted('reasoning.effort', `"reasoning.effort" must be one of ${EFFORTS.join(', ')}.`);
  const show = wantText(wish['summary'] ?? wish['generate_summary'], 'reasoning.summary');
  const encrypted = include.includes('reasoning.encrypted_content') || undefined;
  if (effort === undefined && show === undefined && encrypted === undefined) return undefined;
  return { effort: effort as Effort | undefined, show, encrypted };
}

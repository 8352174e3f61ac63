import type { Result } from '@tollgate/kernel';
import {
  type CanonicalRequest,
  EFFORTS,
  type Effort,
  type Reasoning,
  type ResponseFormat,
} from '../canonical/canonical-request.js';
import type { RequestRefusal } from '../canonical/dialect.js';
import type { CanonicalMessage } from '../canonical/message.js';
import { checkMessageCount } from '../canonical/messages-max.js';
import type { Part } from '../canonical/part.js';
import { signCalls } from '../canonical/sign-calls.js';
import type { CanonicalTool, ToolChoice } from '../canonical/tool.js';
import type { JsonObject, JsonValue } from '../json/json-value.js';
import { takeRest, takeText } from '../json/take.js';
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
import { readCache, readContent } from './read-blocks.js';

const KNOWN = new Set(
  'model messages system tools tool_choice max_tokens temperature top_p top_k stop_sequences thinking output_config metadata service_tier stream'.split(
    ' ',
  ),
);
const OUTPUT_CONFIG = new Set(['effort', 'format']);
const METADATA = new Set(['user_id']);

/** A message request (https://platform.claude.com/docs/en/api/messages/create) as the canonical form. */
export function readRequest(body: Uint8Array): Result<CanonicalRequest, RequestRefusal> {
  return readBody(body, readFields);
}

function readFields(fields: JsonObject): CanonicalRequest {
  const choice = wantObject(fields['tool_choice'], 'tool_choice');
  const output = wantObject(fields['output_config'], 'output_config') ?? {};
  const metadata = wantObject(fields['metadata'], 'metadata') ?? {};
  const rest = {
    ...takeRest(fields, KNOWN),
    ...restOf('output_config', output, OUTPUT_CONFIG),
    ...restOfThinking(fields['thinking']),
  };
  return {
    source: 'anthropic-messages',
    model: needText(fields['model'], 'model'),
    messages: [...readSystem(fields['system']), ...readMessages(fields['messages'])],
    tools: wantArray(fields['tools'], 'tools')?.map((tool, index) =>
      readTool(needObject(tool, `tools[${index}]`), `tools[${index}]`),
    ),
    toolChoice: readToolChoice(choice),
    parallelToolCalls:
      choice?.['disable_parallel_tool_use'] === undefined ? undefined : choice['disable_parallel_tool_use'] !== true,
    responseFormat: readFormat(wantObject(output['format'], 'output_config.format')),
    maxOutputTokens: wantCount(fields['max_tokens'], 'max_tokens'),
    temperature: wantNumber(fields['temperature'], 'temperature', 0, 1),
    topP: wantNumber(fields['top_p'], 'top_p', 0, 1),
    topK: wantCount(fields['top_k'], 'top_k'),
    stop: wantArray(fields['stop_sequences'], 'stop_sequences')?.map((entry, index) =>
      needText(entry, `stop_sequences[${index}]`),
    ),
    reasoning: readThinking(wantObject(fields['thinking'], 'thinking'), wantText(output['effort'], 'output_config.effort')),
    user: wantText(metadata['user_id'], 'metadata.user_id'),
    metadata: takeRest(metadata, METADATA),
    serviceTier: wantText(fields['service_tier'], 'service_tier'),
    stream: wantBoolean(fields['stream'], 'stream') ?? false,
    includeUsage: true,
    rest: Object.keys(rest).length > 0 ? rest : undefined,
  };
}

function restOf(name: string, fields: JsonObject, known: ReadonlySet<string>): JsonObject {
  const rest = takeRest(fields, known);
  return rest === undefined ? {} : { [name]: rest };
}

const THINKING: ReadonlySet<unknown> = new Set(['enabled', 'disabled', 'adaptive']);

/** A kind of thinking that the form has no word for stays as it came. */
const restOfThinking = (thinking: JsonValue | undefined): JsonObject => {
  const fields = wantObject(thinking, 'thinking');
  return fields === undefined || THINKING.has(fields['type']) ? {} : { thinking: fields };
};

function readThinking(thinking: JsonObject | undefined, effort: string | undefined): Reasoning | undefined {
  if (effort !== undefined && !EFFORTS.includes(effort as Effort))
    throw new Unwanted('output_config.effort', `"output_config.effort" must be one of ${EFFORTS.join(', ')}.`);
  const type = thinking?.['type'];
  const display = takeText(thinking?.['display']);
  const wish: Reasoning = {
    effort: type === 'disabled' ? 'none' : (effort as Effort | undefined),
    budgetTokens: type === 'enabled' ? wantCount(thinking?.['budget_tokens'], 'thinking.budget_tokens') : undefined,
    adaptive: type === 'adaptive' || undefined,
    show: display === 'omitted' ? 'none' : display === 'summarized' ? 'summary' : undefined,
  };
  return Object.values(wish).every((value) => value === undefined) ? undefined : wish;
}

function readSystem(system: JsonValue | undefined): CanonicalMessage[] {
  const parts = readContent(system, 'system');
  return parts.length === 0 ? [] : [{ role: 'system', parts }];
}

function readMessages(value: JsonValue | undefined): CanonicalMessage[] {
  const messages = wantArray(value, 'messages');
  if (messages === undefined) throw new Unwanted('messages', '"messages" is missing: send an array of messages.');
  checkMessageCount(messages.length, 'messages');
  const names = new Map<string, string>();
  const read: CanonicalMessage[] = [];
  messages.forEach((entry, index) => {
    const path = `messages[${index}]`;
    const message = needObject(entry, path);
    const role = needText(message['role'], `${path}.role`);
    const parts = signCalls(readContent(message['content'], `${path}.content`));
    if (role === 'user') read.push(...splitResults(parts, names));
    else if (role === 'assistant' || role === 'system') read.push({ role, parts });
    else throw new Unwanted(`${path}.role`, `"${path}.role" must be user, assistant or system.`);
    for (const part of parts) if (part.type === 'tool_call') names.set(part.id, part.name);
  });
  return read;
}

/** A turn of the user may hold results and text: as messages of two roles, in their order. */
function splitResults(parts: readonly Part[], names: ReadonlyMap<string, string>): CanonicalMessage[] {
  if (!parts.some((part) => part.type === 'tool_result')) return [{ role: 'user', parts }];
  const messages: { role: 'tool' | 'user'; parts: Part[] }[] = [];
  for (const part of parts) {
    const role = part.type === 'tool_result' ? 'tool' : 'user';
    const named = part.type === 'tool_result' ? { ...part, name: names.get(part.callId) } : part;
    const last = messages.at(-1);
    if (last?.role === role) last.parts.push(named);
    else messages.push({ role, parts: [named] });
  }
  return messages;
}

const TOOL = new Set(['type', 'name', 'description', 'input_schema', 'strict', 'cache_control']);

function readTool(tool: JsonObject, path: string): CanonicalTool {
  const type = wantText(tool['type'], `${path}.type`);
  if (type !== undefined && type !== 'custom') return { type: 'opaque', dialect: 'anthropic-messages', kind: type, value: tool };
  return {
    type: 'function',
    name: needText(tool['name'], `${path}.name`),
    description: wantText(tool['description'], `${path}.description`),
    parameters: wantObject(tool['input_schema'], `${path}.input_schema`),
    strict: wantBoolean(tool['strict'], `${path}.strict`),
    cache: readCache(tool['cache_control']),
    rest: takeRest(tool, TOOL),
  };
}

function readToolChoice(choice: JsonObject | undefined): ToolChoice | undefined {
  switch (choice?.['type']) {
    case undefined:
      return undefined;
    case 'auto':
    case 'none':
      return { type: choice?.['type'] as 'auto' | 'none' };
    case 'any':
      return { type: 'required' };
    case 'tool':
      return { type: 'tool', name: needText(choice?.['name'], 'tool_choice.name') };
    default:
      throw new Unwanted('tool_choice', '"tool_choice.type" must be auto, any, tool or none.');
  }
}

function readFormat(format: JsonObject | undefined): ResponseFormat | undefined {
  if (format === undefined) return undefined;
  return { type: 'json_schema', schema: wantObject(format['schema'], 'output_config.format.schema') ?? {}, strict: true };
}

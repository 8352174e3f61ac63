import { encodeJson } from '@tollgate/kernel';
import type { CanonicalRequest, Effort, Reasoning, ResponseFormat } from '../canonical/canonical-request.js';
import type { WrittenRequest } from '../canonical/dialect.js';
import { Drops } from '../canonical/drops.js';
import type { Target } from '../canonical/target.js';
import type { CanonicalTool, ToolChoice } from '../canonical/tool.js';
import type { JsonObject, JsonValue } from '../json/json-value.js';
import { writeMessages } from './write-messages.js';
import { writeCache } from './write-parts.js';

/** OpenAI takes no more (https://platform.openai.com/docs/api-reference/chat/create). */
const STOP_MAX = 4;

export function writeRequest(request: CanonicalRequest, target: Target): WrittenRequest {
  const drops = new Drops();
  const own = request.source === 'openai-chat';
  const context = { own, drops, cacheMarks: target.cacheMarks, target };
  if (!own) drops.addRest(request.rest);
  const body: JsonObject = {
    model: target.model,
    messages: writeMessages(request.messages, context),
    tools: writeTools(request.tools, own, drops, target),
    tool_choice: writeToolChoice(request.toolChoice),
    parallel_tool_calls: request.parallelToolCalls,
    response_format: writeResponseFormat(request.responseFormat),
    [target.maxTokensField]: capped(request.maxOutputTokens, target.maxOutputTokens),
    ...writeSampling(request, target, drops),
    seed: request.seed,
    stop: writeStop(request.stop, drops),
    reasoning_effort: writeEffort(request.reasoning, target, drops),
    logprobs: request.logprobs === undefined ? undefined : true,
    top_logprobs: request.logprobs?.top || undefined,
    logit_bias: request.logitBias,
    n: request.candidates,
    user: request.user,
    metadata: request.metadata,
    service_tier: request.serviceTier,
    verbosity: request.verbosity,
    stream: request.stream || undefined,
    stream_options: request.stream && target.streamUsage ? { include_usage: true } : undefined,
    ...(own ? request.rest : undefined),
  };
  return { body: encodeJson(body), dropped: drops.names(), refused: drops.essential(), expect: {} };
}

const capped = (asked: number | undefined, max: number | null): number | undefined =>
  asked === undefined || max === null ? asked : Math.min(asked, max);

function writeSampling(request: CanonicalRequest, target: Target, drops: Drops): JsonObject {
  if (request.topK !== undefined) drops.add('top_k');
  const fields: JsonObject = {
    temperature: request.temperature,
    top_p: request.topP,
    frequency_penalty: request.frequencyPenalty,
    presence_penalty: request.presencePenalty,
  };
  if (target.sampling) return fields;
  for (const name in fields) if (fields[name] !== undefined) drops.add(name);
  return {};
}

function writeTools(tools: CanonicalRequest['tools'], own: boolean, drops: Drops, target: Target): JsonObject[] | undefined {
  if (tools === undefined) return undefined;
  return tools.map((tool) => writeTool(tool, own, drops, target)).filter((tool) => tool !== null);
}

function writeTool(tool: CanonicalTool, own: boolean, drops: Drops, target: Target): JsonObject | null {
  if (tool.type === 'opaque') {
    if (tool.dialect === 'openai-chat') return tool.value;
    drops.add(`tools.${tool.kind}`);
    return null;
  }
  const { name, description } = tool;
  if (tool.type === 'custom') return { type: 'custom', custom: { name, description, format: tool.format } };
  const { parameters, strict, cache, rest } = tool;
  if (!own) drops.addRest(rest, 'tools.');
  return {
    type: 'function',
    function: { name, description, parameters, strict, ...(own ? rest : undefined) },
    ...writeCache(cache, { own, drops, cacheMarks: target.cacheMarks }),
  };
}

function writeToolChoice(choice: ToolChoice | undefined): JsonValue | undefined {
  if (choice === undefined) return undefined;
  if (choice.type === 'tool') return { type: 'function', function: { name: choice.name } };
  if (choice.type !== 'allowed') return choice.type;
  const tools = choice.names.map((name) => ({ type: 'function', function: { name } }));
  return { type: 'allowed_tools', allowed_tools: { mode: choice.required ? 'required' : 'auto', tools } };
}

function writeResponseFormat(format: ResponseFormat | undefined): JsonObject | undefined {
  if (format === undefined) return undefined;
  if (format.type !== 'json_schema') return { type: format.type === 'json' ? 'json_object' : 'text' };
  const { name, description, schema, strict } = format;
  // OpenAI wants a name; other dialects have none.
  return { type: 'json_schema', json_schema: { name: name ?? 'answer', description, schema, strict } };
}

function writeStop(stop: readonly string[] | undefined, drops: Drops): readonly string[] | undefined {
  if (stop === undefined || stop.length <= STOP_MAX) return stop;
  drops.add('stop');
  return stop.slice(0, STOP_MAX);
}

// Tokens to think with, as the effort that OpenRouter's table has for them (a fifth, half and four fifths of a common bound).
const LOW_MAX = 4096;
const MEDIUM_MAX = 16_384;

function writeEffort(reasoning: Reasoning | undefined, target: Target, drops: Drops): Effort | undefined {
  if (reasoning === undefined) return undefined;
  const effort = reasoning.effort ?? effortOf(reasoning.budgetTokens);
  if (target.reasoning === 'none') {
    if (effort !== undefined && effort !== 'none') drops.add('reasoning_effort');
    return undefined;
  }
  return effort;
}

export function effortOf(budget: number | undefined): Effort | undefined {
  if (budget === undefined || budget < 0) return undefined;
  if (budget === 0) return 'none';
  if (budget <= LOW_MAX) return 'low';
  return budget <= MEDIUM_MAX ? 'medium' : 'high';
}

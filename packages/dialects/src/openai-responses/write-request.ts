import { encodeJson } from '@tollgate/kernel';
import type { CanonicalRequest, Reasoning, ResponseFormat } from '../canonical/canonical-request.js';
import type { WrittenRequest } from '../canonical/dialect.js';
import { Drops } from '../canonical/drops.js';
import type { Part } from '../canonical/part.js';
import { isPlain, plainText } from '../canonical/plain-text.js';
import type { Target } from '../canonical/target.js';
import type { CanonicalTool, ToolChoice } from '../canonical/tool.js';
import type { JsonObject, JsonValue } from '../json/json-value.js';
import { takeArray, takeObject } from '../json/take.js';
import { effortOf } from '../openai-chat/write-request.js';
import { writeItems } from './write-items.js';

export function writeRequest(request: CanonicalRequest, target: Target): WrittenRequest {
  const drops = new Drops();
  const own = request.source === 'openai-responses';
  const context = { own, drops, cacheMarks: target.cacheMarks };
  const rest = own ? takeObject(request.rest) : {};
  if (!own) drops.addRest(request.rest);
  nameWhatIsMissing(request, drops);
  const [first, ...others] = request.messages;
  const instructions =
    first?.role === 'system' && isPlain(first.parts) && !first.parts.some(isMarked) ? plainText(first.parts) : undefined;
  const include = writeInclude(request, target, takeArray(rest['include']));
  const text: JsonObject = { format: writeFormat(request.responseFormat), verbosity: request.verbosity };
  const body: JsonObject = {
    model: target.model,
    instructions,
    input: writeItems(instructions === undefined ? request.messages : others, context),
    tools: request.tools?.map((tool) => writeTool(tool, own, drops)).filter((tool) => tool !== null),
    tool_choice: writeToolChoice(request.toolChoice, request.tools),
    parallel_tool_calls: request.parallelToolCalls,
    text: text['format'] !== undefined || text['verbosity'] !== undefined ? text : undefined,
    max_output_tokens: capped(request.maxOutputTokens, target.maxOutputTokens),
    ...writeSampling(request, target, drops),
    reasoning: writeReasoning(request.reasoning, target, drops),
    top_logprobs: request.logprobs?.top || undefined,
    user: request.user,
    metadata: request.metadata,
    service_tier: request.serviceTier,
    // A gateway's call leaves nothing behind at the vendor unless its caller wants it.
    store: own ? undefined : false,
    stream: request.stream || undefined,
    ...rest,
    include: include.length > 0 ? include : undefined,
  };
  return { body: encodeJson(body), dropped: drops.names(), refused: drops.essential(), expect: {} };
}

const isMarked = (part: Part): boolean => part.type === 'text' && part.cache !== undefined;

const capped = (asked: number | undefined, max: number | null): number | undefined =>
  asked === undefined || max === null ? asked : Math.min(asked, max);

function nameWhatIsMissing(request: CanonicalRequest, drops: Drops): void {
  if (request.topK !== undefined) drops.add('top_k');
  if (request.frequencyPenalty) drops.add('frequency_penalty');
  if (request.presencePenalty) drops.add('presence_penalty');
  if (request.seed !== undefined) drops.add('seed');
  if (request.stop !== undefined && request.stop.length > 0) drops.add('stop');
  if (request.logitBias !== undefined) drops.add('logit_bias');
  if ((request.candidates ?? 1) > 1) drops.add('n');
}

function writeSampling({ temperature, topP }: CanonicalRequest, target: Target, drops: Drops): JsonObject {
  if (target.sampling) return { temperature, top_p: topP };
  if (temperature !== undefined) drops.add('temperature');
  if (topP !== undefined) drops.add('top_p');
  return {};
}

/** Thoughts come encrypted where the call is not stored: else they could not be given back. */
function writeInclude(request: CanonicalRequest, target: Target, others: readonly JsonValue[]): JsonValue[] {
  const include: JsonValue[] = [];
  const { reasoning, source } = request;
  const own = source === 'openai-responses';
  const thinks = reasoning !== undefined && reasoning.effort !== 'none' && target.reasoning !== 'none';
  if (reasoning?.encrypted || (!own && thinks)) include.push('reasoning.encrypted_content');
  if (request.logprobs !== undefined) include.push('message.output_text.logprobs');
  return [...include, ...others];
}

function writeTool(tool: CanonicalTool, own: boolean, drops: Drops): JsonObject | null {
  if (tool.type === 'opaque') {
    if (tool.dialect === 'openai-responses') return tool.value;
    drops.add(`tools.${tool.kind}`);
    return null;
  }
  const { name, description } = tool;
  if (tool.type === 'custom') return { type: 'custom', name, description, format: tool.format };
  if (tool.cache !== undefined) drops.add('cache_control');
  if (!own) drops.addRest(tool.rest, 'tools.');
  // Here strict is what an absent member means, elsewhere it is not.
  const strict = tool.strict ?? (own ? undefined : false);
  const parameters = tool.parameters ?? { type: 'object', properties: {} };
  return { type: 'function', name, description, parameters, strict, ...(own ? tool.rest : undefined) };
}

function writeToolChoice(choice: ToolChoice | undefined, tools: CanonicalRequest['tools']): JsonValue | undefined {
  if (choice === undefined) return undefined;
  const kindOf = (name: string): string =>
    tools?.some((tool) => tool.type === 'custom' && tool.name === name) ? 'custom' : 'function';
  if (choice.type === 'tool') return { type: kindOf(choice.name), name: choice.name };
  if (choice.type !== 'allowed') return choice.type;
  const named = choice.names.map((name) => ({ type: kindOf(name), name }));
  return { type: 'allowed_tools', mode: choice.required ? 'required' : 'auto', tools: named };
}

function writeFormat(format: ResponseFormat | undefined): JsonObject | undefined {
  if (format === undefined) return undefined;
  if (format.type !== 'json_schema') return { type: format.type === 'json' ? 'json_object' : 'text' };
  const { name, description, schema, strict } = format;
  return { type: 'json_schema', name: name ?? 'answer', description, schema, strict };
}

function writeReasoning(reasoning: Reasoning | undefined, target: Target, drops: Drops): JsonObject | undefined {
  if (reasoning === undefined) return undefined;
  const effort = reasoning.effort ?? effortOf(reasoning.budgetTokens);
  if (target.reasoning === 'none') {
    if (effort !== undefined && effort !== 'none') drops.add('reasoning_effort');
    return undefined;
  }
  const summary = reasoning.show === 'summary' ? 'auto' : reasoning.show === 'none' ? undefined : reasoning.show;
  return effort === undefined && summary === undefined ? undefined : { effort, summary };
}

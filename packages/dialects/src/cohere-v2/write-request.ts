import { encodeJson } from '@tollgate/kernel';
import type { CanonicalRequest, ResponseFormat } from '../canonical/canonical-request.js';
import type { WrittenRequest } from '../canonical/dialect.js';
import { Drops } from '../canonical/drops.js';
import { writeFunctionTools } from '../canonical/function-tools.js';
import { atMost, boundOf, nameMissing } from '../canonical/name-missing.js';
import type { Target } from '../canonical/target.js';
import type { JsonObject } from '../json/json-value.js';
import { writeMessages } from './write-messages.js';

// Bounds of the API (https://docs.cohere.com/reference/chat).
const STOP_MAX = 5;
const TEMPERATURE_MAX = 1;
const PENALTY_MAX = 1;
const TOP_P_MIN = 0.01;
const TOP_P_MAX = 0.99;
const TOP_K_MAX = 500;

const MISSING = ['logprobs', 'logit_bias', 'n', 'user', 'metadata', 'verbosity', 'service_tier', 'parallel_tool_calls'] as const;

/** `POST /v2/chat` (https://docs.cohere.com/reference/chat); a field that it does not know is a 422. */
export function writeRequest(request: CanonicalRequest, target: Target): WrittenRequest {
  const drops = new Drops();
  drops.addRest(request.rest);
  nameMissing(request, MISSING, drops);
  const { stop } = request;
  if (stop !== undefined && stop.length > STOP_MAX) drops.add('stop');
  const { customTools, ...tools } = writeTools(request, drops);
  const body: JsonObject = {
    model: target.model,
    messages: writeMessages(request.messages, drops),
    ...tools,
    response_format: writeFormat(request.responseFormat, tools.tools !== undefined, target, drops),
    max_tokens: boundOf(request.maxOutputTokens, target.maxOutputTokens),
    ...writeSampling(request, target, drops),
    seed: request.seed,
    stop_sequences: stop?.slice(0, STOP_MAX),
    thinking: writeThinking(request, target, drops),
    stream: request.stream,
  };
  return { body: encodeJson(body), dropped: drops.names(), refused: drops.essential(), expect: { customTools } };
}

interface Tools extends JsonObject {
  readonly tools?: readonly JsonObject[];
}

/** A choice is `REQUIRED`, `NONE` or absent: one tool is forced by offering no other. Strictness is of all tools or none. */
function writeTools(request: CanonicalRequest, drops: Drops): Tools & { readonly customTools?: readonly string[] } {
  const choice = request.toolChoice;
  const narrowed =
    choice?.type === 'tool' ? ({ type: 'allowed', names: [choice.name], required: true } as const) : request.toolChoice;
  const asked = request.tools ?? [];
  const strict = asked.length > 0 && asked.every((tool) => tool.type === 'function' && tool.strict === true);
  if (!strict && asked.some((tool) => tool.type === 'function' && tool.strict)) drops.add('tools.strict');
  const plain = asked.map((tool) => (tool.type === 'function' ? { ...tool, strict: undefined } : tool));
  const { tools, customTools } = writeFunctionTools({ ...request, tools: plain, toolChoice: narrowed }, drops);
  if (tools === undefined) return {};
  const required = narrowed?.type === 'required' || (narrowed?.type === 'allowed' && narrowed.required);
  const tool_choice = required ? 'REQUIRED' : choice?.type === 'none' ? 'NONE' : undefined;
  return { tools, strict_tools: strict || undefined, tool_choice, ...(customTools && { customTools }) };
}

/** The API has no mode of JSON beside tools. */
function writeFormat(
  format: ResponseFormat | undefined,
  hasTools: boolean,
  target: Target,
  drops: Drops,
): JsonObject | undefined {
  if (format === undefined || format.type === 'text') return undefined;
  if (hasTools) {
    drops.add('response_format');
    return undefined;
  }
  if (format.type !== 'json_schema') return { type: 'json_object' };
  if (target.jsonSchema === 'native') return { type: 'json_object', json_schema: format.schema };
  drops.add('response_format');
  return { type: 'json_object' };
}

function writeSampling(request: CanonicalRequest, target: Target, drops: Drops): JsonObject {
  if (!target.sampling) {
    const asked = { temperature: request.temperature, top_p: request.topP, top_k: request.topK };
    for (const [name, value] of Object.entries(asked)) if (value !== undefined) drops.add(name);
  }
  const { frequencyPenalty, presencePenalty } = request;
  return {
    temperature: target.sampling ? atMost(request.temperature, TEMPERATURE_MAX, 'temperature', drops) : undefined,
    p: target.sampling ? writeTopP(request.topP, drops) : undefined,
    k: target.sampling ? atMost(request.topK, TOP_K_MAX, 'top_k', drops) : undefined,
    frequency_penalty: writePenalty(frequencyPenalty, 'frequency_penalty', drops),
    presence_penalty: writePenalty(presencePenalty, 'presence_penalty', drops),
  };
}

const writeTopP = (topP: number | undefined, drops: Drops): number | undefined => {
  const bounded = atMost(topP, TOP_P_MAX, 'top_p', drops);
  return bounded === undefined ? undefined : Math.max(bounded, TOP_P_MIN);
};

/** From 0 to 1: to reward repetition is not known here. */
function writePenalty(penalty: number | undefined, name: string, drops: Drops): number | undefined {
  const bounded = atMost(penalty, PENALTY_MAX, name, drops);
  if (bounded === undefined || bounded >= 0) return bounded;
  drops.add(name);
  return 0;
}

const BUDGETS = { minimal: 512, low: 1024, medium: 8192, high: undefined, xhigh: undefined, max: undefined } as const;

/** On or off, with a bound of tokens; without one the model thinks as long as it likes (https://docs.cohere.com/docs/reasoning). */
function writeThinking({ reasoning }: CanonicalRequest, target: Target, drops: Drops): JsonObject | undefined {
  if (reasoning === undefined) return undefined;
  const { effort, budgetTokens, adaptive } = reasoning;
  if (effort === undefined && budgetTokens === undefined && !adaptive) return undefined;
  const off = effort === 'none' || budgetTokens === 0;
  if (target.reasoning === 'none') {
    if (!off) drops.add('reasoning_effort');
    return undefined;
  }
  if (off) return { type: 'disabled' };
  const asked = budgetTokens !== undefined && budgetTokens > 0 ? budgetTokens : undefined;
  return { type: 'enabled', token_budget: asked ?? (effort === undefined ? undefined : BUDGETS[effort]) };
}

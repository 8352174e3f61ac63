import { encodeJson } from '@tollgate/kernel';
import type { CanonicalRequest, ResponseFormat } from '../canonical/canonical-request.js';
import type { WrittenRequest } from '../canonical/dialect.js';
import { Drops } from '../canonical/drops.js';
import { writeFunctionTools } from '../canonical/function-tools.js';
import { atMost, boundOf, nameMissing } from '../canonical/name-missing.js';
import type { Target } from '../canonical/target.js';
import type { ToolChoice } from '../canonical/tool.js';
import type { JsonObject, JsonValue } from '../json/json-value.js';
import { effortOf } from '../openai-chat/write-request.js';
import { writeMessages } from './write-messages.js';

const TEMPERATURE_MAX = 1.5;

/** A chat completion as Mistral takes it (https://docs.mistral.ai/api/endpoint/chat); a field that it does not know is a 422. */
export function writeRequest(request: CanonicalRequest, target: Target): WrittenRequest {
  const drops = new Drops();
  drops.addRest(request.rest);
  nameMissing(request, ['top_k', 'logprobs', 'logit_bias', 'user', 'verbosity', 'service_tier'], drops);
  const { tools, customTools } = writeFunctionTools(request, drops, true);
  const body: JsonObject = {
    model: target.model,
    messages: writeMessages(request.messages, drops),
    tools,
    tool_choice: tools === undefined ? undefined : writeChoice(request.toolChoice),
    parallel_tool_calls: tools === undefined ? undefined : request.parallelToolCalls,
    response_format: writeFormat(request.responseFormat, target, drops),
    max_tokens: boundOf(request.maxOutputTokens, target.maxOutputTokens),
    ...writeSampling(request, target, drops),
    random_seed: request.seed,
    stop: request.stop,
    n: request.candidates,
    metadata: request.metadata,
    ...writeReasoning(request, target, drops),
    stream: request.stream || undefined,
  };
  return { body: encodeJson(body), dropped: drops.names(), refused: drops.essential(), expect: { customTools } };
}

function writeSampling(request: CanonicalRequest, target: Target, drops: Drops): JsonObject {
  const fields: JsonObject = {
    temperature: atMost(request.temperature, TEMPERATURE_MAX, 'temperature', drops),
    top_p: request.topP,
    frequency_penalty: request.frequencyPenalty,
    presence_penalty: request.presencePenalty,
  };
  if (target.sampling) return fields;
  for (const name in fields) if (fields[name] !== undefined) drops.add(name);
  return {};
}

/** `any` is the vendor's word for a call that must be made. */
function writeChoice(choice: ToolChoice | undefined): JsonValue | undefined {
  if (choice === undefined) return undefined;
  if (choice.type === 'tool') return { type: 'function', function: { name: choice.name } };
  if (choice.type === 'allowed') return choice.required ? 'any' : 'auto';
  return choice.type === 'required' ? 'any' : choice.type;
}

function writeFormat(format: ResponseFormat | undefined, target: Target, drops: Drops): JsonObject | undefined {
  if (format === undefined) return undefined;
  if (format.type !== 'json_schema') return { type: format.type === 'json' ? 'json_object' : 'text' };
  if (target.jsonSchema !== 'native') {
    drops.add('response_format');
    return { type: 'json_object' };
  }
  const { name, description, schema, strict } = format;
  return { type: 'json_schema', json_schema: { name: name ?? 'answer', description, schema, strict } };
}

/**
 * Models that always think are told by `prompt_mode`, those that may by `reasoning_effort`, which has the words `none` and
 * `high` only (https://docs.mistral.ai/capabilities/reasoning).
 */
function writeReasoning({ reasoning }: CanonicalRequest, target: Target, drops: Drops): JsonObject {
  const effort = reasoning?.effort ?? effortOf(reasoning?.budgetTokens) ?? (reasoning?.adaptive ? 'high' : undefined);
  if (effort === undefined) return {};
  if (target.reasoning === 'none') {
    if (effort !== 'none') drops.add('reasoning_effort');
    return {};
  }
  if (!target.model.startsWith('magistral')) return { reasoning_effort: effort === 'none' ? 'none' : 'high' };
  if (effort === 'none') drops.add('reasoning_effort');
  return effort === 'none' ? {} : { prompt_mode: 'reasoning' };
}

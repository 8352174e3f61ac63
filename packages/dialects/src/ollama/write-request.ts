import { encodeJson } from '@tollgate/kernel';
import type { CanonicalRequest, ResponseFormat } from '../canonical/canonical-request.js';
import type { WrittenRequest } from '../canonical/dialect.js';
import { Drops } from '../canonical/drops.js';
import { writeFunctionTools } from '../canonical/function-tools.js';
import { boundOf, nameMissing } from '../canonical/name-missing.js';
import type { Target } from '../canonical/target.js';
import type { JsonObject, JsonValue } from '../json/json-value.js';
import { effortOf } from '../openai-chat/write-request.js';
import { writeMessages } from './write-messages.js';

/** `POST /api/chat` (https://docs.ollama.com/api/chat, https://github.com/ollama/ollama/blob/main/docs/openapi.yaml). */
export function writeRequest(request: CanonicalRequest, target: Target): WrittenRequest {
  const drops = new Drops();
  drops.addRest(request.rest);
  nameMissing(request, ['logit_bias', 'n', 'user', 'metadata', 'verbosity', 'service_tier', 'parallel_tool_calls'], drops);
  const { tools, customTools } = writeTools(request, drops);
  const options = writeOptions(request, target, drops);
  const body: JsonObject = {
    model: target.model,
    messages: writeMessages(request.messages, drops),
    tools,
    format: writeFormat(request.responseFormat, target, drops),
    options: Object.values(options).some((value) => value !== undefined) ? options : undefined,
    think: writeThink(request, target, drops),
    logprobs: request.logprobs === undefined ? undefined : true,
    top_logprobs: request.logprobs?.top || undefined,
    // What is not said is a stream here.
    stream: request.stream,
  };
  return { body: encodeJson(body), dropped: drops.names(), refused: drops.essential(), expect: { customTools } };
}

/** Nothing can be forced. What may not be called is not offered, which is named too: the model no longer knows of it. */
function writeTools(request: CanonicalRequest, drops: Drops): ReturnType<typeof writeFunctionTools> {
  const choice = request.toolChoice;
  if (choice === undefined || choice.type === 'auto') return writeFunctionTools(request, drops);
  if (choice.type !== 'allowed' || choice.required) drops.add('tool_choice');
  if (choice.type === 'none') return {};
  if (choice.type !== 'tool') return writeFunctionTools(request, drops);
  return writeFunctionTools({ ...request, toolChoice: { type: 'allowed', names: [choice.name], required: true } }, drops);
}

function writeOptions(request: CanonicalRequest, target: Target, drops: Drops): JsonObject {
  const sampling: JsonObject = {
    temperature: request.temperature,
    top_p: request.topP,
    top_k: request.topK,
    frequency_penalty: request.frequencyPenalty,
    presence_penalty: request.presencePenalty,
  };
  if (!target.sampling) for (const name in sampling) if (sampling[name] !== undefined) drops.add(name);
  return {
    ...(target.sampling ? sampling : undefined),
    seed: request.seed,
    stop: request.stop,
    num_predict: boundOf(request.maxOutputTokens, target.maxOutputTokens),
  };
}

function writeFormat(format: ResponseFormat | undefined, target: Target, drops: Drops): JsonValue | undefined {
  if (format === undefined || format.type === 'text') return undefined;
  if (format.type !== 'json_schema') return 'json';
  if (target.jsonSchema === 'native') return format.schema;
  drops.add('response_format');
  return 'json';
}

/** Words for how hard to think are known by gpt-oss alone, all others think or do not (https://docs.ollama.com/capabilities/thinking). */
function writeThink({ reasoning }: CanonicalRequest, target: Target, drops: Drops): JsonValue | undefined {
  const effort = reasoning?.effort ?? effortOf(reasoning?.budgetTokens) ?? (reasoning?.adaptive ? 'medium' : undefined);
  if (effort === undefined) return undefined;
  if (target.reasoning === 'none') {
    if (effort !== 'none') drops.add('reasoning_effort');
    return undefined;
  }
  if (!target.model.includes('gpt-oss')) return effort !== 'none';
  // It cannot be switched off there.
  if (effort === 'none') drops.add('reasoning_effort');
  if (effort === 'none' || effort === 'minimal' || effort === 'low') return 'low';
  return effort === 'medium' ? 'medium' : 'high';
}

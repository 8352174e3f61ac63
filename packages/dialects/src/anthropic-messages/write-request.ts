import { encodeJson } from '@tollgate/kernel';
import type { CanonicalRequest } from '../canonical/canonical-request.js';
import type { Expectation, WrittenRequest } from '../canonical/dialect.js';
import { Drops } from '../canonical/drops.js';
import type { Target } from '../canonical/target.js';
import type { JsonObject } from '../json/json-value.js';
import { takeObject } from '../json/take.js';
import { writeMessages } from './write-messages.js';
import { type Thinking, writeThinking } from './write-thinking.js';
import { writeTools } from './write-tools.js';

/** Where neither the caller nor the catalogue bounds the answer; every model takes it. */
const MAX_TOKENS_DEFAULT = 4096;
const TEMPERATURE_MAX = 1;

export function writeRequest(request: CanonicalRequest, target: Target): WrittenRequest {
  const drops = new Drops();
  const own = request.source === 'anthropic-messages';
  const maxTokens = Math.min(
    request.maxOutputTokens ?? target.maxOutputTokens ?? MAX_TOKENS_DEFAULT,
    target.maxOutputTokens ?? Infinity,
  );
  const thinking = writeThinking(request.reasoning, { own, maxTokens, target, drops });
  const tools = writeTools(request, { own, drops, target, thinking: thinking.on });
  const format = request.responseFormat;
  const rest = own ? takeObject(request.rest) : {};
  if (!own) drops.addRest(request.rest);
  nameWhatIsMissing(request, drops);
  const outputConfig: JsonObject = {
    effort: thinking.effort,
    format:
      format?.type === 'json_schema' && target.jsonSchema === 'native'
        ? { type: 'json_schema', schema: format.schema }
        : undefined,
    ...takeObject(rest['output_config']),
  };
  const body: JsonObject = {
    model: target.model,
    max_tokens: maxTokens,
    ...writeMessages(request.messages, { own, drops, systemAnywhere: target.systemAnywhere }),
    tools: tools.tools,
    tool_choice: tools.choice,
    ...writeSampling(request, target, thinking, drops),
    stop_sequences: writeStop(request.stop, drops),
    thinking: thinking.thinking,
    metadata: request.user === undefined && !own ? undefined : writeMetadata(request, own),
    service_tier: writeTier(request.serviceTier, drops),
    stream: request.stream || undefined,
    ...rest,
    output_config: Object.values(outputConfig).some((value) => value !== undefined) ? outputConfig : undefined,
  };
  const expect: Expectation = { jsonTool: tools.jsonTool, customTools: tools.customTools };
  return { body: encodeJson(body), dropped: drops.names(), refused: drops.essential(), expect };
}

function writeMetadata(request: CanonicalRequest, own: boolean): JsonObject | undefined {
  const metadata: JsonObject = { user_id: request.user, ...(own ? request.metadata : undefined) };
  return Object.values(metadata).some((value) => value !== undefined) ? metadata : undefined;
}

/** Wishes that the API has no field for. */
function nameWhatIsMissing(request: CanonicalRequest, drops: Drops): void {
  const own = request.source === 'anthropic-messages';
  if (request.frequencyPenalty) drops.add('frequency_penalty');
  if (request.presencePenalty) drops.add('presence_penalty');
  if (request.seed !== undefined) drops.add('seed');
  if (request.logprobs !== undefined) drops.add('logprobs');
  if (request.logitBias !== undefined) drops.add('logit_bias');
  if ((request.candidates ?? 1) > 1) drops.add('n');
  if (request.verbosity !== undefined) drops.add('verbosity');
  if (request.metadata !== undefined && !own) drops.add('metadata');
  // There is no mode for JSON without a schema.
  if (request.responseFormat?.type === 'json') drops.add('response_format');
}

/** Thinking allows no temperature but 1, no top_k, and no top_p below 0.95; newer models no two of the first kind at once. */
function writeSampling(request: CanonicalRequest, target: Target, thinking: Thinking, drops: Drops): JsonObject {
  const { temperature, topP, topK } = request;
  if (!target.sampling || thinking.on) {
    if (temperature !== undefined && temperature !== 1) drops.add('temperature');
    if (topP !== undefined && topP < 0.95) drops.add('top_p');
    if (topK !== undefined) drops.add('top_k');
    return {};
  }
  if (temperature !== undefined && temperature > TEMPERATURE_MAX) drops.add('temperature');
  const both = temperature !== undefined && topP !== undefined && topP < 1 && request.source !== 'anthropic-messages';
  if (both) drops.add('top_p');
  const clamped = temperature === undefined ? undefined : Math.min(temperature, TEMPERATURE_MAX);
  return { temperature: clamped, top_p: both ? undefined : topP, top_k: topK };
}

/** The API refuses a sequence of white space alone. */
function writeStop(stop: readonly string[] | undefined, drops: Drops): readonly string[] | undefined {
  const kept = stop?.filter((sequence) => sequence.trim() !== '');
  if (kept?.length !== stop?.length) drops.add('stop');
  return kept;
}

function writeTier(tier: string | undefined, drops: Drops): string | undefined {
  if (tier === undefined || tier === 'auto' || tier === 'standard_only') return tier;
  if (tier === 'default') return 'standard_only';
  drops.add('service_tier');
  return undefined;
}

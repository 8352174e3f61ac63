import { encodeJson } from '@tollgate/kernel';
import type { CanonicalRequest, Reasoning } from '../canonical/canonical-request.js';
import type { WrittenRequest } from '../canonical/dialect.js';
import { Drops } from '../canonical/drops.js';
import type { Target } from '../canonical/target.js';
import type { JsonObject } from '../json/json-value.js';
import { takeObject } from '../json/take.js';
import { effortOf } from '../openai-chat/write-request.js';
import { writeContents } from './write-contents.js';
import { writeTools } from './write-tools.js';

/** The API takes no more. */
const STOP_MAX = 5;

/** The model and whether to stream stand in the path. */
export function writeRequest(request: CanonicalRequest, target: Target): WrittenRequest {
  const drops = new Drops();
  const own = request.source === 'gemini';
  const { generationConfig, toolConfig, ...rest } = own ? takeObject(request.rest) : {};
  if (!own) drops.addRest(request.rest);
  nameWhatIsMissing(request, drops);
  const { contents, systemInstruction } = writeContents(request.messages, target, { own, drops });
  const tools = writeTools(request, own, drops);
  const config: JsonObject = { ...writeConfig(request, target, drops), ...takeObject(generationConfig) };
  const calling: JsonObject = { functionCallingConfig: tools.calling, ...takeObject(toolConfig) };
  const body: JsonObject = {
    contents,
    systemInstruction,
    tools: tools.tools,
    toolConfig: hasValues(calling) ? calling : undefined,
    generationConfig: hasValues(config) ? config : undefined,
    ...rest,
  };
  return {
    body: encodeJson(body),
    dropped: drops.names(),
    refused: drops.essential(),
    expect: { customTools: tools.customTools },
  };
}

const hasValues = (fields: JsonObject): boolean => Object.values(fields).some((value) => value !== undefined);

function nameWhatIsMissing(request: CanonicalRequest, drops: Drops): void {
  if (request.logitBias !== undefined) drops.add('logit_bias');
  if (request.user !== undefined) drops.add('user');
  if (request.metadata !== undefined) drops.add('metadata');
  if (request.verbosity !== undefined) drops.add('verbosity');
  if (request.serviceTier !== undefined && request.serviceTier !== 'auto') drops.add('service_tier');
  if (request.parallelToolCalls === false) drops.add('parallel_tool_calls');
}

function writeConfig(request: CanonicalRequest, target: Target, drops: Drops): JsonObject {
  const { maxOutputTokens: asked, stop, logprobs, responseFormat: format } = request;
  if (stop !== undefined && stop.length > STOP_MAX) drops.add('stop');
  const schema = format?.type === 'json_schema' && target.jsonSchema === 'native' ? format.schema : undefined;
  if (format?.type === 'json_schema' && schema === undefined) drops.add('response_format');
  return {
    maxOutputTokens: asked === undefined ? undefined : Math.min(asked, target.maxOutputTokens ?? asked),
    temperature: request.temperature,
    topP: request.topP,
    topK: request.topK,
    frequencyPenalty: request.frequencyPenalty,
    presencePenalty: request.presencePenalty,
    seed: request.seed,
    stopSequences: stop?.slice(0, STOP_MAX),
    candidateCount: request.candidates,
    responseLogprobs: logprobs === undefined ? undefined : true,
    logprobs: logprobs?.top || undefined,
    responseMimeType: format === undefined ? undefined : format.type === 'text' ? 'text/plain' : 'application/json',
    responseJsonSchema: schema,
    thinkingConfig: writeThinking(request.reasoning, request.source === 'gemini', target, drops),
  };
}

/** Levels are Gemini 3's, budgets 2.5's (https://ai.google.dev/gemini-api/docs/thinking). */
function writeThinking(reasoning: Reasoning | undefined, own: boolean, target: Target, drops: Drops): JsonObject | undefined {
  if (reasoning === undefined) return undefined;
  const { effort, budgetTokens, show } = reasoning;
  const includeThoughts = show === undefined ? (own ? undefined : true) : show !== 'none';
  const off = effort === 'none' || budgetTokens === 0;
  if (own) return { thinkingLevel: off ? undefined : effort, thinkingBudget: off ? 0 : budgetTokens, includeThoughts };
  if (target.reasoning === 'none') {
    if (!off) drops.add('reasoning_effort');
    return undefined;
  }
  if (target.reasoning === 'budget') {
    const thinkingBudget = off ? 0 : (budgetTokens ?? (effort === undefined ? undefined : BUDGETS[effort]));
    return { thinkingBudget, includeThoughts: off ? undefined : includeThoughts };
  }
  // It cannot be switched off: the least that there is, which is named.
  if (off) drops.add('reasoning_effort');
  const level = off ? 'minimal' : (effort ?? effortOf(budgetTokens));
  return {
    thinkingLevel: level === 'xhigh' || level === 'max' ? 'high' : level,
    includeThoughts: off ? undefined : includeThoughts,
  };
}

const BUDGETS = { none: 0, minimal: 512, low: 1024, medium: 8192, high: 24_576, xhigh: 24_576, max: 24_576 } as const;

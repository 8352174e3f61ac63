import type { Result } from '@tollgate/kernel';
import type { CanonicalRequest, Effort, Reasoning, ResponseFormat } from '../canonical/canonical-request.js';
import type { RequestHints, RequestRefusal } from '../canonical/dialect.js';
import type { CanonicalMessage } from '../canonical/message.js';
import { checkMessageCount } from '../canonical/messages-max.js';
import type { Part } from '../canonical/part.js';
import type { CanonicalTool, ToolChoice } from '../canonical/tool.js';
import type { JsonObject, JsonValue } from '../json/json-value.js';
import { takeArray, takeBoolean, takeRest, takeText } from '../json/take.js';
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
import { ConversationIds } from './call-ids.js';
import { joinThoughts } from './join-thoughts.js';
import { bothSpellings, member } from './member.js';
import { readParts } from './read-parts.js';
import { readSchema } from './read-schema.js';

const KNOWN = bothSpellings('model contents systemInstruction tools toolConfig generationConfig');
const CONFIG = bothSpellings(
  `temperature topP topK candidateCount maxOutputTokens stopSequences responseLogprobs logprobs presencePenalty frequencyPenalty
  seed responseMimeType responseSchema responseJsonSchema thinkingConfig`,
);

const CALLING = bothSpellings('functionCallingConfig');

/** A request for content (https://ai.google.dev/api/generate-content); model and stream come from the path. */
export function readRequest(body: Uint8Array, hints: RequestHints = {}): Result<CanonicalRequest, RequestRefusal> {
  return readBody(body, (fields) => readFields(fields, hints));
}

function readFields(fields: JsonObject, hints: RequestHints): CanonicalRequest {
  const config = wantObject(member(fields, 'generationConfig'), 'generationConfig') ?? {};
  const logprobs = wantBoolean(member(config, 'responseLogprobs'), 'generationConfig.responseLogprobs');
  const configRest = takeRest(config, CONFIG);
  const toolConfig = wantObject(member(fields, 'toolConfig'), 'toolConfig') ?? {};
  const toolRest = takeRest(toolConfig, CALLING);
  const rest = {
    ...takeRest(fields, KNOWN),
    ...(configRest === undefined ? undefined : { generationConfig: configRest }),
    ...(toolRest === undefined ? undefined : { toolConfig: toolRest }),
  };
  const number = (name: string): number | undefined => wantNumber(member(config, name), `generationConfig.${name}`);
  return {
    source: 'gemini',
    model: hints.model ?? needText(fields['model'], 'model'),
    messages: readMessages(fields),
    tools: readTools(wantArray(fields['tools'], 'tools')),
    toolChoice: readToolChoice(toolConfig),
    responseFormat: readFormat(config),
    maxOutputTokens: wantCount(member(config, 'maxOutputTokens'), 'generationConfig.maxOutputTokens'),
    temperature: wantNumber(config['temperature'], 'generationConfig.temperature', 0, 2),
    topP: number('topP'),
    topK: number('topK'),
    frequencyPenalty: number('frequencyPenalty'),
    presencePenalty: number('presencePenalty'),
    seed: number('seed'),
    stop: wantArray(member(config, 'stopSequences'), 'generationConfig.stopSequences')?.map((stop, index) =>
      needText(stop, `generationConfig.stopSequences[${index}]`),
    ),
    reasoning: readThinking(wantObject(member(config, 'thinkingConfig'), 'generationConfig.thinkingConfig')),
    logprobs: logprobs ? { top: wantCount(config['logprobs'], 'generationConfig.logprobs') ?? 0 } : undefined,
    candidates: wantCount(member(config, 'candidateCount'), 'generationConfig.candidateCount', 1),
    stream: hints.stream ?? false,
    includeUsage: true,
    rest: Object.keys(rest).length > 0 ? rest : undefined,
  };
}

function readMessages(fields: JsonObject): CanonicalMessage[] {
  const contents = wantArray(fields['contents'], 'contents');
  if (contents === undefined) throw new Unwanted('contents', '"contents" is missing: send an array of contents.');
  checkMessageCount(contents.length, 'contents');
  const ids = new ConversationIds();
  const system = readInstruction(member(fields, 'systemInstruction'), ids);
  const messages: CanonicalMessage[] = system.length > 0 ? [{ role: 'system', parts: system }] : [];
  contents.forEach((entry, index) => {
    const path = `contents[${index}]`;
    const content = needObject(entry, path);
    const role = wantText(content['role'], `${path}.role`) ?? 'user';
    const parts = readParts(content, path, ids);
    if (role === 'model') messages.push({ role: 'assistant', parts: joinThoughts(parts) });
    else if (role === 'user' || role === 'function') messages.push(...splitResults(parts));
    else throw new Unwanted(`${path}.role`, `"${path}.role" must be user or model.`);
  });
  return messages;
}

function readInstruction(value: JsonValue | undefined, ids: ConversationIds): Part[] {
  if (typeof value === 'string') return [{ type: 'text', text: value }];
  const content = wantObject(value, 'systemInstruction');
  return content === undefined ? [] : readParts(content, 'systemInstruction', ids);
}

/** A content of the user may hold results and text: as messages of two roles, in their order. */
function splitResults(parts: readonly Part[]): CanonicalMessage[] {
  const messages: { role: 'tool' | 'user'; parts: Part[] }[] = [];
  for (const part of parts) {
    const role = part.type === 'tool_result' ? 'tool' : 'user';
    const last = messages.at(-1);
    if (last?.role === role) last.parts.push(part);
    else messages.push({ role, parts: [part] });
  }
  return messages.length > 0 ? messages : [{ role: 'user', parts: [] }];
}

const DECLARATION = bothSpellings('name description parameters parametersJsonSchema');

function readTools(tools: readonly JsonValue[] | undefined): CanonicalTool[] | undefined {
  return tools?.flatMap((entry, index): CanonicalTool[] => {
    const path = `tools[${index}]`;
    const tool = needObject(entry, path);
    const declared = wantArray(member(tool, 'functionDeclarations'), `${path}.functionDeclarations`) ?? [];
    const functions = declared.map((declaration, at) =>
      readFunction(needObject(declaration, `${path}.functionDeclarations[${at}]`), path),
    );
    const others = Object.keys(tool).filter((name) => name !== 'functionDeclarations' && name !== 'function_declarations');
    return [
      ...functions,
      ...others.map((kind): CanonicalTool => ({ type: 'opaque', dialect: 'gemini', kind, value: { [kind]: tool[kind] } })),
    ];
  });
}

function readFunction(declaration: JsonObject, path: string): CanonicalTool {
  const own = wantObject(declaration['parameters'], `${path}.parameters`);
  return {
    type: 'function',
    name: needText(declaration['name'], `${path}.functionDeclarations.name`),
    description: wantText(declaration['description'], `${path}.functionDeclarations.description`),
    parameters:
      wantObject(member(declaration, 'parametersJsonSchema'), `${path}.parametersJsonSchema`) ?? (own && readSchema(own)),
    rest: takeRest(declaration, DECLARATION),
  };
}

function readToolChoice(toolConfig: JsonObject): ToolChoice | undefined {
  const config = wantObject(member(toolConfig, 'functionCallingConfig'), 'toolConfig.functionCallingConfig') ?? {};
  const names = takeArray(member(config, 'allowedFunctionNames')).flatMap((name) => takeText(name) ?? []);
  const [only] = names;
  switch (takeText(config['mode'])?.toUpperCase()) {
    case 'AUTO':
      return { type: 'auto' };
    case 'NONE':
      return { type: 'none' };
    case 'ANY':
      if (only === undefined) return { type: 'required' };
      return names.length === 1 ? { type: 'tool', name: only } : { type: 'allowed', names, required: true };
    case 'VALIDATED':
      return only === undefined ? { type: 'auto' } : { type: 'allowed', names, required: false };
    default:
      return undefined;
  }
}

function readFormat(config: JsonObject): ResponseFormat | undefined {
  const schema = wantObject(member(config, 'responseJsonSchema'), 'generationConfig.responseJsonSchema');
  const own = wantObject(member(config, 'responseSchema'), 'generationConfig.responseSchema');
  if (schema !== undefined) return { type: 'json_schema', schema };
  if (own !== undefined) return { type: 'json_schema', schema: readSchema(own) };
  const type = wantText(member(config, 'responseMimeType'), 'generationConfig.responseMimeType');
  if (type === undefined) return undefined;
  return { type: type === 'application/json' ? 'json' : 'text' };
}

const LEVELS: ReadonlySet<string> = new Set(['minimal', 'low', 'medium', 'high']);

function readThinking(config: JsonObject | undefined): Reasoning | undefined {
  if (config === undefined) return undefined;
  const level = takeText(member(config, 'thinkingLevel'))?.toLowerCase();
  const shown = takeBoolean(member(config, 'includeThoughts'));
  return {
    effort: level !== undefined && LEVELS.has(level) ? (level as Effort) : undefined,
    budgetTokens: wantNumber(member(config, 'thinkingBudget'), 'generationConfig.thinkingConfig.thinkingBudget', -1),
    show: shown === undefined ? undefined : shown ? 'summary' : 'none',
  };
}

import { isObject, type Json, listOf, objectsOf, strangeField, textOf } from '../engine/json.js';
import { refuse } from '../engine/refusal.js';
import type { Call } from '../engine/vendor.js';
import type { Ask, ToolChoice } from '../meaning/ask.js';
import { type Conversation, createConversation } from '../meaning/conversation.js';
import { camelCase } from './camel-case.js';
import { badField, unknownName } from './field-violation.js';
import { readContents, readParts } from './read-contents.js';

const FIELDS = [
  'contents',
  'tools',
  'toolConfig',
  'safetySettings',
  'systemInstruction',
  'generationConfig',
  'cachedContent',
  'labels',
  'model',
  'serviceTier',
  'store',
];
const CONFIG_FIELDS = [
  'stopSequences',
  'responseMimeType',
  'responseSchema',
  'responseJsonSchema',
  'responseModalities',
  'candidateCount',
  'maxOutputTokens',
  'temperature',
  'topP',
  'topK',
  'seed',
  'presencePenalty',
  'frequencyPenalty',
  'responseLogprobs',
  'logprobs',
  'enableEnhancedCivicAnswers',
  'speechConfig',
  'thinkingConfig',
  'imageConfig',
  'mediaResolution',
  'audioTimestamp',
  'routingConfig',
  'responseFormat',
  'modelSelectionConfig',
  'audioTranscriptionConfig',
  'translationConfig',
  'enableAffectiveDialog',
];
/** The subset of OpenAPI that `parameters` and `responseSchema` take: https://ai.google.dev/api/caching#Schema */
const SCHEMA_FIELDS = [
  'type',
  'format',
  'title',
  'description',
  'nullable',
  'enum',
  'maxItems',
  'minItems',
  'properties',
  'required',
  'minProperties',
  'maxProperties',
  'minLength',
  'maxLength',
  'pattern',
  'example',
  'anyOf',
  'propertyOrdering',
  'default',
  'items',
  'minimum',
  'maximum',
];

/** Reads a GenerateContentRequest as strictly as https://ai.google.dev/api/generate-content says. */
export function readContent(call: Call, model: string, stream: boolean): Ask {
  const body = camelCase(call.body ?? refuse('Invalid JSON payload received. Unexpected token.')) as Json;
  const strange = strangeField(body, FIELDS);
  if (strange !== undefined) unknownName(strange, '');
  const config = isObject(body.generationConfig) ? body.generationConfig : {};
  const strangeConfig = strangeField(config, CONFIG_FIELDS);
  if (strangeConfig !== undefined) unknownName(strangeConfig, 'generation_config');
  checkConfig(config);
  const conversation = createConversation();
  const tools = readTools(body, conversation);
  if (isObject(body.systemInstruction)) {
    conversation.turn('system');
    readParts(body.systemInstruction, 'system_instruction', conversation);
  }
  readContents(body.contents, model, conversation);
  const thinking = isObject(config.thinkingConfig) ? config.thinkingConfig : {};
  return conversation.finish({
    model,
    stream,
    choice: readChoice(body, tools),
    parallel: true,
    schema: readSchema(config),
    // Without `includeThoughts` a model thinks, too, and says nothing of it; the simulation thinks only where it is shown.
    thinking: thinking.includeThoughts === true && thinking.thinkingBudget !== 0,
    maxTokens: typeof config.maxOutputTokens === 'number' ? config.maxOutputTokens : null,
    stops: listOf(config.stopSequences).map(textOf),
    user: isObject(body.labels) ? textOf(body.labels.user) || null : null,
    cachesMarkedOnly: false,
  });
}

function checkConfig(config: Json): void {
  const { temperature, topP, maxOutputTokens, stopSequences, candidateCount } = config;
  if (typeof temperature === 'number' && (temperature < 0 || temperature > 2)) {
    badField('generation_config.temperature', `temperature must be in the range [0.0, 2.0]`);
  }
  if (typeof topP === 'number' && (topP < 0 || topP > 1))
    badField('generation_config.top_p', 'top_p must be in the range [0.0, 1.0]');
  if (maxOutputTokens !== undefined && (!Number.isInteger(maxOutputTokens) || (maxOutputTokens as number) < 1)) {
    badField('generation_config.max_output_tokens', 'max_output_tokens must be positive.');
  }
  if (listOf(stopSequences).length > 5) badField('generation_config.stop_sequences', 'at most 5 stop sequences are allowed');
  if (candidateCount !== undefined && candidateCount !== 1) refuse('Multiple candidates is not enabled for this model');
}

function readTools(body: Json, conversation: Conversation): readonly string[] {
  const names: string[] = [];
  for (const [index, tool] of objectsOf(body.tools).entries()) {
    const strange = strangeField(tool, [
      'functionDeclarations',
      'googleSearch',
      'googleSearchRetrieval',
      'codeExecution',
      'urlContext',
      'computerUse',
      'fileSearch',
      'googleMaps',
      'mcpServers',
    ]);
    if (strange !== undefined) unknownName(strange, `tools[${index}]`);
    for (const [place, declared] of objectsOf(tool.functionDeclarations).entries()) {
      const path = `tools[${index}].function_declarations[${place}]`;
      const odd = strangeField(declared, [
        'name',
        'description',
        'parameters',
        'parametersJsonSchema',
        'response',
        'responseJsonSchema',
        'behavior',
      ]);
      if (odd !== undefined) unknownName(odd, path);
      const name = textOf(declared.name);
      if (!/^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/.test(name)) {
        badField(
          `${path}.name`,
          'Invalid function name. Must start with a letter or an underscore, with a maximum length of 64.',
        );
      }
      if (names.includes(name)) refuse(`Duplicate function declaration found: ${name}`);
      if (declared.parameters !== undefined && declared.parametersJsonSchema !== undefined) {
        badField(path, 'parameters and parameters_json_schema are mutually exclusive');
      }
      if (isObject(declared.parameters)) checkSchema(declared.parameters, `${path}.parameters`);
      const schema = isObject(declared.parameters) ? declared.parameters : declared.parametersJsonSchema;
      names.push(name);
      conversation.tool({ name, schema: isObject(schema) ? schema : null }, JSON.stringify(declared));
    }
  }
  return names;
}

function checkSchema(schema: Json, path: string): void {
  const strange = strangeField(schema, SCHEMA_FIELDS);
  if (strange !== undefined) unknownName(strange, path);
  if (Array.isArray(schema.type)) badField(`${path}.type`, 'Proto field is not repeating, cannot start list.');
  if (textOf(schema.type).toLowerCase() === 'array' && !isObject(schema.items)) badField(`${path}.items`, 'missing field.');
  if (isObject(schema.items)) checkSchema(schema.items, `${path}.items`);
  for (const [name, inner] of Object.entries(isObject(schema.properties) ? schema.properties : {})) {
    if (isObject(inner)) checkSchema(inner, `${path}.properties[${name}]`);
  }
  for (const [index, inner] of objectsOf(schema.anyOf).entries()) checkSchema(inner, `${path}.any_of[${index}]`);
}

function readChoice(body: Json, tools: readonly string[]): ToolChoice {
  const config =
    isObject(body.toolConfig) && isObject(body.toolConfig.functionCallingConfig) ? body.toolConfig.functionCallingConfig : {};
  const mode = textOf(config.mode) || 'AUTO';
  const allowed = listOf(config.allowedFunctionNames).map(textOf);
  if (!['AUTO', 'ANY', 'NONE', 'VALIDATED', 'MODE_UNSPECIFIED'].includes(mode)) {
    badField(
      'tool_config.function_calling_config.mode',
      `Invalid value at 'tool_config.function_calling_config.mode', "${mode}"`,
    );
  }
  if (allowed.length > 0 && mode !== 'ANY' && mode !== 'VALIDATED') {
    refuse('Please set allowed_function_names only when function calling mode is ANY.');
  }
  const unknown = allowed.find((name) => !tools.includes(name));
  if (unknown !== undefined) refuse(`allowed_function_names: ${unknown} is not among the function declarations.`);
  if (mode === 'ANY' && tools.length === 0) refuse('Function calling config is set without function_declarations.');
  if (mode === 'NONE') return { kind: 'none' };
  if (mode !== 'ANY') return { kind: 'auto' };
  return allowed.length === 1 ? { kind: 'tool', name: allowed[0] as string } : { kind: 'any' };
}

function readSchema(config: Json): Json | null {
  const schema = isObject(config.responseSchema)
    ? config.responseSchema
    : isObject(config.responseJsonSchema)
      ? config.responseJsonSchema
      : null;
  const json = config.responseMimeType === 'application/json';
  if (schema !== null && !json && config.responseMimeType !== 'text/x.enum') {
    refuse("Function calling with a response mime type: 'text/plain' is unsupported; response_schema needs 'application/json'");
  }
  if (isObject(config.responseSchema)) checkSchema(config.responseSchema, 'generation_config.response_schema');
  return json ? (schema ?? {}) : null;
}

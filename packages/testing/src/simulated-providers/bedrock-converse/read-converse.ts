import { isObject, type Json, listOf, objectsOf, parseJson, textOf } from '../engine/json.js';
import { refuse } from '../engine/refusal.js';
import type { Call } from '../engine/vendor.js';
import type { Ask, ToolChoice } from '../meaning/ask.js';
import { type Conversation, createConversation } from '../meaning/conversation.js';
import { readConverseTurns } from './read-turns.js';

/** Reads Converse and ConverseStream: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html */
export function readConverse(call: Call, model: string, stream: boolean): Ask {
  const body = call.body ?? refuse('Unexpected content at the start of the body', { type: 'SerializationException' });
  const conversation = createConversation();
  const tools = readTools(body, conversation);
  conversation.turn('system');
  for (const [index, block] of objectsOf(body.system).entries()) {
    if (isObject(block.cachePoint)) conversation.mark();
    else if (textOf(block.text).trim() === '' && !isObject(block.guardContent))
      refuse(`The text field in the SystemContentBlock object at system.${index} is blank.`);
    conversation.text(textOf(block.text));
  }
  readConverseTurns(body.messages, tools !== null, conversation);
  const config = isObject(body.inferenceConfig) ? body.inferenceConfig : {};
  checkConfig(config);
  const choice = readChoice(body, tools ?? []);
  const thinking = readThinking(body);
  if (thinking && (choice.kind === 'any' || choice.kind === 'tool'))
    refuse('The model returned the following errors: Thinking may not be enabled when tool_choice forces tool use.');
  return conversation.finish({
    model,
    stream,
    choice,
    parallel: true,
    schema: readSchema(body),
    thinking,
    maxTokens: typeof config.maxTokens === 'number' ? config.maxTokens : null,
    stops: listOf(config.stopSequences).map(textOf),
    user: isObject(body.requestMetadata) ? textOf(body.requestMetadata.user) || null : null,
    cachesMarkedOnly: true,
  });
}

function checkConfig(config: Json): void {
  const { maxTokens, temperature, topP, stopSequences } = config;
  if (maxTokens !== undefined && (!Number.isInteger(maxTokens) || (maxTokens as number) < 1)) {
    refuse(
      `1 validation error detected: Value '${String(maxTokens)}' at 'inferenceConfig.maxTokens' failed to satisfy constraint: Member must have value greater than or equal to 1`,
    );
  }
  for (const [name, value] of Object.entries({ temperature, topP })) {
    if (typeof value === 'number' && (value < 0 || value > 1)) {
      refuse(
        `1 validation error detected: Value '${value}' at 'inferenceConfig.${name}' failed to satisfy constraint: Member must have value less than or equal to 1`,
      );
    }
  }
  if (listOf(stopSequences).some((stop) => textOf(stop) === ''))
    refuse(
      "Value at 'inferenceConfig.stopSequences' failed to satisfy constraint: Member must have length greater than or equal to 1",
    );
}

/** Null: no `toolConfig`. */
function readTools(body: Json, conversation: Conversation): readonly string[] | null {
  if (body.toolConfig === undefined) return null;
  const listed = isObject(body.toolConfig) ? objectsOf(body.toolConfig.tools) : [];
  if (listed.length === 0)
    refuse(
      "1 validation error detected: Value at 'toolConfig.tools' failed to satisfy constraint: Member must have length greater than or equal to 1",
    );
  const names: string[] = [];
  for (const [index, tool] of listed.entries()) {
    if (isObject(tool.cachePoint)) {
      conversation.mark();
      continue;
    }
    const spec = isObject(tool.toolSpec) ? tool.toolSpec : refuse(`The tool at toolConfig.tools.${index} must set toolSpec.`);
    const name = textOf(spec.name);
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
      refuse(
        `1 validation error detected: Value '${name}' at 'toolConfig.tools.${index}.member.toolSpec.name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+`,
      );
    }
    if (spec.description === '')
      refuse(
        `Value at 'toolConfig.tools.${index}.member.toolSpec.description' failed to satisfy constraint: Member must have length greater than or equal to 1`,
      );
    const schema = isObject(spec.inputSchema) && isObject(spec.inputSchema.json) ? spec.inputSchema.json : null;
    if (schema === null) refuse(`The inputSchema at toolConfig.tools.${index}.toolSpec must set json.`);
    if (schema?.type !== 'object')
      refuse(`The value at toolConfig.tools.${index}.toolSpec.inputSchema.json.type must be one of the following: object.`);
    if (names.includes(name)) refuse(`The tool name ${name} in toolConfig is not unique.`);
    names.push(name);
    conversation.tool({ name, schema }, JSON.stringify(spec));
  }
  return names;
}

function readChoice(body: Json, tools: readonly string[]): ToolChoice {
  const choice = isObject(body.toolConfig) ? body.toolConfig.toolChoice : undefined;
  if (choice === undefined || choice === null) return { kind: 'auto' };
  const keys = isObject(choice) ? Object.keys(choice) : [];
  if (!isObject(choice) || keys.length !== 1) refuse('toolConfig.toolChoice must set exactly one of auto, any, tool');
  if (keys[0] === 'auto' || keys[0] === 'any') return { kind: keys[0] };
  if (keys[0] !== 'tool') refuse(`Unknown member of toolChoice: ${keys[0]}`);
  const name = isObject(choice.tool) ? textOf(choice.tool.name) : '';
  if (!tools.includes(name)) refuse(`The tool ${name} of toolChoice is not among the tools of toolConfig.`);
  return { kind: 'tool', name };
}

function readThinking(body: Json): boolean {
  const fields = isObject(body.additionalModelRequestFields) ? body.additionalModelRequestFields : {};
  const thinking = fields.thinking ?? fields.reasoning_config;
  if (!isObject(thinking) || thinking.type === 'disabled') return false;
  if (thinking.type === 'enabled' && !(Number(thinking.budget_tokens) >= 1024)) {
    refuse(
      'The model returned the following errors: thinking.enabled.budget_tokens: Input should be greater than or equal to 1024',
    );
  }
  return true;
}

function readSchema(body: Json): Json | null {
  const format = isObject(body.outputConfig) ? body.outputConfig.textFormat : undefined;
  if (!isObject(format)) return null;
  const structure = isObject(format.structure) && isObject(format.structure.jsonSchema) ? format.structure.jsonSchema : {};
  const schema = parseJson(textOf(structure.schema));
  if (format.type !== 'json_schema' || !isObject(schema))
    refuse('outputConfig.textFormat.structure.jsonSchema.schema must be a JSON Schema as text');
  return schema;
}

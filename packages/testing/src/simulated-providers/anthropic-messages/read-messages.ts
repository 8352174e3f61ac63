import { isObject, type Json, listOf, objectsOf, strangeField, textOf } from '../engine/json.js';
import { refuse } from '../engine/refusal.js';
import type { Call } from '../engine/vendor.js';
import type { Ask, ToolChoice } from '../meaning/ask.js';
import { type Conversation, createConversation } from '../meaning/conversation.js';
import { readTurns } from './read-turns.js';

const FIELDS = [
  'model', 'messages', 'max_tokens', 'cache_control', 'container', 'context_management', 'diagnostics', 'inference_geo', 'mcp_servers',
  'metadata', 'output_config', 'output_format', 'service_tier', 'speed', 'stop_sequences', 'stream', 'system', 'temperature',
  'thinking', 'tool_choice', 'tools', 'top_k', 'top_p',
]; // biome-ignore format: a table
const CACHE_MARKS_MAX = 4;

/** What the hosts of the format differ in. */
export interface MessagesSettings {
  readonly model: string;
  readonly stream: boolean;
  /** Fields of the body that only this host takes. */
  readonly extraFields: readonly string[];
  /** Fields that this host has elsewhere (the path): not in the body. */
  readonly absentFields: readonly string[];
  /** Token counting takes neither this nor a stream. */
  readonly needsMaxTokens: boolean;
  /** Version 2026-10-21 or later of the API. */
  readonly since2026: boolean;
}

/** Reads `POST /v1/messages` as strictly as https://docs.claude.com/en/api/messages says. */
export function readMessages(call: Call, settings: MessagesSettings): Ask {
  const body = call.body ?? refuse('The request body is not valid JSON');
  const known = [...FIELDS.filter((name) => !settings.absentFields.includes(name)), ...settings.extraFields];
  const strange = strangeField(body, known);
  if (strange !== undefined) refuse(`${strange}: Extra inputs are not permitted`);
  const maxTokens = body.max_tokens;
  if (settings.needsMaxTokens && maxTokens === undefined) refuse('max_tokens: Field required');
  if (maxTokens !== undefined && (!Number.isInteger(maxTokens) || (maxTokens as number) < 1)) {
    refuse('max_tokens: Input should be greater than or equal to 1');
  }
  checkRange(body, 'temperature', 1);
  checkRange(body, 'top_p', 1);
  const conversation = createConversation();
  const tools = readTools(body, conversation);
  readSystem(body.system, conversation);
  const thinking = readThinking(body);
  readTurns(body.messages, { conversation, thinking, model: settings.model, vendor: 'anthropic', since2026: settings.since2026 });
  const marks = (JSON.stringify(body).match(/"cache_control":\{/g) ?? []).length;
  if (marks > CACHE_MARKS_MAX)
    refuse(`A maximum of ${CACHE_MARKS_MAX} blocks with cache_control may be provided. Found ${marks}.`);
  if (isObject(body.cache_control)) conversation.mark();
  const choice = readChoice(body, tools, thinking);
  const stops = listOf(body.stop_sequences).map(textOf);
  if (stops.some((stop) => stop.trim() === '')) refuse('stop_sequences: each stop sequence must contain non-whitespace');
  return conversation.finish({
    model: settings.model,
    stream: settings.stream,
    choice,
    parallel: !(isObject(body.tool_choice) && body.tool_choice.disable_parallel_tool_use === true),
    schema: readSchema(body),
    thinking,
    maxTokens: typeof maxTokens === 'number' ? maxTokens : null,
    stops,
    user: isObject(body.metadata) ? textOf(body.metadata.user_id) || null : null,
    cachesMarkedOnly: true,
  });
}

function checkRange(body: Json, name: string, most: number): void {
  const value = body[name];
  if (value === undefined) return;
  if (typeof value !== 'number') refuse(`${name}: Input should be a valid number`);
  else if (value < 0 || value > most) refuse(`${name}: range: 0..${most}`);
}

function readSystem(system: unknown, conversation: Conversation): void {
  if (system === undefined) return;
  if (typeof system !== 'string' && !Array.isArray(system)) refuse('system: Input should be a valid list');
  conversation.turn('system');
  const blocks: readonly unknown[] = typeof system === 'string' ? [{ type: 'text', text: system }] : listOf(system);
  for (const [index, block] of blocks.entries()) {
    if (!isObject(block) || block.type !== 'text') refuse(`system.${index}.type: Input should be 'text'`);
    if (textOf(block.text) === '' && Array.isArray(system)) refuse('system: text content blocks must be non-empty');
    conversation.text(textOf(block.text));
    if (isObject(block.cache_control)) conversation.mark();
  }
}

function readTools(body: Json, conversation: Conversation): readonly string[] {
  const names: string[] = [];
  for (const [index, tool] of objectsOf(body.tools).entries()) {
    const name = textOf(tool.name);
    const hosted = typeof tool.type === 'string' && tool.type !== 'custom';
    if (name === '') refuse(`tools.${index}.custom.name: Field required`);
    if (!/^[a-zA-Z0-9_-]{1,128}$/.test(name))
      refuse(`tools.${index}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`);
    if (names.includes(name)) refuse('tools: Tool names must be unique.');
    if (!hosted && !isObject(tool.input_schema)) refuse(`tools.${index}.custom.input_schema: Field required`);
    const schema = isObject(tool.input_schema) ? tool.input_schema : null;
    if (schema !== null && schema.type !== 'object') refuse(`tools.${index}.custom.input_schema.type: Input should be 'object'`);
    const strange = hosted
      ? undefined
      : strangeField(tool, [
          'type',
          'name',
          'description',
          'input_schema',
          'cache_control',
          'strict',
          'defer_loading',
          'allowed_callers',
          'input_examples',
          'eager_input_streaming',
        ]);
    if (strange !== undefined) refuse(`tools.${index}.custom.${strange}: Extra inputs are not permitted`);
    names.push(name);
    conversation.tool({ name, schema }, JSON.stringify(tool));
    if (isObject(tool.cache_control)) conversation.mark();
  }
  return names;
}

function readThinking(body: Json): boolean {
  const thinking = body.thinking;
  if (!isObject(thinking)) return false;
  switch (thinking.type) {
    case 'disabled':
      return false;
    case 'adaptive':
      break;
    case 'enabled': {
      const budget = thinking.budget_tokens;
      if (typeof budget !== 'number') refuse('thinking.enabled.budget_tokens: Field required');
      else if (budget < 1024) refuse('thinking.enabled.budget_tokens: Input should be greater than or equal to 1024');
      else if (typeof body.max_tokens === 'number' && body.max_tokens <= budget) {
        refuse('`max_tokens` must be greater than `thinking.budget_tokens`.');
      }
      break;
    }
    default:
      refuse("thinking: Input tag found using 'type' does not match any of the expected tags: 'adaptive', 'disabled', 'enabled'");
  }
  if (body.temperature !== undefined && body.temperature !== 1)
    refuse('`temperature` may only be set to 1 when thinking is enabled.');
  return true;
}

function readChoice(body: Json, tools: readonly string[], thinking: boolean): ToolChoice {
  const choice = body.tool_choice;
  if (choice === undefined || choice === null) return { kind: 'auto' };
  if (!isObject(choice)) refuse('tool_choice: Input should be a valid dictionary');
  const type = choice.type;
  if (tools.length === 0 && type !== 'none') refuse('tool_choice may only be specified while providing tools');
  if (type === 'auto' || type === 'none') return { kind: type };
  if (type !== 'any' && type !== 'tool') {
    refuse("tool_choice: Input tag found using 'type' does not match any of the expected tags: 'auto', 'any', 'tool', 'none'");
  }
  if (thinking) refuse('Thinking may not be enabled when tool_choice forces tool use.');
  if (type === 'any') return { kind: 'any' };
  const name = textOf(choice.name);
  if (!tools.includes(name)) refuse(`Tool '${name}' not found in provided tools`);
  return { kind: 'tool', name };
}

function readSchema(body: Json): Json | null {
  const format =
    isObject(body.output_config) && isObject(body.output_config.format) ? body.output_config.format : body.output_format;
  if (!isObject(format)) return null;
  if (format.type !== 'json_schema') refuse("output_config.format.type: Input should be 'json_schema'");
  if (!isObject(format.schema)) refuse('output_config.format.schema: Field required');
  const schema = format.schema;
  if (schema.type === 'object' && schema.additionalProperties !== false) {
    refuse("output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false");
  }
  return schema;
}

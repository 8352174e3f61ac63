import type { CanonicalRequest } from '../canonical/canonical-request.js';
import type { Drops } from '../canonical/drops.js';
import { FREE_TEXT } from '../canonical/free-text-tool.js';
import type { Target } from '../canonical/target.js';
import type { CanonicalTool, ToolChoice } from '../canonical/tool.js';
import type { JsonObject } from '../json/json-value.js';
import { writeCache } from './write-blocks.js';

export interface ToolsContext {
  readonly own: boolean;
  readonly drops: Drops;
  readonly target: Target;
  /** A forced tool and thinking exclude each other. */
  readonly thinking: boolean;
}

export interface WrittenTools {
  readonly tools?: readonly JsonObject[];
  readonly choice?: JsonObject;
  readonly jsonTool?: string;
  readonly customTools?: readonly string[];
}

const JSON_TOOL = 'json_answer';
const NO_ARGUMENTS: JsonObject = { type: 'object', properties: {} };
export function writeTools(request: CanonicalRequest, context: ToolsContext): WrittenTools {
  const allowed = request.toolChoice?.type === 'allowed' ? new Set(request.toolChoice.names) : null;
  const asked = (request.tools ?? []).filter((tool) => allowed === null || tool.type === 'opaque' || allowed.has(tool.name));
  const tools = asked.map((tool) => writeTool(tool, context)).filter((tool) => tool !== null);
  const customTools = asked.flatMap((tool) => (tool.type === 'custom' ? [tool.name] : []));
  const choice = writeChoice(request.toolChoice, request.parallelToolCalls, tools.length > 0);
  const result: WrittenTools = {
    tools: request.tools && tools,
    choice,
    customTools: customTools.length > 0 ? customTools : undefined,
  };
  return emulateSchema(request, result, context);
}

function writeTool(tool: CanonicalTool, { own, drops }: ToolsContext): JsonObject | null {
  if (tool.type === 'opaque') {
    if (tool.dialect === 'anthropic-messages') return tool.value;
    drops.add(`tools.${tool.kind}`);
    return null;
  }
  const { name, description } = tool;
  if (tool.type === 'custom') {
    if (tool.format !== undefined && tool.format['type'] !== 'text') drops.add('tools.format');
    return { name, description, input_schema: FREE_TEXT };
  }
  if (!own) drops.addRest(tool.rest, 'tools.');
  return {
    name,
    description,
    input_schema: tool.parameters ?? NO_ARGUMENTS,
    strict: tool.strict || undefined,
    ...writeCache(tool.cache),
    ...(own ? tool.rest : undefined),
  };
}

function writeChoice(choice: ToolChoice | undefined, parallel: boolean | undefined, hasTools: boolean): JsonObject | undefined {
  const single = parallel === undefined ? undefined : !parallel;
  // The API refuses a choice without tools.
  if (!hasTools) return undefined;
  if (choice === undefined) return single ? { type: 'auto', disable_parallel_tool_use: true } : undefined;
  if (choice.type === 'none') return { type: 'none' };
  if (choice.type === 'tool') return { type: 'tool', name: choice.name, disable_parallel_tool_use: single };
  const any = choice.type === 'required' || (choice.type === 'allowed' && choice.required);
  return { type: any ? 'any' : 'auto', disable_parallel_tool_use: single };
}

/** A model without structured output is made to call a tool whose arguments are the answer. */
function emulateSchema(
  request: CanonicalRequest,
  written: WrittenTools,
  { target, drops, thinking }: ToolsContext,
): WrittenTools {
  const format = request.responseFormat;
  if (format?.type !== 'json_schema' || target.jsonSchema === 'native') return written;
  if (target.jsonSchema === 'none') {
    drops.add('response_format');
    return written;
  }
  const tools = written.tools ?? [];
  const description = format.description ?? 'Gives the answer to the user. Call it once, with the whole answer.';
  const tool = { name: JSON_TOOL, description, input_schema: format.schema };
  const forced = tools.length > 0 ? { type: 'any' } : { type: 'tool', name: JSON_TOOL };
  return {
    ...written,
    tools: [...tools, tool],
    choice: thinking ? { type: 'auto' } : { ...forced, disable_parallel_tool_use: true },
    jsonTool: JSON_TOOL,
  };
}

import type { JsonObject } from '../json/json-value.js';
import type { CanonicalRequest } from './canonical-request.js';
import type { Drops } from './drops.js';
import { FREE_TEXT } from './free-text-tool.js';

export interface FunctionTools {
  readonly tools?: readonly JsonObject[];
  /** Tools of free text that were written as functions. */
  readonly customTools?: readonly string[];
}

export const NO_ARGUMENTS: JsonObject = { type: 'object', properties: {} };

/**
 * Tools as `{"type":"function","function":{name, description, parameters}}`, for vendors that know no others and no choice
 * among some of them: what the caller does not allow is then left out.
 */
export function writeFunctionTools(request: CanonicalRequest, drops: Drops, takesStrict = false): FunctionTools {
  const allowed = request.toolChoice?.type === 'allowed' ? new Set(request.toolChoice.names) : null;
  const tools: JsonObject[] = [];
  const customTools: string[] = [];
  for (const tool of request.tools ?? []) {
    if (tool.type === 'opaque') {
      drops.add(`tools.${tool.kind}`);
      continue;
    }
    const { name, description } = tool;
    if (allowed !== null && !allowed.has(name)) continue;
    if (tool.type === 'custom') {
      if (tool.format !== undefined && tool.format['type'] !== 'text') drops.add('tools.format');
      customTools.push(name);
      tools.push({ type: 'function', function: { name, description, parameters: FREE_TEXT } });
      continue;
    }
    if (tool.strict && !takesStrict) drops.add('tools.strict');
    if (tool.cache !== undefined) drops.add('cache_control');
    drops.addRest(tool.rest, 'tools.');
    const parameters = tool.parameters ?? NO_ARGUMENTS;
    const strict = takesStrict ? tool.strict : undefined;
    tools.push({ type: 'function', function: { name, description, parameters, strict } });
  }
  return {
    tools: tools.length > 0 ? tools : undefined,
    customTools: customTools.length > 0 ? customTools : undefined,
  };
}

import type { CanonicalRequest } from '../canonical/canonical-request.js';
import type { Drops } from '../canonical/drops.js';
import { FREE_TEXT } from '../canonical/free-text-tool.js';
import type { ToolChoice } from '../canonical/tool.js';
import type { JsonObject } from '../json/json-value.js';

export interface WrittenTools {
  readonly tools?: readonly JsonObject[];
  readonly calling?: JsonObject;
  readonly customTools?: readonly string[];
}

/** All functions stand in one tool; what Google runs itself are tools of their own. */
export function writeTools(request: CanonicalRequest, own: boolean, drops: Drops): WrittenTools {
  const declarations: JsonObject[] = [];
  const others: JsonObject[] = [];
  const customTools: string[] = [];
  for (const tool of request.tools ?? []) {
    if (tool.type === 'opaque') {
      if (tool.dialect === 'gemini') others.push(tool.value);
      else drops.add(`tools.${tool.kind}`);
      continue;
    }
    const { name, description } = tool;
    if (tool.type === 'custom') {
      if (tool.format !== undefined && tool.format['type'] !== 'text') drops.add('tools.format');
      customTools.push(name);
      declarations.push({ name, description, parametersJsonSchema: FREE_TEXT });
      continue;
    }
    if (tool.strict) drops.add('tools.strict');
    if (tool.cache !== undefined) drops.add('cache_control');
    if (!own) drops.addRest(tool.rest, 'tools.');
    declarations.push({ name, description, parametersJsonSchema: tool.parameters, ...(own ? tool.rest : undefined) });
  }
  const functions = declarations.length > 0 ? [{ functionDeclarations: declarations }] : [];
  return {
    tools: request.tools && [...functions, ...others],
    calling: declarations.length > 0 ? writeCalling(request.toolChoice) : undefined,
    customTools: customTools.length > 0 ? customTools : undefined,
  };
}

function writeCalling(choice: ToolChoice | undefined): JsonObject | undefined {
  switch (choice?.type) {
    case undefined:
      return undefined;
    case 'auto':
      return { mode: 'AUTO' };
    case 'none':
      return { mode: 'NONE' };
    case 'required':
      return { mode: 'ANY' };
    case 'tool':
      return { mode: 'ANY', allowedFunctionNames: [choice?.name ?? ''] };
    case 'allowed':
      return { mode: choice?.required ? 'ANY' : 'VALIDATED', allowedFunctionNames: choice?.names ?? [] };
  }
}

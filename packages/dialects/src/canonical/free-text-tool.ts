import type { JsonObject } from '../json/json-value.js';
import { parseJsonText } from '../json/parse-json.js';
import { takeObject, takeText } from '../json/take.js';
import type { Expectation } from './dialect.js';
import type { Part } from './part.js';

/** What a tool of free text takes where a dialect knows only functions; its calls are unwrapped again. */
export const FREE_TEXT: JsonObject = { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] };

/** The text of a call that came wrapped as `{"input": text}`. */
export const unwrapInput = (json: string): string => takeText(takeObject(parseJsonText(json))['input']) ?? json;

export function unwrapCustom(part: Part, expect: Expectation): Part {
  if (part.type !== 'tool_call' || !expect.customTools?.includes(part.name)) return part;
  return { ...part, custom: true, arguments: unwrapInput(part.arguments) };
}

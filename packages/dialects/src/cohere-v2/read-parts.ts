import { NO_USAGE, type Usage } from '@tollgate/contracts';
import type { Citation } from '../canonical/part.js';
import type { StopReason } from '../canonical/stop-reason.js';
import type { JsonObject } from '../json/json-value.js';
import { takeArray, takeCount, takeNumber, takeObject, takeText } from '../json/take.js';

const STOPS: Readonly<Record<string, StopReason>> = {
  COMPLETE: 'stop',
  STOP_SEQUENCE: 'stop_sequence',
  MAX_TOKENS: 'length',
  TOOL_CALL: 'tool_calls',
  ERROR: 'error',
  TIMEOUT: 'error',
};
export const readStop = (word: unknown): StopReason =>
  typeof word === 'string' && Object.hasOwn(STOPS, word) ? (STOPS[word] as StopReason) : 'other';

/**
 * `tokens` counts all that went through the model, the vendor's own frame of a prompt too; `billed_units` leaves that frame
 * out and stands in where there are no tokens (https://docs.cohere.com/docs/rate-limits, https://docs.cohere.com/reference/chat).
 */
export function readUsage(value: unknown): Usage | null {
  const usage = takeObject(value);
  const tokens = takeObject(usage['tokens']);
  const billed = takeObject(usage['billed_units']);
  const input = takeCount(tokens['input_tokens']) ?? takeCount(billed['input_tokens']);
  const output = takeCount(tokens['output_tokens']) ?? takeCount(billed['output_tokens']);
  if (input === null && output === null) return null;
  const cacheRead = Math.min(input ?? 0, takeCount(usage['cached_tokens']) ?? 0);
  return { ...NO_USAGE, input: (input ?? 0) - cacheRead, cacheRead, output: output ?? 0 };
}

/** A call without arguments says `null`. */
export const readArguments = (text: string): string => (text === '' || text === 'null' ? '{}' : text);

/** Where in the answer a citation is, and the first of the documents or results of tools that it names. */
export function readCitation(value: JsonObject): Citation {
  const source = takeObject(takeArray(value['sources'])[0]);
  const document = takeObject(source['document'] ?? source['tool_output']);
  return {
    url: takeText(document['url']),
    title: takeText(document['title']) ?? takeText(source['id']),
    start: takeNumber(value['start']),
    end: takeNumber(value['end']),
    raw: { dialect: 'cohere-v2', value },
  };
}

/** Which text it is about: the plan, a part of the content by its place, or (null) a thought, which takes no citation. */
export function placeOfCitation(value: JsonObject): 'plan' | number | null {
  if (value['type'] === 'PLAN') return 'plan';
  return value['type'] === 'THINKING_CONTENT' ? null : (takeNumber(value['content_index']) ?? 0);
}

import type { Usage } from '@tollgate/contracts';
import { inputOf, outputOf } from '../canonical/sum-usage.js';
import { isObject, type JsonObject, type JsonValue } from '../json/json-value.js';
import { readUsage as readChatUsage } from '../openai-chat/read-usage.js';

/** The same counts as in chat completions, under other names. */
export function readUsage(value: JsonValue | undefined): Usage | null {
  if (!isObject(value)) return null;
  return readChatUsage({
    prompt_tokens: value['input_tokens'],
    completion_tokens: value['output_tokens'],
    total_tokens: value['total_tokens'],
    prompt_tokens_details: value['input_tokens_details'],
    completion_tokens_details: value['output_tokens_details'],
  });
}

export function writeUsage(usage: Usage): JsonObject {
  const input = inputOf(usage);
  const output = outputOf(usage);
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: usage.cacheRead, cache_write_tokens: usage.cacheWrite },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: input + output,
  };
}

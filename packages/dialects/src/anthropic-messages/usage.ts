import type { Usage } from '@tollgate/contracts';
import { outputOf } from '../canonical/sum-usage.js';
import type { JsonObject, JsonValue } from '../json/json-value.js';
import { takeCount, takeObject } from '../json/take.js';

/**
 * Anthropic counts disjoint buckets itself: `input_tokens` is what was neither read from the cache nor written to it.
 * Thinking is part of `output_tokens`. Null where there are no counts.
 */
export function readUsage(value: JsonValue | undefined): Usage | null {
  const fields = takeObject(value);
  const input = takeCount(fields['input_tokens']);
  const output = takeCount(fields['output_tokens']);
  if (input === null && output === null) return null;
  const thinking = takeCount(takeObject(fields['output_tokens_details'])['thinking_tokens']) ?? 0;
  const reasoning = Math.min(output ?? 0, thinking);
  return {
    input: input ?? 0,
    cacheRead: takeCount(fields['cache_read_input_tokens']) ?? 0,
    cacheWrite: takeCount(fields['cache_creation_input_tokens']) ?? 0,
    inputAudio: 0,
    output: (output ?? 0) - reasoning,
    reasoning,
    outputAudio: 0,
  };
}

/** The counts of `message_delta` are the whole so far; what it does not repeat stays as `message_start` said. */
export function mergeUsage(before: JsonObject, later: JsonValue | undefined): JsonObject {
  const merged: Record<string, JsonValue | undefined> = { ...before };
  const fields = takeObject(later);
  for (const name in fields)
    if (fields[name] !== null && fields[name] !== undefined && name !== '__proto__') merged[name] = fields[name];
  return merged;
}

export function writeUsage(usage: Usage): JsonObject {
  return {
    input_tokens: usage.input + usage.inputAudio,
    cache_creation_input_tokens: usage.cacheWrite,
    cache_read_input_tokens: usage.cacheRead,
    output_tokens: outputOf(usage),
    output_tokens_details: usage.reasoning > 0 ? { thinking_tokens: usage.reasoning } : undefined,
  };
}

import type { Usage } from '@tollgate/contracts';
import { inputOf, outputOf } from '../canonical/sum-usage.js';
import type { JsonObject } from '../json/json-value.js';

/** Disjoint buckets as OpenAI's usage, where the details are parts of the whole. */
export function writeUsage(usage: Usage): JsonObject {
  const prompt = inputOf(usage);
  const completion = outputOf(usage);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: {
      cached_tokens: usage.cacheRead,
      cache_write_tokens: usage.cacheWrite || undefined,
      audio_tokens: usage.inputAudio,
    },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoning,
      audio_tokens: usage.outputAudio,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

import type { Usage } from '@tollgate/contracts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * An OpenAI usage object in disjoint buckets whose sum is the vendor's total; null where it holds no counts. Vendors
 * differ: details may be missing, DeepSeek names its cache `prompt_cache_hit_tokens`, Anthropic-like ones write
 * `cache_creation_input_tokens`, xAI and Google keep reasoning outside `completion_tokens` but inside `total_tokens`.
 */
export function readUsage(value: unknown): Usage | null {
  if (!isFields(value)) return null;
  const prompt = countOf(value['prompt_tokens']);
  const completion = countOf(value['completion_tokens']);
  const total = countOf(value['total_tokens']);
  if (prompt === null && completion === null && total === null) return null;
  const promptDetails = fieldsOf(value['prompt_tokens_details']);
  const completionDetails = fieldsOf(value['completion_tokens_details']);

  const input = prompt ?? Math.max(0, (total ?? 0) - (completion ?? 0));
  const cacheRead = Math.min(input, countOf(promptDetails['cached_tokens']) ?? countOf(value['prompt_cache_hit_tokens']) ?? 0);
  const written = countOf(promptDetails['cache_write_tokens']) ?? countOf(promptDetails['cache_creation_input_tokens']) ?? 0;
  const cacheWrite = Math.min(input - cacheRead, written);
  const inputAudio = Math.min(input - cacheRead - cacheWrite, countOf(promptDetails['audio_tokens']) ?? 0);

  const reasoningSaid = countOf(completionDetails['reasoning_tokens']) ?? countOf(value['reasoning_tokens']) ?? 0;
  const output = outputOf(input, completion ?? 0, total, reasoningSaid);
  const reasoning = Math.min(output, reasoningSaid);
  const outputAudio = Math.min(output - reasoning, countOf(completionDetails['audio_tokens']) ?? 0);
  return {
    input: input - cacheRead - cacheWrite - inputAudio,
    cacheRead,
    cacheWrite,
    inputAudio,
    output: output - reasoning - outputAudio,
    reasoning,
    outputAudio,
  };
}

/** The usage of a whole answer or of one chunk: at the top, or where Groq had it first. */
export function readUsageOf(answer: unknown): Usage | null {
  if (!isFields(answer)) return null;
  return readUsage(answer['usage']) ?? readUsage(fieldsOf(answer['x_groq'])['usage']);
}

/** All output tokens. The total is the vendor's last word where it is larger than the parts. */
function outputOf(input: number, completion: number, total: number | null, reasoning: number): number {
  if (total !== null && total > input + completion) return total - input;
  return total === null && reasoning > completion ? completion + reasoning : completion;
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});

/** A count that can be believed, or null. */
function countOf(value: unknown): number | null {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? Math.round(value) : null;
}

import type { Usage } from '@tollgate/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readUsage, readUsageOf } from './read-usage.js';

const sum = (usage: Usage | null): number => Object.values(usage ?? {}).reduce((total, count) => total + count, 0);

test.each<[string, object, Partial<Usage>]>([
  ['plain counts', { prompt_tokens: 10, completion_tokens: 4, total_tokens: 14 }, { input: 10, output: 4 }],
  [
    'OpenAI with all details',
    {
      prompt_tokens: 100,
      completion_tokens: 50,
      total_tokens: 150,
      prompt_tokens_details: { cached_tokens: 60, audio_tokens: 10 },
      completion_tokens_details: { reasoning_tokens: 20, audio_tokens: 5 },
    },
    { input: 30, cacheRead: 60, inputAudio: 10, output: 25, reasoning: 20, outputAudio: 5 },
  ],
  [
    'DeepSeek names its cache otherwise',
    { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15, prompt_cache_hit_tokens: 8, prompt_cache_miss_tokens: 4 },
    { input: 4, cacheRead: 8, output: 3 },
  ],
  [
    'xAI keeps reasoning outside the completion',
    {
      prompt_tokens: 12,
      completion_tokens: 1,
      total_tokens: 303,
      completion_tokens_details: { reasoning_tokens: 290 },
      prompt_tokens_details: { cached_tokens: 11 },
    },
    { input: 1, cacheRead: 11, output: 1, reasoning: 290 },
  ],
  [
    'thoughts that only the total tells of',
    { prompt_tokens: 5, completion_tokens: 10, total_tokens: 40 },
    { input: 5, output: 35 },
  ],
  [
    'more cached than read',
    { prompt_tokens: 5, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 9 } },
    { input: 0, cacheRead: 5, output: 1 },
  ],
  [
    'cache writes',
    { prompt_tokens: 50, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 10, cache_creation_input_tokens: 30 } },
    { input: 10, cacheRead: 10, cacheWrite: 30, output: 1 },
  ],
  ['details of null', { prompt_tokens: 2, completion_tokens: 3, prompt_tokens_details: null }, { input: 2, output: 3 }],
])('%s', (_, usage, expected) => {
  expect(readUsage(usage)).toMatchObject(expected);
});

test('Groq has it under x_groq too', () => {
  expect(readUsageOf({ x_groq: { usage: { prompt_tokens: 1, completion_tokens: 2 } } })).toMatchObject({ input: 1, output: 2 });
});

test.each([null, undefined, 'x', [], {}, { prompt_tokens: 'many' }, { prompt_tokens: -1 }])('%j is no usage', (value) => {
  expect(readUsage(value)).toBeNull();
});

test('whatever a vendor sends, the buckets are whole, not negative, and their sum is its total', () => {
  const count = fc.nat(10_000);
  const odd = fc.option(fc.record({ cached_tokens: count, audio_tokens: count, reasoning_tokens: count }, { requiredKeys: [] }));
  fc.assert(
    fc.property(count, count, odd, odd, (prompt, completion, promptDetails, completionDetails) => {
      const usage = readUsage({
        prompt_tokens: prompt,
        completion_tokens: completion,
        total_tokens: prompt + completion,
        prompt_tokens_details: promptDetails,
        completion_tokens_details: completionDetails,
      });
      expect(sum(usage)).toBe(prompt + completion);
      for (const bucket of Object.values(usage ?? {})) expect(bucket).toBeGreaterThanOrEqual(0);
    }),
  );
});

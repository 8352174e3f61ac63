import { describe, expect, test } from 'vitest';
import { classifyErrorObject, classifyRefusal } from './classify-status.js';

const words = (message: string, code: string | null = null, type: string | null = null) => ({ message, code, type });

describe('a prompt that is too long, in the words of', () => {
  test.each([
    ['OpenAI', words('This model`s maximum context length is 8192 tokens.', 'context_length_exceeded', 'invalid_request_error')],
    ['vLLM', words('This model`s maximum context length is 4096 tokens. However, you requested 5000 tokens')],
    ['Anthropic', words('prompt is too long: 210000 tokens > 200000 maximum', null, 'invalid_request_error')],
    ['Gemini', words('The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).')],
    ['Bedrock', words('Input is too long for requested model.')],
    ['Cohere', words('too many tokens: total number of tokens in the prompt exceeds the limit')],
  ])('%s', (_, error) => {
    expect(classifyRefusal(400, error)).toMatchObject({ code: 'upstream_context_window', relayed: true });
  });

  test('also as 413, and inside a 200', () => {
    expect(classifyRefusal(413, words('prompt is too long')).code).toBe('upstream_context_window');
    expect(classifyErrorObject(words('', 'context_length_exceeded')).code).toBe('upstream_context_window');
  });
});

test('an empty account is the key`s matter, though it is told by the status of a limit', () => {
  const empty = words('You exceeded your current quota, please check your plan.', 'insufficient_quota', 'insufficient_quota');
  expect(classifyRefusal(429, empty).code).toBe('upstream_auth_failed');
  expect(classifyRefusal(429, words('Rate limit reached', 'rate_limit_exceeded', 'requests')).code).toBe('upstream_rate_limited');
});

test('content that the provider refuses', () => {
  const flagged = words('Invalid prompt: your prompt was flagged as potentially violating our usage policy.', 'invalid_prompt');
  expect(classifyRefusal(400, flagged).code).toBe('upstream_content_policy');
  expect(classifyRefusal(400, words('', 'content_policy_violation')).code).toBe('upstream_content_policy');
  expect(classifyRefusal(400, words('The response was filtered', 'content_filter')).code).toBe('upstream_content_policy');
  expect(classifyErrorObject({ code: 'content_filter', type: null }).code).toBe('upstream_content_policy');
});

test('the same words under another status, and other words, change nothing', () => {
  expect(classifyRefusal(429, words('too many tokens per minute')).code).toBe('upstream_rate_limited');
  expect(classifyRefusal(500, words('context_length')).code).toBe('upstream_error');
  expect(classifyRefusal(400, words('temperature is too high')).code).toBe('upstream_bad_request');
  expect(classifyRefusal(400, null).code).toBe('upstream_bad_request');
});

import { ERROR_CODES } from '@tollgate/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ERROR_SHAPES, type ErrorShape } from './error-shapes.js';
import { ERROR_WORDS } from './error-words.js';
import { readVendorError } from './read-vendor-error.js';

test.each<[string, ErrorShape, unknown, Record<string, string>, object]>([
  [
    'OpenAI, unpaid',
    'openai',
    {
      error: { message: 'You exceeded your current quota', type: 'insufficient_quota', param: null, code: 'insufficient_quota' },
    },
    {},
    { code: 'insufficient_quota', meaning: 'upstream_auth_failed' },
  ],
  [
    'OpenAI, too long',
    'openai',
    { error: { message: 'too long', type: 'invalid_request_error', param: 'messages', code: 'context_length_exceeded' } },
    {},
    { message: 'too long', meaning: 'upstream_context_window' },
  ],
  [
    'Azure, blocked',
    'openai',
    { error: { message: 'filtered', type: null, code: 'content_filter', innererror: { code: 'ResponsibleAIPolicyViolation' } } },
    {},
    { meaning: 'upstream_content_policy' },
  ],
  ['a gateway before a vendor', 'openai', { message: 'no Route matched' }, {}, { message: 'no Route matched', meaning: null }],
  [
    'Anthropic, overloaded',
    'anthropic',
    { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
    {},
    { message: 'Overloaded', type: 'overloaded_error', meaning: 'upstream_overloaded' },
  ],
  [
    'Gemini, quota',
    'google',
    { error: { code: 429, message: 'exhausted', status: 'RESOURCE_EXHAUSTED' } },
    {},
    { type: 'RESOURCE_EXHAUSTED', meaning: 'upstream_rate_limited' },
  ],
  [
    'Gemini, bad key',
    'google',
    [
      {
        error: {
          code: 400,
          message: 'API key not valid.',
          status: 'INVALID_ARGUMENT',
          details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }],
        },
      },
    ],
    {},
    { meaning: 'upstream_auth_failed' },
  ],
  [
    'Bedrock, by header',
    'aws',
    { message: 'Too many requests' },
    { 'x-amzn-errortype': 'ThrottlingException:http://internal.amazon.com/' },
    { type: 'ThrottlingException', meaning: 'upstream_rate_limited' },
  ],
  [
    'Bedrock, by body',
    'aws',
    { __type: 'com.amazon.coral.service#AccessDeniedException', Message: 'no' },
    {},
    { message: 'no', type: 'AccessDeniedException', meaning: 'upstream_auth_failed' },
  ],
  ['Cohere', 'message', { message: 'invalid api token' }, {}, { message: 'invalid api token', meaning: null }],
  [
    'Mistral, a field',
    'message',
    { detail: [{ loc: ['body', 'messages'], msg: 'field required', type: 'missing' }] },
    {},
    { message: 'field required' },
  ],
  ['Ollama', 'ollama', { error: 'model "x" not found' }, {}, { message: 'model "x" not found' }],
  ['nothing', 'openai', null, {}, { message: null, type: null, code: null, meaning: null }],
])('%s', (_, shape, body, headers, expected) => {
  expect(readVendorError(shape, body, headers)).toMatchObject(expected);
});

test('every word means an error that the gateway has', () => {
  for (const [word, code] of Object.entries(ERROR_WORDS)) {
    expect(word).toBe(word.toLowerCase());
    expect(Object.keys(ERROR_CODES)).toContain(code);
  }
});

test('whatever a body is, it is read without a throw and without inherited fields', () => {
  const shapes = Object.keys(ERROR_SHAPES) as ErrorShape[];
  fc.assert(
    fc.property(fc.constantFrom(...shapes), fc.jsonValue(), (shape, body) => {
      const { message, meaning } = readVendorError(shape, body, {});
      expect(message === null || typeof message === 'string').toBe(true);
      expect(meaning === null || meaning in ERROR_CODES).toBe(true);
    }),
  );
  expect(readVendorError('openai', { error: { code: 'constructor', type: '__proto__' } }, {}).meaning).toBeNull();
});

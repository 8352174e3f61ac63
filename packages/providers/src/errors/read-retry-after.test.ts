import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readDuration } from './read-duration.js';
import { type AnswerHeaders, readRetryAfter } from './read-retry-after.js';

const NOW = Date.UTC(2026, 0, 1, 12);

test.each<[AnswerHeaders, number | null]>([
  [{}, null],
  [{ 'retry-after': '3' }, 3_000],
  [{ 'retry-after': ' 1.5 ' }, 1_500],
  [{ 'retry-after': '3', 'retry-after-ms': '120' }, 120],
  [{ 'retry-after': ['4', '5'] }, 4_000],
  [{ 'retry-after': 'Thu, 01 Jan 2026 12:00:09 GMT' }, 9_000],
  [{ 'retry-after': 'Thu, 01 Jan 2026 11:00:00 GMT' }, 0],
  [{ 'retry-after': 'soon' }, null],
  [{ 'retry-after': '-5' }, null],
  [{ 'retry-after': '99999999999' }, 86_400_000],
])('%j asks to wait %j ms', (headers, expected) => {
  expect(readRetryAfter(headers, null, NOW)).toBe(expected);
});

describe('the reset of a limit that is used up', () => {
  test.each<[string, AnswerHeaders, number | null]>([
    ['OpenAI', { 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '6m0s' }, 360_000],
    ['Groq', { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '2m59.56s' }, 179_560],
    ['Cerebras', { 'x-ratelimit-remaining-tokens-minute': '0', 'x-ratelimit-reset-tokens-minute': '11.382883787155151' }, 11_383],
    [
      'Anthropic',
      { 'anthropic-ratelimit-tokens-remaining': '0', 'anthropic-ratelimit-tokens-reset': '2026-01-01T12:00:09Z' },
      9_000,
    ],
    ['OpenRouter', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1767268809000' }, 9_000],
    ['GitHub', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1767268809' }, 9_000],
    [
      'the longest of two',
      {
        'x-ratelimit-remaining-requests': '0',
        'x-ratelimit-reset-requests': '1s',
        'x-ratelimit-remaining-tokens': '0',
        'x-ratelimit-reset-tokens': '2s',
      },
      2_000,
    ],
    ['a limit with something left', { 'x-ratelimit-remaining-tokens': '1', 'x-ratelimit-reset-tokens': '6m0s' }, null],
    ['a reset without a remainder', { 'x-ratelimit-reset-tokens': '6m0s' }, null],
    ['a reset that is none', { 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': 'later' }, null],
  ])('%s', (_, headers, expected) => {
    expect(readRetryAfter(headers, null, NOW)).toBe(expected);
  });
});

describe('what the body says', () => {
  const google = (retryDelay: string) => ({
    error: {
      code: 429,
      message: 'Resource has been exhausted (e.g. check quota).',
      status: 'RESOURCE_EXHAUSTED',
      details: [
        { '@type': 'type.googleapis.com/google.rpc.QuotaFailure' },
        { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay },
      ],
    },
  });
  const says = (message: string) => ({ error: { message, type: 'tokens', code: 'rate_limit_exceeded' } });
  test.each<[string, unknown, number | null]>([
    ['RetryInfo', google('34.074824224s'), 34_075],
    ['RetryInfo in a list', [google('5s')], 5_000],
    ['RetryInfo of nonsense', google('soon'), null],
    ['OpenRouter', { error: { code: 429, metadata: { headers: { 'X-RateLimit-Reset': '1767268809000' } } } }, 9_000],
    ['OpenAI', says('Rate limit reached for gpt-4o on tokens per min. Please try again in 6m0s. Visit ...'), 360_000],
    ['OpenAI, short', says('Please try again in 172ms.'), 172],
    ['Groq', says('Please try again in 7.66s.'), 7_660],
    ['Azure', says('Please retry after 20 seconds.'), 20_000],
    ['text of the caller', says('please wait'), null],
    ['Bedrock, which does not say', { message: 'Too many requests, please wait before trying again.' }, null],
    ['no object', 'try again in 5s', null],
    ['nothing', null, null],
  ])('%s', (_, body, expected) => {
    expect(readRetryAfter({}, body, NOW)).toBe(expected);
  });

  test('a header goes before the body', () => {
    expect(readRetryAfter({ 'retry-after': '1' }, google('34s'), NOW)).toBe(1_000);
  });
});

test('whatever comes, the wait is null or a whole number of milliseconds within a day', () => {
  const names = [
    'retry-after',
    'retry-after-ms',
    'x-ratelimit-remaining',
    'x-ratelimit-reset',
    'anthropic-ratelimit-tokens-reset',
  ];
  const headers = fc.dictionary(fc.constantFrom(...names), fc.oneof(fc.string(), fc.nat().map(String), fc.constant('0')));
  fc.assert(
    fc.property(headers, fc.jsonValue(), (given, body) => {
      const wait = readRetryAfter(given, body, NOW);
      expect(wait === null || (Number.isInteger(wait) && wait >= 0 && wait <= 86_400_000)).toBe(true);
    }),
  );
});

test('a duration as Go writes it is read back', () => {
  fc.assert(
    fc.property(fc.nat(23), fc.nat(59), fc.nat(59_999), (hours, minutes, ms) => {
      const text = `${hours}h${minutes}m${ms / 1000}s`;
      expect(readDuration(text)).toBeCloseTo(hours * 3_600_000 + minutes * 60_000 + ms, 3);
    }),
  );
  for (const text of ['', '5', 's', '1x', '1s ', '-1s']) expect(readDuration(text)).toBeNull();
});

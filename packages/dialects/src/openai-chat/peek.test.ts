import { decodeUtf8, encodeUtf8 } from '@tollgate/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPeek, type Peek, type PeekFailure, preparePeek } from './peek.js';

function peek(text: string): Peek | PeekFailure {
  const reader = createPeek();
  const refused = reader.push(encodeUtf8(text));
  if (refused !== null) return refused;
  const result = reader.finish();
  return result.ok ? result.value : result.error;
}

const body = (fields: object): string =>
  JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'hi' }], ...fields });

test('what policy needs is read, and nothing else', () => {
  expect(
    peek(
      body({
        stream: true,
        max_tokens: 5,
        max_completion_tokens: 7,
        n: 2,
        tools: [{}],
        stream_options: { include_usage: true },
        __proto__x: 1,
      }),
    ),
  ).toMatchObject({
    model: 'gpt-4o',
    stream: true,
    maxTokens: 5,
    maxCompletionTokens: 7,
    n: 2,
    usageAsked: true,
    hasTools: true,
    messageCount: 1,
  });
});

test('absent and null fields have their defaults', () => {
  const defaults = { stream: false, maxTokens: null, maxCompletionTokens: null, n: 1, usageAsked: false, hasTools: false };
  expect(peek(body({}))).toMatchObject(defaults);
  expect(
    peek(body({ stream: null, max_tokens: null, max_completion_tokens: null, n: null, stream_options: null, tools: null })),
  ).toMatchObject(defaults);
});

test('a __proto__ key is plain data', () => {
  expect(peek('{"__proto__":{"model":"x","polluted":1},"model":"m","messages":[]}')).toMatchObject({ model: 'm' });
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test.each([
  ['no JSON', 'not json', 'invalid_json', null],
  ['an array', '[]', 'invalid_json', null],
  ['no model', '{"messages":[]}', 'invalid_request', 'model'],
  ['an empty model', body({ model: '' }), 'invalid_request', 'model'],
  ['a number as model', body({ model: 4 }), 'invalid_request', 'model'],
  ['a long model', body({ model: 'm'.repeat(257) }), 'invalid_request', 'model'],
  ['a very long model', body({ model: 'm'.repeat(5000) }), 'invalid_request', 'model'],
  ['no messages', '{"model":"m"}', 'invalid_request', 'messages'],
  ['messages as an object', body({ messages: {} }), 'invalid_request', 'messages'],
  ['stream as a text', body({ stream: 'true' }), 'invalid_request', 'stream'],
  ['max_tokens 0', body({ max_tokens: 0 }), 'invalid_request', 'max_tokens'],
  ['max_tokens -1', body({ max_tokens: -1 }), 'invalid_request', 'max_tokens'],
  ['max_tokens 1.5', body({ max_tokens: 1.5 }), 'invalid_request', 'max_tokens'],
  ['max_tokens 1e99', '{"model":"m","messages":[],"max_tokens":1e99}', 'invalid_request', 'max_tokens'],
  ['max_completion_tokens as a text', body({ max_completion_tokens: '5' }), 'invalid_request', 'max_completion_tokens'],
  ['n 1000', body({ n: 1000 }), 'invalid_request', 'n'],
  ['stream_options as an array', body({ stream_options: [] }), 'invalid_request', 'stream_options'],
  ['include_usage as a number', body({ stream_options: { include_usage: 1 } }), 'invalid_request', 'stream_options'],
  [
    'include_usage twice',
    '{"model":"m","messages":[],"stream_options":{"include_usage":true,"include_usage":false}}',
    'invalid_request',
    'stream_options',
  ],
  ['tools as an object', body({ tools: {} }), 'invalid_request', 'tools'],
  ['two models', '{"model":"a","messages":[],"model":"b"}', 'invalid_request', 'model'],
  ['a depth of 100,000', `{"model":"m","messages":${'['.repeat(100_000)}`, 'invalid_request', null],
])('%s is refused by name', (_, text, code, param) => {
  expect(peek(text)).toMatchObject({ code, param, message: expect.stringMatching(/./) });
});

test('too many messages are too large a body', () => {
  const reader = preparePeek({ messagesMax: 3 })();
  expect(reader.push(encodeUtf8('{"model":"m","messages":[1,2,3,4'))).toMatchObject({
    code: 'body_too_large',
    param: 'messages',
  });
});

test('a model that is not UTF-8 is refused', () => {
  const reader = createPeek();
  reader.push(new Uint8Array([...encodeUtf8('{"messages":[],"model":"a'), 0xff, ...encodeUtf8('"}')]));
  expect(reader.finish()).toMatchObject({ ok: false, error: { param: 'model' } });
});

test('the answer does not depend on where the body was cut', () => {
  const text = body({ stream: true, max_tokens: 12, tools: [{ a: '}"' }], stream_options: { include_usage: true, x: 'é' } });
  const bytes = encodeUtf8(text);
  const whole = peek(text) as Peek;
  expect(decodeUtf8(bytes.subarray(...whole.spans.model))).toBe('"gpt-4o"');
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 10 }), (cuts) => {
      const reader = createPeek();
      const points = [0, ...cuts.sort((a, b) => a - b), bytes.length];
      for (let i = 1; i < points.length; i += 1) reader.push(bytes.slice(points[i - 1], points[i]));
      expect(reader.finish()).toEqual({ ok: true, value: whole });
    }),
  );
});

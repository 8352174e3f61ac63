import { concatBytes, decodeUtf8, encodeUtf8 } from '@tollgate/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { editRequest, type RequestEdits } from './edit-request.js';
import { createPeek } from './peek.js';

function edit(text: string, edits: RequestEdits): string {
  const body = encodeUtf8(text);
  const reader = createPeek();
  reader.push(body);
  const result = reader.finish();
  if (!result.ok) throw new Error(result.error.message);
  return decodeUtf8(concatBytes(editRequest(body, result.value.spans, edits)));
}

test('a body that needs no edit is the same bytes', () => {
  const body = encodeUtf8('{"model":"m","messages":[]}');
  const reader = createPeek();
  reader.push(body);
  const result = reader.finish();
  if (!result.ok) throw new Error(result.error.message);
  expect(editRequest(body, result.value.spans, { model: 'm' })[0]).toBe(body);
});

test.each<[string, string, RequestEdits, string]>([
  [
    'the model is replaced to the letter',
    '{ "model" : "a/b" ,"messages":[],"x":1.0}',
    { model: 'b' },
    '{ "model" : "b" ,"messages":[],"x":1.0}',
  ],
  [
    'a larger bound is lowered',
    '{"max_tokens":900,"model":"m","messages":[]}',
    { maxOutputTokens: 100 },
    '{"max_tokens":100,"model":"m","messages":[]}',
  ],
  [
    'a smaller bound stays',
    '{"max_tokens":9,"model":"m","messages":[]}',
    { maxOutputTokens: 100 },
    '{"max_tokens":9,"model":"m","messages":[]}',
  ],
  [
    'both bounds are lowered',
    '{"max_completion_tokens":300,"model":"m","messages":[],"max_tokens":200}',
    { maxOutputTokens: 100 },
    '{"max_completion_tokens":100,"model":"m","messages":[],"max_tokens":100}',
  ],
  [
    'an absent bound is put in',
    '{"model":"m","messages":[]}',
    { maxOutputTokens: 7 },
    '{"max_tokens":7,"model":"m","messages":[]}',
  ],
  [
    'an absent bound is put in under the name that the upstream knows',
    '{"model":"m","messages":[],"max_tokens":null}',
    { maxOutputTokens: 7, maxOutputField: 'max_completion_tokens' },
    '{"max_completion_tokens":7,"model":"m","messages":[],"max_tokens":null}',
  ],
  [
    'a bound of null is filled',
    '{"model":"m","messages":[],"max_tokens":null}',
    { maxOutputTokens: 7 },
    '{"model":"m","messages":[],"max_tokens":7}',
  ],
  [
    'usage is asked for on a stream',
    '{"model":"m","messages":[],"stream":true}',
    { includeUsage: true },
    '{"stream_options":{"include_usage":true},"model":"m","messages":[],"stream":true}',
  ],
  [
    'other stream options stay',
    '{"model":"m","messages":[],"stream_options":{"include_obfuscation":false}}',
    { includeUsage: true },
    '{"model":"m","messages":[],"stream_options":{"include_usage":true,"include_obfuscation":false}}',
  ],
  [
    'empty stream options',
    '{"model":"m","messages":[],"stream_options":{ }}',
    { includeUsage: true },
    '{"model":"m","messages":[],"stream_options":{"include_usage":true }}',
  ],
  [
    'stream options of null',
    '{"model":"m","messages":[],"stream_options":null}',
    { includeUsage: true },
    '{"model":"m","messages":[],"stream_options":{"include_usage":true}}',
  ],
  [
    'usage refused by the caller is asked for all the same',
    '{"model":"m","messages":[],"stream_options":{"include_usage": false}}',
    { includeUsage: true },
    '{"model":"m","messages":[],"stream_options":{"include_usage": true}}',
  ],
])('%s', (_, text, edits, expected) => {
  expect(edit(text, edits)).toBe(expected);
});

test('an edit changes what it says and nothing else', () => {
  const fields = fc.record(
    {
      max_tokens: fc.option(fc.integer({ min: 1, max: 500 })),
      max_completion_tokens: fc.option(fc.integer({ min: 1, max: 500 })),
      stream_options: fc.option(fc.record({ include_usage: fc.boolean(), extra: fc.string() }, { requiredKeys: [] })),
      user: fc.string(),
      metadata: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fields, fc.string({ minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 500 }), (given, model, cap) => {
      const before = { ...given, model: 'old', messages: [{ content: 'é"' }], stream: true };
      const after = JSON.parse(edit(JSON.stringify(before), { model, maxOutputTokens: cap, includeUsage: true })) as Record<
        string,
        unknown
      >;
      const bounds = [given.max_tokens, given.max_completion_tokens].filter((bound) => typeof bound === 'number');
      expect(after['model']).toBe(model);
      expect(after['stream_options']).toEqual({ ...given.stream_options, include_usage: true });
      const now = [after['max_tokens'], after['max_completion_tokens']].filter((bound) => typeof bound === 'number');
      expect(Math.min(...(now as number[]))).toBe(Math.min(cap, ...bounds));
      for (const bound of now) expect(bound).toBeLessThanOrEqual(cap);
      for (const key of ['messages', 'user', 'metadata', 'stream'] as const) {
        expect(after[key]).toEqual(JSON.parse(JSON.stringify(before))[key]);
      }
    }),
  );
});

test('spans that do not fit the body are refused', () => {
  const spans = {
    model: [0, 900] as [number, number],
    maxTokens: null,
    maxCompletionTokens: null,
    streamOptions: null,
    insertAt: 1,
  };
  expect(() => editRequest(encodeUtf8('{}'), spans, { model: 'x' })).toThrow(RangeError);
});

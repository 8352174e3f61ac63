import { decodeUtf8, encodeUtf8 } from '@tollgate/kernel';
import { describe, expect, test } from 'vitest';
import type { CanonicalRequest } from '../canonical/canonical-request.js';
import { defaultTarget } from '../canonical/default-target.js';
import { readEvents } from '../conformance/read-events.fixture.js';
import { gemini } from './dialect.js';

const chunk = (parts: readonly object[], extra: object = {}) => ({
  candidates: [{ content: { role: 'model', parts }, ...extra }],
  responseId: 'r1',
  modelVersion: 'm',
});
const read = (fields: object) => gemini.caller?.readRequest(encodeUtf8(JSON.stringify(fields)), { model: 'm', stream: true });

describe('a stream', () => {
  test('puts arguments that come as values at paths together', () => {
    const { reply } = readEvents(gemini, [
      chunk([{ functionCall: { name: 'f', willContinue: true }, thoughtSignature: 'S=' }]),
      chunk([
        { functionCall: { partialArgs: [{ jsonPath: '$.a.b[0]', stringValue: 'Os', willContinue: true }], willContinue: true } },
      ]),
      chunk([{ functionCall: { partialArgs: [{ jsonPath: '$.a.b[0]', stringValue: 'lo' }], willContinue: true } }]),
      chunk([{ functionCall: { partialArgs: [{ jsonPath: '$.n', numberValue: 2 }], willContinue: true } }]),
      chunk([{ functionCall: {} }], { finishReason: 'STOP' }),
    ]);
    expect(reply.candidates).toMatchObject([
      {
        stop: 'tool_calls',
        parts: [
          { type: 'tool_call', name: 'f', arguments: '{"a":{"b":["Oslo"]},"n":2}', signature: { format: 'google', data: 'S=' } },
        ],
      },
    ]);
  });

  test.each(['$.__proto__.x', 'x', '$', '$..a', '$[99999999]'])(
    'with a path that cannot be followed is an error: %s',
    (jsonPath) => {
      const { error } = readEvents(gemini, [
        chunk([{ functionCall: { name: 'f', willContinue: true } }]),
        chunk([{ functionCall: { partialArgs: [{ jsonPath, stringValue: 'x' }], willContinue: true } }]),
      ]);
      expect(error).toMatchObject({ class: 'server' });
      expect(({} as Record<string, unknown>)['x']).toBeUndefined();
    },
  );

  test('of a refused prompt ends with the filter', () => {
    const { reply, error } = readEvents(gemini, [
      { promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: { promptTokenCount: 3, totalTokenCount: 3 } },
    ]);
    expect(error).toBeNull();
    expect(reply.candidates).toMatchObject([{ parts: [], stop: 'content_filter' }]);
  });
});

describe('a request', () => {
  test('is read in both spellings, results joined to calls by name and order', () => {
    const result = read({
      system_instruction: { parts: [{ text: 'be brief' }] },
      contents: [
        { parts: [{ inline_data: { mime_type: 'image/png', data: 'AAAA' } }] },
        {
          role: 'model',
          parts: [{ functionCall: { name: 'f', args: { a: 1 } } }, { functionCall: { name: 'f', args: { a: 2 } } }],
        },
        {
          role: 'user',
          parts: [
            { functionResponse: { name: 'f', response: { output: 'one' } } },
            { functionResponse: { name: 'f', response: { error: 'two' } } },
          ],
        },
      ],
      generation_config: { max_output_tokens: 7, stop_sequences: ['x'] },
      tools: [
        { function_declarations: [{ name: 'f', parameters: { type: 'OBJECT', properties: { type: { type: 'STRING' } } } }] },
      ],
    });
    expect(result).toMatchObject({
      ok: true,
      value: {
        model: 'm',
        stream: true,
        maxOutputTokens: 7,
        stop: ['x'],
        tools: [{ name: 'f', parameters: { type: 'object', properties: { type: { type: 'string' } } } }],
        messages: [
          { role: 'system' },
          { role: 'user', parts: [{ type: 'image' }] },
          { role: 'assistant', parts: [{ id: 'call_0' }, { id: 'call_1' }] },
          {
            role: 'tool',
            parts: [
              { callId: 'call_0', parts: [{ text: 'one' }] },
              { callId: 'call_1', isError: true, parts: [{ text: 'two' }] },
            ],
          },
        ],
      },
    });
  });

  test('marks the first call of a turn that no Google model signed, where the model wants signatures', () => {
    const request: CanonicalRequest = {
      source: 'openai-chat',
      model: 'm',
      stream: false,
      includeUsage: false,
      messages: [
        {
          role: 'assistant',
          parts: [
            { type: 'tool_call', id: 'a', name: 'f', arguments: '{}' },
            { type: 'tool_call', id: 'b', name: 'f', arguments: '{}' },
          ],
        },
      ],
    };
    const written = gemini.upstream?.writeRequest(request, defaultTarget('m', { signedCalls: true }));
    const { parts } = JSON.parse(decodeUtf8(written?.body ?? new Uint8Array())).contents[0];
    expect(parts.map((part: { thoughtSignature?: string }) => part.thoughtSignature)).toEqual([
      'skip_thought_signature_validator',
      undefined,
    ]);
  });
});

test('a limit that ends within the minute is a rate limit with its delay, whatever Google calls it', () => {
  const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.4s' }];
  const body = { error: { code: 429, message: 'You exceeded your current quota', status: 'RESOURCE_EXHAUSTED', details } };
  expect(gemini.upstream?.readError(429, encodeUtf8(JSON.stringify(body)))).toMatchObject({
    class: 'rate_limit',
    retryAfterMs: 34_400,
  });
});

test('thoughts stand beside the candidates in the usage, the cache inside the prompt', () => {
  const usageMetadata = {
    promptTokenCount: 100,
    cachedContentTokenCount: 60,
    candidatesTokenCount: 10,
    thoughtsTokenCount: 30,
    totalTokenCount: 140,
  };
  const read = gemini.upstream?.readReply(
    encodeUtf8(JSON.stringify({ ...chunk([{ text: 'x' }], { finishReason: 'STOP' }), usageMetadata })),
  );
  expect(read).toMatchObject({ ok: true, value: { usage: { input: 40, cacheRead: 60, output: 10, reasoning: 30 } } });
});

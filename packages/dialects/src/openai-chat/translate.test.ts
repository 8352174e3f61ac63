import { decodeUtf8, encodeUtf8 } from '@tollgate/kernel';
import { describe, expect, test } from 'vitest';
import type { CanonicalRequest } from '../canonical/canonical-request.js';
import { defaultTarget } from '../canonical/default-target.js';
import { readEvents } from '../conformance/read-events.fixture.js';
import { openaiChat } from './dialect.js';

const chunk = (delta: object, finish: string | null = null, extra: object = {}) => ({
  id: 'c1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [{ index: 0, delta, finish_reason: finish }],
  ...extra,
});
const call = (index: number | undefined, id: string | undefined, name: string | undefined, json?: string) => ({
  tool_calls: [{ index, id, type: 'function', function: { name, arguments: json } }],
});
const calls = (frames: readonly (object | string)[]) =>
  readEvents(openaiChat, frames).reply.candidates[0]?.parts.flatMap((part) =>
    part.type === 'tool_call' ? [[part.id, part.name, part.arguments]] : [],
  );

describe('a stream', () => {
  test.each([
    [
      'arguments in the very first chunk',
      [chunk(call(0, 'a', 'f', '{"x":1}')), chunk({}, 'tool_calls')],
      [['a', 'f', '{"x":1}']],
    ],
    ['a tool without arguments', [chunk(call(0, 'a', 'f', '')), chunk({}, 'tool_calls')], [['a', 'f', '{}']]],
    [
      'text, then a call',
      [
        chunk({ content: 'well' }),
        chunk(call(0, 'a', 'f', '{"x"')),
        chunk(call(0, undefined, undefined, ':1}')),
        chunk({}, 'tool_calls'),
      ],
      [['a', 'f', '{"x":1}']],
    ],
    [
      'parallel calls, interleaved',
      [
        chunk(call(0, 'a', 'f', '{"x"')),
        chunk(call(1, 'b', 'g', '{"y"')),
        chunk(call(0, undefined, undefined, ':1}')),
        chunk(call(1, undefined, undefined, ':2}')),
        chunk({}, 'tool_calls'),
      ],
      [
        ['a', 'f', '{"x":1}'],
        ['b', 'g', '{"y":2}'],
      ],
    ],
    [
      'ids and names repeated as empty texts',
      [chunk(call(0, 'a', 'f', '')), chunk(call(0, '', '', '{"x":1}')), chunk({}, 'tool_calls')],
      [['a', 'f', '{"x":1}']],
    ],
    [
      'two calls that both say index 0',
      [chunk(call(0, 'a', 'f', '{"x":1}')), chunk(call(0, 'b', 'g', '{"y":2}')), chunk({}, 'stop')],
      [
        ['a', 'f', '{"x":1}'],
        ['b', 'g', '{"y":2}'],
      ],
    ],
    [
      'no index at all',
      [chunk(call(undefined, 'a', 'f', '{"x":')), chunk(call(undefined, undefined, undefined, '1}')), chunk({}, 'stop')],
      [['a', 'f', '{"x":1}']],
    ],
  ])('with %s gives whole calls', (_, frames, wanted) => {
    expect(calls([...frames, '[DONE]'])).toEqual(wanted);
  });

  test('that says stop beside a call ends with tool_calls, and the other way round', () => {
    const stopOf = (frames: readonly (object | string)[]) => readEvents(openaiChat, frames).reply.candidates[0]?.stop;
    expect(stopOf([chunk(call(0, 'a', 'f', '{}')), chunk({}, 'stop'), '[DONE]'])).toBe('tool_calls');
    expect(stopOf([chunk({ content: 'x' }), chunk({}, 'tool_calls'), '[DONE]'])).toBe('stop');
    expect(stopOf([chunk({ refusal: 'no' }), chunk({}, 'stop'), '[DONE]'])).toBe('refusal');
    expect(stopOf([chunk({ content: 'x' }), chunk({}, 'content_filter'), '[DONE]'])).toBe('content_filter');
  });

  test('takes its usage after the finish reason, cached tokens apart', () => {
    const usage = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120, prompt_tokens_details: { cached_tokens: 64 } };
    const { reply } = readEvents(openaiChat, [chunk({ content: 'x' }, 'stop'), { id: 'c1', choices: [], usage }, '[DONE]']);
    expect(reply.usage).toMatchObject({ input: 36, cacheRead: 64, output: 20 });
  });

  test('is whole without [DONE] after a finish reason, and cut off without either', () => {
    expect(readEvents(openaiChat, [chunk({ content: 'x' }, 'stop')]).error).toBeNull();
    expect(readEvents(openaiChat, [chunk({ content: 'x' })]).error).toMatchObject({ class: 'server' });
  });

  test('with an error after a 200 says its class', () => {
    const error = { error: { message: 'Overloaded', code: 503 } };
    expect(readEvents(openaiChat, [chunk({ content: 'x' }), error]).error).toMatchObject({
      class: 'overloaded',
      message: 'Overloaded',
    });
  });

  test('keeps signed thoughts of reasoning_details, and plain ones of reasoning_content', () => {
    const signed = (text: string, signature?: string) => ({
      reasoning: text,
      reasoning_details: [{ type: 'reasoning.text', text, signature, format: 'anthropic-claude-v1', index: 0 }],
    });
    const details = readEvents(openaiChat, [
      chunk(signed('a')),
      chunk(signed('b', 'SIG=')),
      chunk({ content: 'x' }, 'stop'),
      '[DONE]',
    ]);
    expect(details.reply.candidates[0]?.parts[0]).toMatchObject({ text: 'ab', signature: { format: 'anthropic', data: 'SIG=' } });
    const plain = readEvents(openaiChat, [
      chunk({ reasoning_content: 'a' }),
      chunk({ reasoning_content: 'b' }),
      chunk({ content: 'x' }, 'stop'),
    ]);
    expect(plain.reply.candidates[0]?.parts).toMatchObject([
      { type: 'reasoning', text: 'ab' },
      { type: 'text', text: 'x' },
    ]);
  });
});

describe('a request', () => {
  const read = (fields: object) =>
    openaiChat.caller?.readRequest(encodeUtf8(JSON.stringify({ model: 'm', messages: [], ...fields })));

  test.each([
    ['messages as a text', { messages: 'hi' }, 'messages'],
    ['an unknown role', { messages: [{ role: 'wizard', content: 'x' }] }, 'messages[0].role'],
    ['a part without a type', { messages: [{ role: 'user', content: [{}] }] }, 'messages[0].content[0].type'],
    ['a tool without a name', { tools: [{ type: 'function', function: {} }] }, 'tools[0].function.name'],
    ['a temperature of 3', { temperature: 3 }, 'temperature'],
    ['an unknown effort', { reasoning_effort: 'huge' }, 'reasoning_effort'],
    ['a tool message without its call', { messages: [{ role: 'tool', content: 'x' }] }, 'messages[0].tool_call_id'],
  ])('with %s is refused by name', (_, fields, param) => {
    expect(read(fields)).toMatchObject({ ok: false, error: { code: 'invalid_request', param } });
  });

  test('gives unknown members back to its own dialect, and names them to another', () => {
    const result = read({ prediction: { type: 'content' }, messages: [{ role: 'user', content: 'x', custom_member: 1 }] });
    const request = (result?.ok ? result.value : null) as CanonicalRequest;
    const own = openaiChat.upstream?.writeRequest(request, defaultTarget('m'));
    expect(JSON.parse(decodeUtf8(own?.body ?? new Uint8Array()))).toMatchObject({
      prediction: { type: 'content' },
      messages: [{ custom_member: 1 }],
    });
    const other = openaiChat.upstream?.writeRequest({ ...request, source: 'gemini' }, defaultTarget('m'));
    expect(other?.dropped).toEqual(expect.arrayContaining(['prediction', 'custom_member']));
  });

  test('moves images of a tool result into a message of the user, after all results', () => {
    const request: CanonicalRequest = {
      source: 'anthropic-messages',
      model: 'm',
      stream: false,
      includeUsage: false,
      messages: [
        {
          role: 'tool',
          parts: [
            {
              type: 'tool_result',
              callId: 'a',
              parts: [
                { type: 'text', text: 'one' },
                { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AAAA' } },
              ],
            },
            { type: 'tool_result', callId: 'b', parts: [] },
          ],
        },
      ],
    };
    const written = openaiChat.upstream?.writeRequest(request, defaultTarget('m'));
    expect(JSON.parse(decodeUtf8(written?.body ?? new Uint8Array())).messages).toMatchObject([
      { role: 'tool', tool_call_id: 'a', content: 'one' },
      { role: 'tool', tool_call_id: 'b', content: '' },
      { role: 'user', content: [{ type: 'text' }, { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] },
    ]);
  });
});

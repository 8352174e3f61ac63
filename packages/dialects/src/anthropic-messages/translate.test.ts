import { decodeUtf8, encodeUtf8 } from '@tollgate/kernel';
import { describe, expect, test } from 'vitest';
import type { CanonicalEvent } from '../canonical/canonical-event.js';
import type { CanonicalRequest } from '../canonical/canonical-request.js';
import { defaultTarget } from '../canonical/default-target.js';
import type { Part } from '../canonical/part.js';
import type { Target } from '../canonical/target.js';
import { readEvents } from '../conformance/read-events.fixture.js';
import { anthropicMessages } from './dialect.js';

const request = (fields: Partial<CanonicalRequest>): CanonicalRequest => ({
  source: 'openai-chat',
  model: 'm',
  messages: [{ role: 'user', parts: [{ type: 'text', text: 'hi' }] }],
  stream: false,
  includeUsage: false,
  ...fields,
});
function write(fields: Partial<CanonicalRequest>, facts: Partial<Target> = {}) {
  const written = anthropicMessages.upstream?.writeRequest(request(fields), defaultTarget('m', facts));
  return { body: JSON.parse(decodeUtf8(written?.body ?? new Uint8Array())), dropped: written?.dropped, expect: written?.expect };
}
const text = (words: string): Part => ({ type: 'text', text: words });
const SCHEMA = { type: 'object', properties: { a: { type: 'string' } } };

describe('a request', () => {
  test('has a bound of the output: the callers, the models, or one that every model takes', () => {
    expect(write({}).body.max_tokens).toBe(4096);
    expect(write({}, { maxOutputTokens: 8192 }).body.max_tokens).toBe(8192);
    expect(write({ maxOutputTokens: 9000 }, { maxOutputTokens: 8192 }).body.max_tokens).toBe(8192);
  });

  test('clamps a temperature over 1 and says so', () => {
    expect(write({ temperature: 1.5 })).toMatchObject({ body: { temperature: 1 }, dropped: ['temperature'] });
  });

  test('puts instructions at the front, merges roles in a row, and keeps results before what follows them', () => {
    const { body } = write({
      messages: [
        { role: 'system', parts: [text('a')] },
        { role: 'developer', parts: [text('b')] },
        { role: 'user', parts: [text('hi')] },
        { role: 'assistant', parts: [{ type: 'tool_call', id: 'call.1', name: 'f', arguments: '{"x":1}' }] },
        { role: 'tool', parts: [{ type: 'tool_result', callId: 'call.1', parts: [text('r')] }] },
        { role: 'user', parts: [text('and')] },
        { role: 'user', parts: [text('')] },
      ],
    });
    expect(body.system).toEqual([
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ]);
    expect(body.messages.map(({ role }: { role: string }) => role)).toEqual(['user', 'assistant', 'user']);
    expect(body.messages[1].content).toEqual([{ type: 'tool_use', id: 'call_1', name: 'f', input: { x: 1 } }]);
    expect(body.messages[2].content).toEqual([
      { type: 'tool_result', tool_use_id: 'call_1', content: 'r' },
      { type: 'text', text: 'and' },
    ]);
  });

  test('of instructions alone becomes one of the user', () => {
    expect(write({ messages: [{ role: 'system', parts: [text('a')] }] }).body).toMatchObject({
      messages: [{ role: 'user', content: 'a' }],
    });
  });

  test('emulates a schema by a forced tool, whose arguments come back as the text', () => {
    const { body, expect: expected } = write(
      { responseFormat: { type: 'json_schema', schema: SCHEMA } },
      { jsonSchema: 'forced_tool' },
    );
    const name = body.tools[0].name as string;
    expect(body.tool_choice).toMatchObject({ type: 'tool', name });
    const reply = {
      id: 'm',
      type: 'message',
      role: 'assistant',
      model: 'm',
      content: [{ type: 'tool_use', id: 't', name, input: { a: 'b' } }],
      stop_reason: 'tool_use',
      usage: { input_tokens: 1, output_tokens: 1 },
    };
    const read = anthropicMessages.upstream?.readReply(encodeUtf8(JSON.stringify(reply)), expected);
    expect(read).toMatchObject({
      ok: true,
      value: { candidates: [{ parts: [{ type: 'text', text: '{"a":"b"}' }], stop: 'stop' }] },
    });
    const { reply: streamed } = readEvents(
      anthropicMessages,
      [
        { type: 'message_start', message: { id: 'm', model: 'm', usage: { input_tokens: 1, output_tokens: 1 } } },
        { type: 'content_block_start', index: 0, content_block: { type: 'tool_use', id: 't', name, input: {} } },
        { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{"a":"b"}' } },
        { type: 'content_block_stop', index: 0 },
        { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 4 } },
        { type: 'message_stop' },
      ],
      expected,
    );
    expect(streamed.candidates).toMatchObject([{ parts: [{ type: 'text', text: '{"a":"b"}' }], stop: 'stop' }]);
  });

  test.each([
    [
      'an effort, where the model takes one',
      { effort: 'high' },
      'effort',
      { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } },
    ],
    ['an effort, where it takes a budget', { effort: 'low' }, 'budget', { thinking: { type: 'enabled', budget_tokens: 4095 } }],
    ['off', { effort: 'none' }, 'budget', { thinking: { type: 'disabled' } }],
  ] as const)('says how to think: %s', (_, reasoning, way, wanted) => {
    expect(write({ reasoning }, { reasoning: way }).body).toMatchObject(wanted);
  });

  test('replays signed and redacted thoughts byte for byte and drops those of others by name', () => {
    const thoughts: Part[] = [
      { type: 'reasoning', text: ' a\u0000 b ', signature: { format: 'anthropic', data: 'S+/=' } },
      { type: 'reasoning', text: '', encrypted: { format: 'anthropic', data: 'R+/=' } },
      { type: 'reasoning', text: 'x' },
    ];
    const { body, dropped } = write({
      messages: [
        { role: 'user', parts: [text('hi')] },
        { role: 'assistant', parts: [...thoughts, text('y')] },
      ],
    });
    expect(body.messages[1].content).toEqual([
      { type: 'thinking', thinking: ' a\u0000 b ', signature: 'S+/=' },
      { type: 'redacted_thinking', data: 'R+/=' },
      { type: 'text', text: 'y' },
    ]);
    expect(dropped).toEqual(['reasoning']);
  });
});

describe('a stream for a caller', () => {
  const CONTEXT = { now: 1, id: 'id', model: 'm', includeUsage: true, inputTokensEstimate: 321 };
  function written(events: readonly CanonicalEvent[]) {
    const writer = anthropicMessages.caller?.createStreamWriter(CONTEXT);
    for (const event of events) writer?.write(event);
    return decodeUtf8(writer?.take() ?? new Uint8Array())
      .split('\n\n')
      .filter(Boolean)
      .map((event) => JSON.parse(event.split('\ndata: ')[1] as string));
  }
  const tool = (index: number, id: string): CanonicalEvent => ({
    type: 'part_start',
    index,
    candidate: 0,
    part: { type: 'tool_call', id, name: 'f', arguments: '' },
  });
  const delta = (index: number, words: string): CanonicalEvent => ({ type: 'part_delta', index, text: words });
  const START: CanonicalEvent = { type: 'start', id: 'a', model: 'm', createdAt: null };

  test('estimates the input at its start where the upstream says it at the end', () => {
    const usage = { input: 5, cacheRead: 0, cacheWrite: 0, inputAudio: 0, output: 1, reasoning: 0, outputAudio: 0 };
    expect(written([START, { type: 'end' }])[0].message.usage.input_tokens).toBe(321);
    expect(written([START, { type: 'usage', usage }, { type: 'end' }])[0].message.usage.input_tokens).toBe(5);
  });

  test('puts interleaved calls one after the other, each whole', () => {
    const events = written([
      START,
      tool(0, 'a'),
      tool(1, 'b'),
      delta(0, '{"x"'),
      delta(1, '{"y"'),
      delta(0, ':1}'),
      delta(1, ':2}'),
      { type: 'part_end', index: 0 },
      { type: 'part_end', index: 1 },
      { type: 'stop', candidate: 0, reason: 'tool_calls' },
      { type: 'end' },
    ]);
    expect(events.map(({ type, index }) => [type, index])).toEqual([
      ['message_start', undefined],
      ['content_block_start', 0],
      ['content_block_delta', 0],
      ['content_block_delta', 0],
      ['content_block_stop', 0],
      ['content_block_start', 1],
      ['content_block_delta', 1],
      ['content_block_delta', 1],
      ['content_block_stop', 1],
      ['message_delta', undefined],
      ['message_stop', undefined],
    ]);
    expect(events.at(-2).delta.stop_reason).toBe('tool_use');
  });

  test('has no block for a text that stays empty', () => {
    const part = { type: 'text', text: '' } as const;
    const events = written([
      START,
      { type: 'part_start', index: 0, candidate: 0, part },
      { type: 'part_end', index: 0 },
      { type: 'end' },
    ]);
    expect(events.map(({ type }) => type)).toEqual(['message_start', 'message_delta', 'message_stop']);
  });
});

test('usage of a stream is that of its start, overwritten by what its end says', () => {
  const { reply } = readEvents(anthropicMessages, [
    {
      type: 'message_start',
      message: {
        id: 'm',
        model: 'm',
        usage: { input_tokens: 10, cache_read_input_tokens: 90, cache_creation_input_tokens: 5, output_tokens: 1 },
      },
    },
    { type: 'ping' },
    {
      type: 'message_delta',
      delta: { stop_reason: 'end_turn' },
      usage: { output_tokens: 40, output_tokens_details: { thinking_tokens: 30 } },
    },
    { type: 'message_stop' },
  ]);
  expect(reply.usage).toEqual({
    input: 10,
    cacheRead: 90,
    cacheWrite: 5,
    inputAudio: 0,
    output: 10,
    reasoning: 30,
    outputAudio: 0,
  });
});

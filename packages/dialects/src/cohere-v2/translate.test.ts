import { decodeUtf8, encodeUtf8 } from '@tollgate/kernel';
import { describe, expect, test } from 'vitest';
import type { CanonicalRequest } from '../canonical/canonical-request.js';
import { defaultTarget } from '../canonical/default-target.js';
import type { CanonicalMessage } from '../canonical/message.js';
import type { Part } from '../canonical/part.js';
import { readEvents } from '../conformance/read-events.fixture.js';
import { cohereV2 } from './dialect.js';

const text = (words: string): Part => ({ type: 'text', text: words });
const user = (...parts: Part[]): CanonicalMessage => ({ role: 'user', parts });
const image: Part = { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AAAA' } };
function write(fields: Partial<CanonicalRequest>) {
  const request = {
    source: 'openai-chat',
    model: 'm',
    messages: [user(text('hi'))],
    stream: false,
    includeUsage: false,
  } as const;
  const written = cohereV2.upstream?.writeRequest({ ...request, ...fields }, defaultTarget('command-a-03-2025'));
  return { ...written, body: JSON.parse(decodeUtf8(written?.body ?? new Uint8Array())) };
}
const TOOLS = [
  { type: 'function', name: 'f' },
  { type: 'function', name: 'g' },
] as const;

describe('a request', () => {
  test('has what is said beside calls as their plan, thoughts as content, and pictures of results after all of them', () => {
    const { body } = write({
      messages: [
        user(text('go'), image),
        {
          role: 'assistant',
          parts: [
            { type: 'reasoning', text: 'hm' },
            text('I look.'),
            { type: 'tool_call', id: 'a', name: 'f', arguments: '{"x":1}' },
            { type: 'tool_call', id: 'b', name: 'f', arguments: '{}' },
          ],
        },
        {
          role: 'tool',
          parts: [
            { type: 'tool_result', callId: 'a', parts: [text('one'), image] },
            { type: 'tool_result', callId: 'b', parts: [text('two')] },
          ],
        },
      ],
    });
    expect(body.messages).toMatchObject([
      { role: 'user', content: [{ type: 'text' }, { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] },
      {
        role: 'assistant',
        tool_plan: 'I look.',
        content: [{ type: 'thinking', thinking: 'hm' }],
        tool_calls: [{ id: 'a', function: { arguments: '{"x":1}' } }, { id: 'b' }],
      },
      { role: 'tool', tool_call_id: 'a', content: 'one' },
      { role: 'tool', tool_call_id: 'b', content: 'two' },
      { role: 'user', content: [{ type: 'text' }, { type: 'image_url' }] },
    ]);
  });

  test('leaves out messages without content, which would be refused', () => {
    const empty: CanonicalMessage = { role: 'assistant', parts: [{ type: 'reasoning', text: '' }] };
    expect(write({ messages: [user(text('a')), empty, user(text('b'))] }).body.messages).toHaveLength(2);
  });

  test.each([
    [{ type: 'required' }, ['f', 'g'], 'REQUIRED'],
    [{ type: 'none' }, ['f', 'g'], 'NONE'],
    [{ type: 'auto' }, ['f', 'g'], undefined],
    [{ type: 'tool', name: 'g' }, ['g'], 'REQUIRED'],
    [{ type: 'allowed', names: ['f'], required: false }, ['f'], undefined],
  ] as const)('offers what may be called and says whether it must (%o)', (toolChoice, names, word) => {
    const { body, dropped } = write({ tools: TOOLS, toolChoice });
    expect(body.tools.map((tool: { function: { name: string } }) => tool.function.name)).toEqual(names);
    expect(body.tool_choice).toBe(word);
    expect(dropped).toEqual([]);
  });

  test('is strict where all tools are, and names it where only some are', () => {
    const strict = { type: 'function', name: 's', strict: true } as const;
    expect(write({ tools: [strict] }).body.strict_tools).toBe(true);
    const mixed = write({ tools: [strict, ...TOOLS] });
    expect(mixed.body).not.toHaveProperty('strict_tools');
    expect(mixed.dropped).toEqual(['tools.strict']);
  });

  test('asks for a schema, but not beside tools', () => {
    const responseFormat = { type: 'json_schema', schema: { type: 'object' } } as const;
    expect(write({ responseFormat }).body.response_format).toEqual({ type: 'json_object', json_schema: { type: 'object' } });
    const beside = write({ responseFormat, tools: TOOLS });
    expect(beside.body).not.toHaveProperty('response_format');
    expect(beside.dropped).toEqual(['response_format']);
  });

  test('stays within the bounds of the vendor, and names what it cut', () => {
    const fields = { temperature: 2, topP: 1, topK: 900, frequencyPenalty: -1, stop: ['1', '2', '3', '4', '5', '6'] };
    const { body, dropped } = write(fields);
    expect(body).toMatchObject({
      temperature: 1,
      p: 0.99,
      k: 500,
      frequency_penalty: 0,
      stop_sequences: ['1', '2', '3', '4', '5'],
    });
    expect([...(dropped ?? [])].sort()).toEqual(['frequency_penalty', 'stop', 'temperature', 'top_k', 'top_p']);
  });

  test.each([
    [{ effort: 'none' }, { type: 'disabled' }],
    [{ effort: 'high' }, { type: 'enabled' }],
    [{ effort: 'low' }, { type: 'enabled', token_budget: 1024 }],
    [{ budgetTokens: 2000 }, { type: 'enabled', token_budget: 2000 }],
    [{ adaptive: true }, { type: 'enabled' }],
  ] as const)('thinks as it is told (%o)', (reasoning, thinking) => {
    expect(write({ reasoning }).body.thinking).toEqual(thinking);
  });
});

const call = (type: string, index: number, tool_calls: object) => ({ type, index, delta: { message: { tool_calls } } });
const content = (type: string, index: number, value: object) => ({ type, index, delta: { message: { content: value } } });
const START = { id: 'x', type: 'message-start', delta: { message: { role: 'assistant' } } };
const end = (finish_reason: string, more: object = {}) => ({ type: 'message-end', delta: { finish_reason, ...more } });

describe('an answer', () => {
  test.each([
    [['null'], '{}'],
    [['nu', 'll'], '{}'],
    [[], '{}'],
    [['n', 'ot json'], 'not json'],
    [['nu'], 'nu'],
    [['{"a"', ':1}'], '{"a":1}'],
  ])('whose call has the arguments %o is read as %s', (pieces, wanted) => {
    const { reply } = readEvents(cohereV2, [
      START,
      call('tool-call-start', 0, { id: 'a', type: 'function', function: { name: 'f', arguments: '' } }),
      ...pieces.map((piece) => call('tool-call-delta', 0, { function: { arguments: piece } })),
      { type: 'tool-call-end', index: 0 },
      end('TOOL_CALL'),
    ]);
    const [part] = reply.candidates[0]?.parts ?? [];
    expect(part).toMatchObject({ type: 'tool_call', id: 'a', name: 'f' });
    // What was no object reaches the caller as it came.
    expect(part?.type === 'tool_call' && part.arguments).toBe(wanted);
  });

  test('has its citations with its text, also those that come after the end of it', () => {
    const cited = {
      start: 0,
      end: 2,
      text: 'so',
      sources: [{ type: 'document', id: 'd1', document: { title: 'T', url: 'https://a.example' } }],
    };
    const { reply } = readEvents(cohereV2, [
      START,
      content('content-start', 0, { type: 'text', text: '' }),
      content('content-delta', 0, { text: 'so it is' }),
      { type: 'content-end', index: 0 },
      { type: 'citation-start', index: 0, delta: { message: { citations: cited } } },
      { type: 'citation-end', index: 0 },
      end('COMPLETE'),
    ]);
    const wanted = [{ url: 'https://a.example', title: 'T', start: 0, end: 2, raw: { dialect: 'cohere-v2', value: cited } }];
    expect(reply.candidates[0]?.parts).toMatchObject([{ type: 'text', text: 'so it is', citations: wanted }]);
    const body = {
      id: 'x',
      message: { content: [{ type: 'text', text: 'so it is' }], citations: [cited] },
      finish_reason: 'COMPLETE',
    };
    const whole = cohereV2.upstream?.readReply(encodeUtf8(JSON.stringify(body)));
    expect(whole).toMatchObject({ ok: true, value: { candidates: [{ parts: [{ text: 'so it is', citations: wanted }] }] } });
  });

  test('counts its tokens, those of the cache apart, and what is billed where it counts none', () => {
    const usage = {
      billed_units: { input_tokens: 46, output_tokens: 14 },
      tokens: { input_tokens: 1445, output_tokens: 43 },
      cached_tokens: 992,
    };
    expect(readEvents(cohereV2, [START, end('COMPLETE', { usage })]).reply.usage).toMatchObject({
      input: 453,
      cacheRead: 992,
      output: 43,
    });
    const billed = { billed_units: usage.billed_units };
    expect(readEvents(cohereV2, [START, end('COMPLETE', { usage: billed })]).reply.usage).toMatchObject({
      input: 46,
      output: 14,
    });
  });

  test('that ends with an error says its class', () => {
    expect(readEvents(cohereV2, [START, end('ERROR', { error: 'Overloaded' })]).error).toMatchObject({ class: 'overloaded' });
    expect(readEvents(cohereV2, [START, end('TIMEOUT')]).error).toMatchObject({ class: 'timeout' });
    expect(readEvents(cohereV2, [START, '[DONE]']).error).toMatchObject({ class: 'server' });
  });

  test.each([
    ['COMPLETE', 'stop'],
    ['STOP_SEQUENCE', 'stop_sequence'],
    ['MAX_TOKENS', 'length'],
    ['SOMETHING_NEW', 'other'],
  ])('that ends with %s stops by %s', (word, stop) => {
    const said = content('content-delta', 0, { text: 'x' });
    expect(readEvents(cohereV2, [START, said, end(word)]).reply.candidates[0]?.stop).toBe(stop);
  });

  test('of a tool of free text is its text again, streamed and whole', () => {
    const expected = { customTools: ['patch'] };
    const wrapped = { id: 'a', type: 'function', function: { name: 'patch', arguments: '{"input":"a\\nb"}' } };
    const part = { type: 'tool_call', custom: true, arguments: 'a\nb' };
    const streamed = readEvents(cohereV2, [START, call('tool-call-start', 0, wrapped), end('TOOL_CALL')], expected);
    expect(streamed.reply.candidates[0]?.parts).toMatchObject([part]);
    const body = { message: { tool_calls: [wrapped] }, finish_reason: 'TOOL_CALL' };
    const whole = cohereV2.upstream?.readReply(encodeUtf8(JSON.stringify(body)), expected);
    expect(whole).toMatchObject({ ok: true, value: { candidates: [{ parts: [part] }] } });
  });
});

test.each([
  [400, 'too many tokens: total number of tokens in the prompt cannot exceed 128000', 'context_window'],
  [401, 'invalid api token', 'authentication'],
  [404, "model 'x' not found", 'not_found'],
  [422, 'invalid request: unknown field', 'invalid_request'],
  [429, 'You are using a Trial key', 'rate_limit'],
  [498, 'invalid token', 'authentication'],
])('an error %i is of its class (%s)', (status, message, errorClass) => {
  expect(cohereV2.upstream?.readError(status, encodeUtf8(JSON.stringify({ id: 'x', message })))).toMatchObject({
    class: errorClass,
    message,
  });
});

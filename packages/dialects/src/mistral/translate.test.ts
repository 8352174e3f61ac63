import { decodeUtf8, encodeUtf8 } from '@tollgate/kernel';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CanonicalRequest } from '../canonical/canonical-request.js';
import { defaultTarget } from '../canonical/default-target.js';
import type { CanonicalMessage } from '../canonical/message.js';
import type { Part } from '../canonical/part.js';
import { readEvents } from '../conformance/read-events.fixture.js';
import { CallIds } from './call-ids.js';
import { mistral } from './dialect.js';

const text = (words: string): Part => ({ type: 'text', text: words });
const user = (words: string): CanonicalMessage => ({ role: 'user', parts: [text(words)] });
const called = (...ids: string[]): CanonicalMessage => ({
  role: 'assistant',
  parts: ids.map((id) => ({ type: 'tool_call', id, name: 'f', arguments: '{}' })),
});
const answered = (...ids: string[]): CanonicalMessage => ({
  role: 'tool',
  parts: ids.map((callId) => ({ type: 'tool_result', callId, name: 'f', parts: [text('r')] })),
});
function write(fields: Partial<CanonicalRequest>, model = 'mistral-large-latest') {
  const request = {
    source: 'openai-chat',
    model,
    messages: [user('hi')],
    stream: false,
    includeUsage: false,
    ...fields,
  } as const;
  const written = mistral.upstream?.writeRequest(request, defaultTarget(model));
  return { ...written, body: JSON.parse(decodeUtf8(written?.body ?? new Uint8Array())) };
}
const TOOLS = [{ type: 'function', name: 'f' }] as const;

describe('a request', () => {
  test('gives calls and their results ids of nine letters and digits, and keeps those that have them', () => {
    const { messages } = write({
      messages: [user('go'), called('call_9f149c74c42f265b', 'a1B2c3D4e'), answered('call_9f149c74c42f265b', 'a1B2c3D4e')],
    }).body;
    const [first, second] = messages[1].tool_calls.map((call: { id: string }) => call.id);
    expect(first).toMatch(/^[a-z0-9]{9}$/);
    expect(second).toBe('a1B2c3D4e');
    expect([messages[2].tool_call_id, messages[3].tool_call_id]).toEqual([first, second]);
  });

  test('tells any two ids apart, and writes each alike in every turn', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 200 }), (ids) => {
        const made = new CallIds();
        const short = ids.map((id) => made.idOf(id));
        expect(new Set(short).size).toBe(ids.length);
        for (const id of short) expect(id).toMatch(/^[a-zA-Z0-9]{9}$/);
        const later = new CallIds();
        expect(ids.map((id) => later.idOf(id))).toEqual(short);
      }),
    );
  });

  test('keeps the order of roles that the vendor takes', () => {
    const system: CanonicalMessage = { role: 'system', parts: [text('be brief')] };
    const { body, dropped } = write({ messages: [user('a'), called('x'), answered('x'), user('b'), system] });
    expect(body.messages.map(({ role }: { role: string }) => role)).toEqual([
      'system',
      'user',
      'assistant',
      'tool',
      'assistant',
      'user',
    ]);
    expect(dropped).toContain('messages.system_position');
  });

  test('marks words of the assistant at the end as the beginning of the answer', () => {
    const said: CanonicalMessage = { role: 'assistant', parts: [text('Sure, ')] };
    expect(write({ messages: [user('a'), said] }).body.messages.at(-1)).toEqual({
      role: 'assistant',
      content: 'Sure, ',
      prefix: true,
    });
    expect(write({ messages: [user('a'), said, user('b')] }).body.messages[1]).not.toHaveProperty('prefix');
  });

  test.each([
    ['a call that must be made', { tools: TOOLS, toolChoice: { type: 'required' } }, { tool_choice: 'any' }],
    ['a tool without arguments', { tools: TOOLS }, { tools: [{ function: { parameters: { type: 'object' } } }] }],
    ['a choice without tools', { toolChoice: { type: 'auto' } }, { tool_choice: undefined }],
    ['a seed', { seed: 7 }, { random_seed: 7, seed: undefined }],
    ['a temperature of 2', { temperature: 2 }, { temperature: 1.5 }],
    ['an effort', { reasoning: { effort: 'low' } }, { reasoning_effort: 'high' }],
    ['no thinking', { reasoning: { effort: 'none' } }, { reasoning_effort: 'none' }],
    [
      'a schema',
      { responseFormat: { type: 'json_schema', schema: { type: 'object' } } },
      { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: { type: 'object' } } } },
    ],
  ] as const)('writes %s in the words of the vendor', (_, fields, wanted) => {
    const { body } = write(fields as Partial<CanonicalRequest>);
    for (const [name, value] of Object.entries(wanted))
      if (value === undefined) expect(body).not.toHaveProperty(name);
      else expect({ [name]: body[name] }).toMatchObject({ [name]: value });
  });

  test('tells a model that always thinks so by its prompt', () => {
    expect(write({ reasoning: { effort: 'high' } }, 'magistral-medium-latest').body).toMatchObject({ prompt_mode: 'reasoning' });
    expect(write({ reasoning: { effort: 'none' } }, 'magistral-medium-latest').dropped).toEqual(['reasoning_effort']);
  });

  test('leaves only the tools that are allowed', () => {
    const { body } = write({
      tools: [...TOOLS, { type: 'function', name: 'g' }],
      toolChoice: { type: 'allowed', names: ['g'], required: true },
    });
    expect(body.tools).toHaveLength(1);
    expect(body).toMatchObject({ tools: [{ function: { name: 'g' } }], tool_choice: 'any' });
  });
});

describe('an answer', () => {
  const chunk = (delta: object, finish: string | null = null) => ({
    id: 'c',
    choices: [{ index: 0, delta, finish_reason: finish }],
  });

  test('that met the bound of the model says so', () => {
    expect(readEvents(mistral, [chunk({ content: 'x' }, 'model_length'), '[DONE]']).reply.candidates[0]?.stop).toBe(
      'context_window',
    );
  });

  test('that fails after a 200 says the class of its error', () => {
    const error = { object: 'error', message: 'busy', type: 'service_tier_capacity_exceeded', code: '3505' };
    expect(readEvents(mistral, [chunk({ content: 'x' }), error]).error).toMatchObject({ class: 'overloaded', message: 'busy' });
  });

  test('keeps its references as parts that other dialects name as dropped', () => {
    const value = { type: 'reference', reference_ids: [1, 2] };
    const { reply } = readEvents(mistral, [
      chunk({ content: [{ type: 'text', text: 'a' }, value, { type: 'text', text: 'b' }] }, 'stop'),
      '[DONE]',
    ]);
    expect(reply.candidates[0]?.parts).toMatchObject([
      { type: 'text', text: 'ab' },
      { type: 'opaque', kind: 'reference', value },
    ]);
  });

  test('of a tool of free text is its text again, whole and streamed', () => {
    const expected = { customTools: ['patch'] };
    const wrapped = { id: 'a1B2c3D4e', function: { name: 'patch', arguments: '{"input":"a\\nb"}' }, index: 0 };
    const call = { type: 'tool_call', custom: true, arguments: 'a\nb' };
    const pieces = ['{"in', 'put":"a', '\\nb"}'].map((piece, at) =>
      chunk({
        tool_calls: [
          { ...(at === 0 ? { id: wrapped.id } : {}), index: 0, function: { name: at === 0 ? 'patch' : '', arguments: piece } },
        ],
      }),
    );
    const streamed = readEvents(mistral, [...pieces, chunk({}, 'tool_calls'), '[DONE]'], expected);
    expect(streamed.reply.candidates[0]?.parts).toMatchObject([call]);
    const body = {
      id: 'c',
      choices: [{ index: 0, message: { content: '', tool_calls: [wrapped] }, finish_reason: 'tool_calls' }],
    };
    const whole = mistral.upstream?.readReply(encodeUtf8(JSON.stringify(body)), expected);
    expect(whole).toMatchObject({ ok: true, value: { source: 'mistral', candidates: [{ parts: [call] }] } });
  });
});

test.each([
  [400, { object: 'error', message: 'too large for model with 131072 maximum context length', code: '3051' }, 'context_window'],
  [
    422,
    { detail: [{ type: 'extra_forbidden', loc: ['body', 'seed'], msg: 'Extra inputs are not permitted' }] },
    'invalid_request',
  ],
  [400, { object: 'error', message: 'Invalid model: x', type: 'invalid_model', code: '1500' }, 'not_found'],
  [401, { detail: 'Unauthorized' }, 'authentication'],
  [429, { object: 'error', message: 'Requests rate limit exceeded', type: 'rate_limited', code: '1300' }, 'rate_limit'],
  [503, { object: 'error', message: 'busy', type: 'service_tier_capacity_exceeded', code: '3505' }, 'overloaded'],
])('an error %i is of its class', (status, body, errorClass) => {
  expect(mistral.upstream?.readError(status, encodeUtf8(JSON.stringify(body)))).toMatchObject({ class: errorClass, status });
});

import { decodeUtf8, encodeUtf8 } from '@tollgate/kernel';
import { describe, expect, test } from 'vitest';
import { ReplyAssembler } from '../canonical/assemble-reply.js';
import type { CanonicalRequest } from '../canonical/canonical-request.js';
import { defaultTarget } from '../canonical/default-target.js';
import type { Expectation } from '../canonical/dialect.js';
import { ollama } from './dialect.js';

const user = (words: string) => ({ role: 'user', parts: [{ type: 'text', text: words }] }) as const;
function write(fields: Partial<CanonicalRequest>, model = 'qwen3') {
  const request = {
    source: 'openai-chat',
    model,
    messages: [user('hi')],
    stream: false,
    includeUsage: false,
    ...fields,
  } as const;
  const written = ollama.upstream?.writeRequest(request, defaultTarget(model));
  return { ...written, body: JSON.parse(decodeUtf8(written?.body ?? new Uint8Array())) };
}
function stream(lines: readonly object[], expected?: Expectation) {
  const assembler = new ReplyAssembler('ollama');
  const reader = ollama.upstream?.createStreamReader((event) => assembler.write(event), expected);
  for (const line of lines) reader?.push(encodeUtf8(`${JSON.stringify(line)}\n`));
  reader?.finish();
  return { reply: assembler.reply(), error: assembler.error };
}
const line = (message: object, more: object = {}) => ({
  model: 'qwen3',
  created_at: '2026-01-01T00:00:00.5Z',
  message: { role: 'assistant', content: '', ...message },
  done: false,
  ...more,
});
const DONE = line({}, { done: true, done_reason: 'stop', prompt_eval_count: 11, eval_count: 3 });
const TOOLS = [
  { type: 'function', name: 'f' },
  { type: 'function', name: 'g' },
] as const;

describe('a request', () => {
  test('says that it is no stream, since silence would be one', () => {
    expect(write({}).body.stream).toBe(false);
    expect(write({ stream: true }).body.stream).toBe(true);
  });

  test('has calls with objects as arguments, results under the name of their tool, and pictures beside the words', () => {
    const image = { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AAAA' } } as const;
    const { body } = write({
      messages: [
        { role: 'user', parts: [{ type: 'text', text: 'see' }, image] },
        { role: 'assistant', parts: [{ type: 'tool_call', id: 'c1', name: 'f', arguments: '{"id":12345678901234567890}' }] },
        { role: 'tool', parts: [{ type: 'tool_result', callId: 'c1', parts: [{ type: 'text', text: 'r' }, image] }] },
      ],
    });
    expect(body.messages).toMatchObject([
      { role: 'user', content: 'see', images: ['AAAA'] },
      { role: 'assistant', content: '', tool_calls: [{ function: { name: 'f' } }] },
      { role: 'tool', content: 'r', images: ['AAAA'], tool_name: 'f', tool_call_id: 'c1' },
    ]);
  });

  test('keeps the digits of long numbers in arguments', () => {
    const call = { type: 'tool_call', id: 'c1', name: 'f', arguments: '{"id":12345678901234567890}' } as const;
    const written = ollama.upstream?.writeRequest(
      { source: 'openai-chat', model: 'm', messages: [{ role: 'assistant', parts: [call] }], stream: false, includeUsage: false },
      defaultTarget('m'),
    );
    expect(decodeUtf8(written?.body ?? new Uint8Array())).toContain('"arguments":{"id":12345678901234567890}');
  });

  test('puts what steers the model into options', () => {
    const { body } = write({ temperature: 0.5, topK: 4, seed: 7, stop: ['x'], maxOutputTokens: 9 });
    expect(body.options).toEqual({ temperature: 0.5, top_k: 4, seed: 7, stop: ['x'], num_predict: 9 });
    expect(write({}).body).not.toHaveProperty('options');
  });

  test.each([
    [{ type: 'auto' }, ['f', 'g'], []],
    [{ type: 'required' }, ['f', 'g'], ['tool_choice']],
    [{ type: 'tool', name: 'g' }, ['g'], ['tool_choice']],
    [{ type: 'none' }, undefined, ['tool_choice']],
    [{ type: 'allowed', names: ['f'], required: false }, ['f'], []],
  ] as const)('offers of its tools what may be called (%o)', (toolChoice, names, dropped) => {
    const written = write({ tools: TOOLS, toolChoice });
    expect(written.body.tools?.map((tool: { function: { name: string } }) => tool.function.name)).toEqual(names);
    expect(written.dropped).toEqual(dropped);
  });

  test.each([
    ['qwen3', 'high', true, []],
    ['qwen3', 'none', false, []],
    ['gpt-oss:20b', 'xhigh', 'high', []],
    ['gpt-oss:20b', 'none', 'low', ['reasoning_effort']],
  ] as const)('tells %s to think (%s)', (model, effort, think, dropped) => {
    const written = write({ reasoning: { effort } }, model);
    expect(written.body.think).toBe(think);
    expect(written.dropped).toEqual(dropped);
  });

  test('asks for a schema by itself, and for any JSON by a word', () => {
    const schema = { type: 'object' };
    expect(write({ responseFormat: { type: 'json_schema', schema } }).body.format).toEqual(schema);
    expect(write({ responseFormat: { type: 'json' } }).body.format).toBe('json');
  });
});

describe('an answer', () => {
  test('in lines is its thoughts, words and calls, with ids that no two calls share', () => {
    const call = { function: { name: 'f', arguments: { a: 1 } } };
    const { reply, error } = stream([
      line({ thinking: 'hm' }),
      line({ content: 'so' }),
      line({ tool_calls: [call, call] }),
      DONE,
    ]);
    expect(error).toBeNull();
    const parts = reply.candidates[0]?.parts ?? [];
    expect(parts).toMatchObject([
      { type: 'reasoning', text: 'hm' },
      { type: 'text', text: 'so' },
      { type: 'tool_call', name: 'f', arguments: '{"a":1}' },
      { type: 'tool_call', name: 'f', arguments: '{"a":1}' },
    ]);
    const ids = parts.flatMap((part) => (part.type === 'tool_call' ? [part.id] : []));
    expect(new Set(ids).size).toBe(2);
    expect(reply).toMatchObject({ createdAt: 1_767_225_600, usage: { input: 11, output: 3 } });
    expect(reply.candidates[0]?.stop).toBe('tool_calls');
  });

  test('that fails after some words says the class of its error', () => {
    expect(stream([line({ content: 'so' }), { error: 'the input length exceeds the context length' }]).error).toMatchObject({
      class: 'context_window',
    });
  });

  test('that fails for want of room says that it can be tried elsewhere', () => {
    const error = 'server busy, please try again.  maximum pending requests exceeded';
    expect(stream([{ error }]).error).toMatchObject({ class: 'overloaded', message: error });
  });

  test('without `done` was cut off', () => {
    expect(stream([line({ content: 'so' })]).error).toMatchObject({ class: 'server' });
  });

  test('that met its bound says so, streamed and whole', () => {
    const end = { done: true, done_reason: 'length', eval_count: 3 };
    expect(stream([line({ content: 'so' }), line({}, end)]).reply.candidates[0]?.stop).toBe('length');
    const whole = ollama.upstream?.readReply(encodeUtf8(JSON.stringify(line({ content: 'so' }, end))));
    expect(whole).toMatchObject({ ok: true, value: { candidates: [{ stop: 'length' }], usage: { input: 0, output: 3 } } });
  });

  test('of a tool of free text is its text again, streamed and whole', () => {
    const calling = { tool_calls: [{ id: 'x', function: { name: 'patch', arguments: { input: 'a\nb' } } }] };
    const call = { type: 'tool_call', id: 'x', custom: true, arguments: 'a\nb' };
    const expected = { customTools: ['patch'] };
    expect(stream([line(calling), DONE], expected).reply.candidates[0]?.parts).toMatchObject([call]);
    const whole = ollama.upstream?.readReply(encodeUtf8(JSON.stringify(line(calling, { done: true }))), expected);
    expect(whole).toMatchObject({ ok: true, value: { candidates: [{ parts: [call] }] } });
  });
});

test.each([
  [404, "model 'x' not found", 'not_found'],
  [400, 'the input length exceeds the context length', 'context_window'],
  [400, '"llama3.2" does not support thinking', 'invalid_request'],
  [503, 'server busy, please try again. maximum pending requests exceeded', 'overloaded'],
])('an error %i is of its class (%s)', (status, error, errorClass) => {
  expect(ollama.upstream?.readError(status, encodeUtf8(JSON.stringify({ error })))).toMatchObject({
    class: errorClass,
    message: error,
  });
});

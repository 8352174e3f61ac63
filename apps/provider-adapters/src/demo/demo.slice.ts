import type { UpstreamCall } from '@tollgate/contracts';
import { encodeJson, encodeUtf8 } from '@tollgate/kernel';
import type { ServerStream } from '@tollgate/transport';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { chatBody, Harness } from '../testing/harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await new Harness().start();
});
afterAll(() => harness.stop());

const body = (fields: object) => chatBody({ model: 'demo/echo', ...fields });
const chunksOf = (text: string) => {
  const events = text.split('\n\n').filter(Boolean);
  expect(events.pop()).toBe('data: [DONE]');
  return events.map((event) => JSON.parse(event.slice('data: '.length)));
};

test('a whole answer is a chat completion that says that it is a demo', async () => {
  const call = await harness.finished({ deploymentId: 'dep_demo', body: body({}) });
  expect(JSON.parse(call.text)).toMatchObject({
    object: 'chat.completion',
    model: 'demo/echo',
    choices: [{ message: { role: 'assistant', content: '[demo] hello' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 2, completion_tokens: 2, total_tokens: 4 },
  });
  expect(call.end).toMatchObject({ basis: 'reported', usage: { input: 2, output: 2 } });
});

test('whole or streamed it has one span, a child of the router`s, as any provider', async () => {
  for (const stream of [false, true]) {
    harness.spans.length = 0;
    await harness.finished({ deploymentId: 'dep_demo', body: body({ stream }) });
    expect(harness.spans).toHaveLength(1);
    expect(harness.spans[0]).toMatchObject({
      name: 'chat demo/echo',
      kind: 'client',
      context: { traceId: '0af7651916cd43dd8448eb211c80319c', parentSpanId: 'b7ad6b7169203331' },
      attributes: { 'gen_ai.provider.name': 'demo', 'http.response.status_code': 200, 'gen_ai.usage.output_tokens': 2 },
    });
  }
});

test('a stream says the same word by word, with usage where it was asked for', async () => {
  const call = await harness.finished({
    deploymentId: 'dep_demo',
    body: body({ stream: true, stream_options: { include_usage: true } }),
  });
  const chunks = chunksOf(call.text);
  expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe('[demo] hello');
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 2 } });
  expect(chunks.at(-2)).toMatchObject({ choices: [{ finish_reason: 'stop' }] });
});

test('whole or streamed, the same conversation has the same reported usage', async () => {
  const messages = [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: [{ type: 'text', text: 'one two three' }] },
  ];
  const whole = await harness.finished({ deploymentId: 'dep_demo', body: body({ messages }) });
  const streamed = await harness.finished({
    deploymentId: 'dep_demo',
    body: body({ messages, stream: true, stream_options: { include_usage: true }, temperature: 0.5 }),
  });
  expect(whole.end).toMatchObject({ basis: 'reported', usage: { input: 7, output: 4 } });
  expect(streamed.end).toMatchObject({ basis: 'reported', usage: whole.end?.usage });
  expect(chunksOf(streamed.text).at(-1).usage).toEqual(JSON.parse(whole.text).usage);
});

test('the bound of the output holds, the caller`s and the policy`s', async () => {
  const long = [{ role: 'user', content: [{ type: 'text', text: 'a b c d e f g h' }] }];
  const call = await harness.finished({
    deploymentId: 'dep_demo',
    body: body({ messages: long, max_tokens: 5 }),
    maxOutputTokens: 3,
  });
  expect(JSON.parse(call.text)).toMatchObject({ choices: [{ finish_reason: 'length', message: { content: '[demo] a b' } }] });
});

const tool = (name: string, properties: object = {}) => ({
  type: 'function',
  function: { name, parameters: { type: 'object', properties } },
});
const weather = tool('get_weather', { city: { type: 'string' }, days: { type: 'integer' }, unit: { enum: ['C', 'F'] } });
const demo = async (fields: object) =>
  JSON.parse((await harness.finished({ deploymentId: 'dep_demo', body: body(fields) })).text);

test.each([
  ['a required tool', { tools: [weather], tool_choice: 'required' }],
  ['a named tool', { tools: [tool('other'), weather], tool_choice: { type: 'function', function: { name: 'get_weather' } } }],
  [
    'a tool that the user names',
    { tools: [tool('other'), weather], messages: [{ role: 'user', content: 'Please get weather of Rome' }] },
  ],
])('%s is called with arguments of its schema, whole and streamed', async (_, fields) => {
  const { choices } = await demo(fields);
  expect(choices[0]).toMatchObject({ finish_reason: 'tool_calls', message: { content: null } });
  const [called] = choices[0].message.tool_calls;
  expect(called).toMatchObject({ type: 'function', function: { name: 'get_weather' } });
  expect(JSON.parse(called.function.arguments)).toEqual({ city: 'demo', days: 1, unit: 'C' });
  const { text } = await harness.finished({ deploymentId: 'dep_demo', body: body({ ...fields, stream: true }) });
  const parts = chunksOf(text).flatMap((chunk) => chunk.choices[0].delta.tool_calls ?? []);
  expect(parts[0]).toMatchObject({ index: 0, type: 'function', id: expect.any(String), function: { name: 'get_weather' } });
  expect(parts.map((part) => part.function.arguments).join('')).toBe(called.function.arguments);
});

test('no tool is called where none is wanted, nor again after its result', async () => {
  const asked = { role: 'user', content: 'get_weather please' };
  const spoken = [{ tools: [weather] }, { tools: [weather], tool_choice: 'none', messages: [asked] }];
  const answered = { tools: [weather], messages: [asked, { role: 'tool', tool_call_id: 'x', content: '20' }] };
  for (const fields of [...spoken, answered]) {
    const [choice] = (await demo(fields)).choices;
    expect([choice.finish_reason, choice.message.tool_calls]).toEqual(['stop', undefined]);
  }
});

test('several answers come whole and streamed, and all of them count', async () => {
  const whole = await demo({ n: 3 });
  expect(whole.choices.map((choice: { index: number }) => choice.index)).toEqual([0, 1, 2]);
  expect(whole.usage.completion_tokens).toBe(6);
  const { text } = await harness.finished({ deploymentId: 'dep_demo', body: body({ n: 3, stream: true }) });
  for (const index of [0, 1, 2]) {
    const own = chunksOf(text)
      .flatMap((chunk) => chunk.choices)
      .filter((choice) => choice.index === index);
    expect(own.map((choice) => choice.delta.content ?? '').join('')).toBe('[demo] hello');
    expect(own.at(-1).finish_reason).toBe('stop');
  }
});

test('JSON where JSON is asked for, cut at a stop sequence, images acknowledged', async () => {
  const contentOf = async (fields: object): Promise<string> => (await demo(fields)).choices[0].message.content;
  expect(JSON.parse(await contentOf({ response_format: { type: 'json_object' } }))).toEqual({ demo: true, text: '[demo] hello' });
  const schema = {
    type: 'object',
    properties: { done: { type: 'boolean' }, names: { type: 'array', items: { type: 'string' } } },
  };
  const format = { type: 'json_schema', json_schema: { name: 'x', schema } };
  expect(JSON.parse(await contentOf({ response_format: format }))).toEqual({ done: true, names: ['demo'] });
  expect(await contentOf({ stop: ['never', 'llo'] })).toBe('[demo] he');
  const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } };
  const seen = await demo({ messages: [{ role: 'user', content: [{ type: 'text', text: 'look' }, image] }] });
  expect(seen.choices[0].message.content).toBe('[demo] look [1 image received]');
  expect(seen.usage.prompt_tokens).toBe(1 + 85);
});

test('the fixed text says that its price is a pretend one', async () => {
  expect((await demo({ model: 'demo/chat' })).choices[0].message.content).toContain('price is a pretend one');
});

test('a caller who leaves ends the stream', () => {
  harness.spans.length = 0;
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  try {
    let sent = 0;
    const stream: ServerStream = {
      headers: {},
      meta: encodeJson(demoCall(harness.snapshot.revision)),
      body: encodeUtf8(chatBody({ model: 'demo/chat', stream: true })),
      deadlineMs: 5_000,
      sendHead: () => {},
      send: () => {
        sent += 1;
        return true;
      },
      end: () => {},
      fail: () => {},
      onDrain: null,
      onCancel: null,
    };
    harness.adapter.handle(stream);
    vi.advanceTimersByTime(100);
    expect(sent).toBeGreaterThan(3);
    const before = sent;
    stream.onCancel?.('cancelled');
    vi.advanceTimersByTime(1_000);
    expect(sent).toBe(before);
    expect(harness.spans).toMatchObject([{ errorCode: 'client_closed_request' }]);
  } finally {
    vi.useRealTimers();
  }
});

const demoCall = (revision: number): UpstreamCall => ({
  v: 1,
  attempt: 1,
  deploymentId: 'dep_demo',
  revision,
  endpoint: 'chat.completions',
  dialect: 'openai-chat',
  stream: true,
  spans: { model: [9, 20], maxTokens: null, maxCompletionTokens: null, streamOptions: null, insertAt: 1 },
  maxOutputTokens: null,
  usageAsked: false,
  timeouts: { connectMs: 1000, firstByteMs: 1000, idleMs: 1000 },
  headers: {},
});

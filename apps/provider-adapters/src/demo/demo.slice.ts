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

test('a caller who leaves ends the stream', () => {
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

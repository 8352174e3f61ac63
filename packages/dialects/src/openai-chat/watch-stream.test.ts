import { concatBytes, decodeUtf8, encodeUtf8 } from '@tollgate/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StreamWatcher } from './watch-stream.js';

const chunk = (fields: object): string => `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', ...fields })}\n\n`;
const text = (content: string): string =>
  chunk({ choices: [{ index: 0, delta: { content }, finish_reason: null }], usage: null });
const finish = chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
const usageChunk = chunk({ choices: [], usage: { prompt_tokens: 10, completion_tokens: 3, total_tokens: 13 } });
const done = 'data: [DONE]\n\n';

function watch(stream: string, cuts: readonly number[] = [], usageAsked = false) {
  const bytes = encodeUtf8(stream);
  const out: Uint8Array[] = [];
  const watcher = new StreamWatcher({ usageAsked, onBytes: (piece) => out.push(piece) });
  const points = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  for (let i = 1; i < points.length; i += 1) watcher.push(bytes.slice(points[i - 1], points[i]));
  const whole = watcher.finish();
  const { state, started, errorBody } = watcher;
  return {
    passed: decodeUtf8(concatBytes(out)),
    whole,
    state,
    started,
    errorBody,
    settled: watcher.settle(400),
    pieces: out.length,
  };
}

test('a stream passes to the letter, but for the usage chunk that nobody asked for', () => {
  const stream = text('a') + text('b') + text('c') + finish + usageChunk + done;
  const { passed, whole, settled } = watch(stream);
  expect(passed).toBe(text('a') + text('b') + text('c') + finish + done);
  expect(whole).toBe(true);
  expect(settled).toMatchObject({ basis: 'reported', usage: { input: 10, output: 3 } });
});

test('a usage chunk that was asked for stays', () => {
  const stream = text('a') + finish + usageChunk + done;
  expect(watch(stream, [], true).passed).toBe(stream);
});

test('usage on the last content chunk stays, asked for or not', () => {
  const last = chunk({
    choices: [{ index: 0, delta: { content: 'z' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 1, completion_tokens: 2 },
  });
  const { passed, settled } = watch(text('a') + last + done);
  expect(passed).toBe(text('a') + last + done);
  expect(settled).toMatchObject({ basis: 'reported', usage: { input: 1, output: 2 } });
});

test('text that looks like usage, an error or the end is only text', () => {
  const tricky = text('{"usage":{"prompt_tokens":999}} "error":{} data: [DONE]\n\n "choices":[]');
  const { passed, settled, state } = watch(tricky + usageChunk + done);
  expect(passed).toBe(tricky + done);
  expect(state).toBe('complete');
  expect(settled.usage).toMatchObject({ input: 10, output: 3 });
});

test('unknown fields and odd spacing pass untouched', () => {
  const odd =
    'id: 7\r\nevent: message\r\ndata:{ "choices" : [ { "delta" : { "content" : "x" } , "logprobs":{"v":[1.0,2e5]} } ] , "vendor" : 1 }\r\n\r\n';
  expect(watch(odd + done).passed).toBe(odd + done);
});

test('comments before the first event are held back with it', () => {
  const out: string[] = [];
  const watcher = new StreamWatcher({ usageAsked: false, onBytes: (bytes) => out.push(decodeUtf8(bytes)) });
  watcher.push(encodeUtf8(': PROCESSING\n\n'));
  expect([watcher.started, out]).toEqual([false, []]);
  watcher.push(encodeUtf8(text('a')));
  expect(out.join('')).toBe(`: PROCESSING\n\n${text('a')}`);
});

test.each([
  ['as the first event', ''],
  ['in mid-stream', text('a')],
])('an error event %s ends the watch and is not passed on', (_, before) => {
  const error = 'data: {"error":{"message":"Overloaded","type":"overloaded_error"}}\n\n';
  const seen = watch(before + error + text('never'));
  expect(seen).toMatchObject({ state: 'error', passed: before, started: before !== '', whole: false });
  expect(JSON.parse(seen.errorBody ?? '')).toEqual({ error: { message: 'Overloaded', type: 'overloaded_error' } });
});

test('an event that is named error is one, whatever its body', () => {
  expect(watch('event: error\ndata: {"message":"no"}\n\n')).toMatchObject({ state: 'error', errorBody: '{"message":"no"}' });
});

test('an error of null is none', () => {
  const fine = chunk({ choices: [{ delta: { content: 'a' } }], error: null });
  expect(watch(fine + done)).toMatchObject({ state: 'complete', passed: fine + done });
});

test.each(['data: <html>\n\n', 'data: 5\n\n', 'data: null\n\n', 'data: {"a":\n\n'])(
  'a stream that begins with %j is invalid',
  (first) => {
    expect(watch(first)).toMatchObject({ state: 'invalid', passed: '', started: false });
  },
);

test('a stream cut in mid-event is not whole, and the half event is not passed on', () => {
  expect(watch(`${text('a')}data: {"choi`)).toMatchObject({ whole: false, passed: text('a') });
});

test('a finish reason is an end for vendors that send no [DONE]', () => {
  expect(watch(text('a') + finish).whole).toBe(true);
  expect(watch(text('a')).whole).toBe(false);
  expect(watch(text('a') + finish.trimEnd())).toMatchObject({ whole: true, passed: text('a') + finish.trimEnd() });
  expect(watch(`${text('a')}data: [DONE]`)).toMatchObject({ whole: true, passed: `${text('a')}data: [DONE]` });
});

test('a stream that was cut is counted from what passed', () => {
  const cut = text('Hel') + text('lo') + chunk({ choices: [{ delta: { tool_calls: [{ function: { arguments: '{"a"' } }] } }] });
  expect(watch(cut).settled).toMatchObject({ basis: 'counted', usage: { input: 100, output: 3 } });
  expect(watch(text('x'.repeat(4000))).settled).toMatchObject({ basis: 'counted', usage: { output: 1000 } });
  expect(watch(': nothing yet\n\n').settled).toMatchObject({ basis: 'estimated', usage: { input: 100, output: 0 } });
});

test('usage that grows with every chunk is reported up to the cut; one from the start is completed', () => {
  const growing = (n: number) =>
    chunk({ choices: [{ delta: { content: 'w' } }], usage: { prompt_tokens: 5, completion_tokens: n } });
  expect(watch(growing(1) + growing(2)).settled).toMatchObject({ basis: 'reported', usage: { input: 5, output: 2 } });
  const early = chunk({ choices: [{ delta: { role: 'assistant' } }], usage: { prompt_tokens: 5, completion_tokens: 0 } });
  expect(watch(early + text('a') + text('b')).settled).toMatchObject({ basis: 'counted', usage: { input: 5, output: 2 } });
});

test('whole, byte by byte and at random cuts agree', () => {
  const event = fc.oneof(
    fc.string().map(text),
    fc.constantFrom(
      finish,
      usageChunk,
      ': ping\n\n',
      done,
      text('b').replaceAll('\n', '\r\n'),
      text('c').replaceAll('\n', '\r'),
      'data: {"half',
    ),
  );
  fc.assert(
    fc.property(
      fc.array(event, { maxLength: 8 }),
      fc.array(fc.nat(3000), { maxLength: 8 }),
      fc.boolean(),
      (events, cuts, asked) => {
        const stream = events.join('');
        const { pieces: _, ...whole } = watch(stream, [], asked);
        const each = Array.from({ length: encodeUtf8(stream).length }, (__, i) => i);
        expect(watch(stream, each, asked)).toMatchObject(whole);
        expect(watch(stream, cuts, asked)).toMatchObject(whole);
      },
    ),
    { numRuns: 300 },
  );
});

test('the events of one read leave as one piece', () => {
  expect(watch(text('a') + text('b') + text('c')).pieces).toBe(1);
});

test('usage of zero beside content is no usage', () => {
  const zero = chunk({ choices: [], usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 } });
  expect(watch(text('a') + text('b') + finish + zero + done).settled).toMatchObject({
    basis: 'counted',
    usage: { input: 100, output: 2 },
  });
});

test('no bytes make it throw, and what is passed on is a part of what came', () => {
  const noise = fc.array(
    fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.constantFrom('data: {', '"usage":{', '\n\n', '"', '\\', '[['.repeat(40), '{"a":'.repeat(40)).map(encodeUtf8),
    ),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(noise, (parts) => {
      const out: Uint8Array[] = [];
      const watcher = new StreamWatcher({ usageAsked: true, onBytes: (bytes) => out.push(bytes) });
      for (const part of [encodeUtf8(text('a')), ...parts]) watcher.push(part);
      watcher.finish();
      watcher.settle(1);
      const came = concatBytes([encodeUtf8(text('a')), ...parts]);
      const passed = concatBytes(out);
      expect(came.subarray(0, passed.length)).toEqual(passed);
    }),
    { numRuns: 500 },
  );
});

test('comments before a first event that is itself withheld pass, wherever the stream is cut', () => {
  const stream = `: ping\n\n${usageChunk}`;
  for (const cut of [0, 5, 8, 20]) expect(watch(stream, [cut], false).passed).toBe(': ping\n\n');
});

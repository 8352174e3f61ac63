import { encodeUtf8 } from '@tollgate/kernel';
import { expect, test } from 'vitest';
import { AnswerWatcher } from './watch-answer.js';

function watch(text: string, size = text.length) {
  const bytes = encodeUtf8(text);
  const watcher = new AnswerWatcher();
  for (let at = 0; at < bytes.length; at += size) watcher.push(bytes.slice(at, at + size));
  return { verdict: watcher.finish(), settled: watcher.settle(40), errorBody: watcher.errorBody };
}

test('usage is found wherever it stands, and the one inside the content is not taken for it', () => {
  const usage = '"usage":{"prompt_tokens":7,"completion_tokens":2}';
  for (const text of [
    `{${usage},"choices":[{"usage":{"prompt_tokens":1}}]}`,
    `{"choices":["{${usage.replaceAll('"', '\\"')}}"],${usage}}`,
  ]) {
    for (const size of [1, 10, 1000]) {
      expect(watch(text, size)).toMatchObject({
        verdict: 'good',
        settled: { basis: 'reported', usage: { input: 7, output: 2 } },
      });
    }
  }
});

test('without usage, or with usage of zero, the bytes bound it', () => {
  expect(watch('{"choices":[],"usage":{"prompt_tokens":0,"completion_tokens":0}}').settled).toMatchObject({ basis: 'estimated' });
  expect(watch('{"choices":[]}').settled).toMatchObject({ basis: 'estimated', usage: { input: 10, output: 4 } });
});

test('an error sent with status 200 is an error', () => {
  expect(watch('{"error":{"message":"no","code":502}}')).toMatchObject({
    verdict: 'error',
    errorBody: '{"error":{"message":"no","code":502}}',
  });
  expect(watch('{"error":null,"choices":[]}').verdict).toBe('good');
});

test.each(['<html></html>', '', '{"choices":[', '[]'])('%j is no answer', (text) => {
  expect(watch(text).verdict).toBe('invalid');
});

import { decodeUtf8, encodeUtf8 } from '@tollgate/kernel';
import { describe, expect, test } from 'vitest';
import { capContent } from './cap-content.js';
import { preparePeek } from './peek.js';

const createReader = preparePeek({ messagesMax: 100 });
const contents = [{ role: 'user', parts: [{ text: 'hi' }] }];

function peek(fields: object, step = Number.POSITIVE_INFINITY) {
  const body = encodeUtf8(typeof fields === 'string' ? fields : JSON.stringify(fields));
  const reader = createReader({ model: 'gemini/x', stream: true });
  for (let at = 0; at < body.length; at += step) {
    const failure = reader.push(body.subarray(at, at + step));
    if (failure !== null) return { ok: false as const, error: failure };
  }
  return reader.finish();
}
const raw = (text: string) => peek(text as unknown as object);

describe('a request for content', () => {
  test('model and stream come from the path, what bounds the answer from generationConfig', () => {
    for (const step of [1, 7, Number.POSITIVE_INFINITY]) {
      const read = peek({ contents, generationConfig: { maxOutputTokens: 40, candidateCount: 3 } }, step);
      expect(read).toMatchObject({ ok: true, value: { model: 'gemini/x', stream: true, maxTokens: 40, n: 3, messageCount: 1 } });
    }
  });

  test('in the other spelling just so, and without it nothing is bounded', () => {
    const snake = peek({ contents, generation_config: { max_output_tokens: 40, candidate_count: 2 } });
    expect(snake).toMatchObject({ ok: true, value: { maxTokens: 40, n: 2 } });
    expect(peek({ contents })).toMatchObject({ ok: true, value: { maxTokens: null, n: 1 } });
    expect(peek({ contents, generationConfig: null })).toMatchObject({ ok: true, value: { maxTokens: null, n: 1 } });
  });

  test.each([
    ['two spellings of the config', '{"contents":[],"generationConfig":{},"generation_config":{}}', 'generationConfig'],
    ['the config twice', '{"contents":[],"generationConfig":{},"generationConfig":{"candidateCount":9}}', 'generationConfig'],
    [
      'the same one escaped',
      '{"contents":[],"generationConfig":{},"generation\\u0043onfig":{"candidateCount":9}}',
      'generationConfig',
    ],
    ['a bound twice', '{"contents":[],"generationConfig":{"maxOutputTokens":1,"maxOutputTokens":9}}', 'generationConfig'],
    [
      'two spellings of a bound',
      '{"contents":[],"generationConfig":{"maxOutputTokens":1,"max_output_tokens":9}}',
      'generationConfig.maxOutputTokens',
    ],
    ['a bound that is a text', '{"contents":[],"generationConfig":{"maxOutputTokens":"9"}}', 'generationConfig.maxOutputTokens'],
    ['no answers at all', '{"contents":[],"generationConfig":{"candidateCount":0}}', 'generationConfig.candidateCount'],
    ['a config that is a list', '{"contents":[],"generationConfig":[]}', 'generationConfig'],
    ['no contents', '{}', 'contents'],
  ])('%s is refused by its name', (_, body, param) => {
    expect(raw(body)).toMatchObject({ ok: false, error: { code: 'invalid_request', param } });
  });
});

describe('a cap on the answer', () => {
  const capped = (text: string) => Buffer.concat(capContent(encodeUtf8(text), 50)).toString();

  test.each([
    ['{"contents":[]}', '{"generationConfig":{"maxOutputTokens":50},"contents":[]}'],
    ['{"contents":[], "generationConfig" : {}}', '{"contents":[], "generationConfig" : {"maxOutputTokens":50}}'],
    ['{"contents":[],"generationConfig":null}', '{"contents":[],"generationConfig":{"maxOutputTokens":50}}'],
    [
      '{"generationConfig":{"seed":1,"maxOutputTokens":99},"contents":[]}',
      '{"generationConfig":{"seed":1,"maxOutputTokens":50},"contents":[]}',
    ],
    [
      '{"generationConfig":{"maxOutputTokens":9},"contents":[1.0]}',
      '{"generationConfig":{"maxOutputTokens":9},"contents":[1.0]}',
    ],
    [
      '{"generation_config":{"max_output_tokens":99},"contents":[]}',
      '{"generation_config":{"maxOutputTokens":50},"contents":[]}',
    ],
  ])('%s', (given, expected) => {
    expect(capped(given)).toBe(expected);
  });

  test('bytes outside of the config are the caller`s own', () => {
    const text = '{ "contents" : [ {"parts":[{"text":"\\u00e9 \u{1f600}"}]} ],\n"x":1e400}';
    expect(decodeUtf8(Buffer.concat(capContent(encodeUtf8(text), 5)))).toContain(text.slice(2));
  });
});

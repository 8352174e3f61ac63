import { decodeUtf8, encodeUtf8 } from '@tollgate/kernel';
import { expect, test } from 'vitest';
import { defaultTarget } from '../canonical/default-target.js';
import { DIALECT_ROWS } from '../dialects.js';
import { parseExact } from './parse-exact.js';

test('a number keeps its digits, a text with digits is left alone', () => {
  const text = '{"a":9223372036854775807,"b":[-12345678901234567890],"c":"12345678901234567890","d":1.5,"e":1234567890123456}';
  expect(JSON.stringify(parseExact(text))).toBe(text);
  expect(parseExact('{"a":1234567890123456}')).toEqual({ a: 1_234_567_890_123_456 });
});

const BODY = {
  model: 'm',
  messages: [
    { role: 'user', content: 'hi' },
    {
      role: 'assistant',
      tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{"id":1790000000000000001}' } }],
    },
    { role: 'tool', tool_call_id: 'a', content: 'done' },
  ],
  tools: [
    {
      type: 'function',
      function: { name: 'f', parameters: { type: 'object', properties: { id: { type: 'integer', maximum: 0 } } } },
    },
  ],
};

test.each(DIALECT_ROWS.filter(({ upstream }) => upstream !== null).map((dialect) => [dialect.name, dialect] as const))(
  'ids and bounds of 64 bits reach %s digit by digit',
  (_, dialect) => {
    const text = JSON.stringify(BODY).replace('"maximum":0', '"maximum":9223372036854775807');
    const read = DIALECT_ROWS[0]?.caller?.readRequest(encodeUtf8(text));
    if (!read?.ok) throw new Error('refused');
    const written = decodeUtf8(dialect.upstream?.writeRequest(read.value, defaultTarget('m')).body ?? new Uint8Array());
    expect(written).toContain('1790000000000000001');
    expect(written).toContain('9223372036854775807');
  },
);

test('arguments in an answer of objects keep their digits on the way to a text', () => {
  const reply =
    '{"id":"m","type":"message","role":"assistant","model":"m","stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":1},' +
    '"content":[{"type":"tool_use","id":"t","name":"f","input":{"id":1790000000000000001}}]}';
  const read = DIALECT_ROWS.find(({ name }) => name === 'anthropic-messages')?.upstream?.readReply(encodeUtf8(reply));
  expect(read).toMatchObject({ ok: true, value: { candidates: [{ parts: [{ arguments: '{"id":1790000000000000001}' }] }] } });
});

test('a number of any length where another is wanted is refused, not thrown', () => {
  const chat = DIALECT_ROWS[0]?.caller;
  const body = '{"model":"m","messages":[],"max_tokens":12345678901234567890,"seed":12345678901234567890}';
  expect(chat?.readRequest(encodeUtf8(body))).toMatchObject({ ok: false, error: { code: 'invalid_request' } });
});

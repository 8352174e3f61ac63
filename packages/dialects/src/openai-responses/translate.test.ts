import { decodeUtf8, encodeUtf8 } from '@tollgate/kernel';
import { describe, expect, test } from 'vitest';
import { anthropicMessages } from '../anthropic-messages/dialect.js';
import type { CanonicalRequest } from '../canonical/canonical-request.js';
import { defaultTarget } from '../canonical/default-target.js';
import { readEvents } from '../conformance/read-events.fixture.js';
import { openaiChat } from '../openai-chat/dialect.js';
import { openaiResponses } from './dialect.js';

function read(fields: object): CanonicalRequest {
  const result = openaiResponses.caller?.readRequest(encodeUtf8(JSON.stringify({ model: 'm', input: 'hi', ...fields })));
  if (!result?.ok) throw new Error(result?.error.message);
  return result.value;
}

describe('a request', () => {
  test.each([
    ['previous_response_id', { previous_response_id: 'resp_1' }],
    ['conversation', { conversation: 'conv_1' }],
    ['item_reference', { input: [{ type: 'item_reference', id: 'msg_1' }] }],
  ])('with %s is to be refused by any other vendor, and goes on to its own', (name, fields) => {
    const request = read(fields);
    for (const other of [openaiChat, anthropicMessages])
      expect(other.upstream?.writeRequest(request, defaultTarget('m'))).toMatchObject({ refused: [name] });
    const own = openaiResponses.upstream?.writeRequest(request, defaultTarget('m'));
    expect(own?.refused).toEqual([]);
    expect(decodeUtf8(own?.body ?? new Uint8Array())).toContain(name);
  });

  test('makes one turn of what the assistant thought, said and called', () => {
    const request = read({
      instructions: 'be brief',
      input: [
        { role: 'user', content: [{ type: 'input_text', text: 'hi' }] },
        { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'E=' },
        { type: 'message', role: 'assistant', id: 'msg_1', content: [{ type: 'output_text', text: 'well', annotations: [] }] },
        { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' },
        { type: 'function_call_output', call_id: 'a', output: 'r' },
      ],
    });
    expect(request.messages.map(({ role, parts }) => [role, parts.map(({ type }) => type)])).toEqual([
      ['system', ['text']],
      ['user', ['text']],
      ['assistant', ['reasoning', 'text', 'tool_call']],
      ['tool', ['tool_result']],
    ]);
  });

  test('of another dialect asks OpenAI to store nothing, and says that its tools are not strict', () => {
    const request = { ...read({ tools: [{ type: 'function', name: 'f' }] }), source: 'openai-chat' } as const;
    const written = openaiResponses.upstream?.writeRequest(request, defaultTarget('m'));
    expect(JSON.parse(decodeUtf8(written?.body ?? new Uint8Array()))).toMatchObject({ store: false, tools: [{ strict: false }] });
  });

  test('has its tools of free text wrapped for Anthropic, and their calls unwrapped again', () => {
    const request = read({ tools: [{ type: 'custom', name: 'patch' }] });
    const written = anthropicMessages.upstream?.writeRequest(request, defaultTarget('m'));
    const { reply } = readEvents(
      anthropicMessages,
      [
        { type: 'message_start', message: { id: 'm', model: 'm', usage: { input_tokens: 1, output_tokens: 1 } } },
        { type: 'content_block_start', index: 0, content_block: { type: 'tool_use', id: 't', name: 'patch', input: {} } },
        { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{"input":"a\\n' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: 'b"}' } },
        { type: 'content_block_stop', index: 0 },
        { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 4 } },
        { type: 'message_stop' },
      ],
      written?.expect,
    );
    expect(reply.candidates).toMatchObject([
      { parts: [{ type: 'tool_call', custom: true, arguments: 'a\nb' }], stop: 'tool_calls' },
    ]);
  });
});

describe('a stream', () => {
  const added = (item: object, output_index = 0) => ({ type: 'response.output_item.added', output_index, item });
  const done = (item: object, output_index = 0) => ({ type: 'response.output_item.done', output_index, item });
  const START = { type: 'response.created', response: { id: 'r', model: 'm', created_at: 1 } };
  const END = { type: 'response.completed', response: { id: 'r', status: 'completed' } };
  const CALL = { type: 'function_call', call_id: 'a', name: 'f', arguments: '' };

  test.each([
    [
      'deltas and the whole',
      [
        { type: 'response.function_call_arguments.delta', output_index: 0, delta: '{"x"' },
        { type: 'response.function_call_arguments.delta', output_index: 0, delta: ':1}' },
      ],
    ],
    ['deltas that lack the end', [{ type: 'response.function_call_arguments.delta', output_index: 0, delta: '{"x"' }]],
    ['the whole only', []],
  ])('of a call with %s gives its arguments once', (_, deltas) => {
    const { reply } = readEvents(openaiResponses, [START, added(CALL), ...deltas, done({ ...CALL, arguments: '{"x":1}' }), END]);
    expect(reply.candidates).toMatchObject([{ parts: [{ arguments: '{"x":1}' }], stop: 'tool_calls' }]);
  });

  test('that ends for its length or a filter says so', () => {
    const ended = (reason: string) =>
      readEvents(openaiResponses, [
        START,
        { type: 'response.incomplete', response: { status: 'incomplete', incomplete_details: { reason } } },
      ]);
    // Without any item there is no candidate but the stop itself.
    expect(ended('max_output_tokens').events).toContainEqual({ type: 'stop', candidate: 0, reason: 'length' });
    expect(ended('content_filter').events).toContainEqual({ type: 'stop', candidate: 0, reason: 'content_filter' });
  });

  test('that failed is an error with the class of its code', () => {
    const error = { code: 'rate_limit_exceeded', message: 'slow down' };
    const { error: said } = readEvents(openaiResponses, [
      START,
      { type: 'response.failed', response: { status: 'failed', error } },
    ]);
    expect(said).toMatchObject({ class: 'rate_limit', message: 'slow down' });
  });
});

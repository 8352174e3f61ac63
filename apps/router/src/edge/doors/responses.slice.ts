import { encodeUtf8 } from '@tollgate/kernel';
import { waitFor } from '@tollgate/testing';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { answerWhole, end, failure, head, RouterHarness } from '../../testing/harness.js';

const harness = new RouterHarness();
let token = '';

beforeAll(async () => {
  await harness.start();
  await waitFor(() => harness.router.gate.routes.index);
});
afterAll(() => harness.stop());
beforeEach(() => {
  token = harness.addToken().text;
  harness.calls.length = 0;
  harness.router.gate.health.keepOnly(new Map());
});

const send = (fields: object = {}): Promise<Response> =>
  harness.send(token, '/v1/responses', { model: 'gpt-test', input: 'hi', ...fields });
const recordOf = (response: Response) => {
  const id = response.headers.get('x-tollgate-request-id');
  return waitFor(() => harness.records.find((record) => record.id === id), { what: 'the usage record' });
};
const errorOf = async (response: Response) => ((await response.json()) as { error: Record<string, unknown> }).error;

test('a call goes on in its own dialect, and is recorded', async () => {
  harness.adapt = (stream) => answerWhole(stream, '{"object":"response"}');
  const response = await send({ max_output_tokens: 64 });
  expect(await response.text()).toBe('{"object":"response"}');
  const [seen] = harness.calls;
  expect(seen?.call).toMatchObject({ dialect: 'openai-responses', endpoint: 'chat.completions', stream: false });
  expect(seen?.call.spans.maxTokens).not.toBeNull();
  expect(await recordOf(response)).toMatchObject({ dialect: 'openai-responses', outcome: 'succeeded', status: 200 });
});

test.each(['completed', 'incomplete', 'failed'])('the event response.%s goes out after the settlement', async (kind) => {
  const last = `event: response.${kind}\ndata: {"type":"response.${kind}","response":{}}\n\n`;
  harness.adapt = (stream) => {
    stream.sendHead(head('text/event-stream'));
    stream.send(encodeUtf8('event: response.created\ndata: {"type":"response.created"}\n\n'));
    stream.send(encodeUtf8(last));
    stream.end(end());
  };
  const response = await send({ stream: true });
  expect(await response.text()).toMatch(new RegExp(`response\\.created[^]*${last.replaceAll(/[.{}]/g, '\\$&')}$`));
  expect(await recordOf(response)).toMatchObject({ stream: true, outcome: 'succeeded' });
});

test('a stream that breaks ends with an error event of this dialect', async () => {
  harness.adapt = (stream) => {
    stream.sendHead(head('text/event-stream'));
    stream.send(encodeUtf8('event: response.created\ndata: {"type":"response.created"}\n\n'));
    stream.fail(failure('upstream_closed'));
  };
  const text = await (await send({ stream: true })).text();
  expect(text).toContain('event: error\n');
  expect(text).toContain('event: response.failed\n');
});

test('what would be made in the background is refused by name', async () => {
  const response = await send({ background: true });
  expect(response.status).toBe(400);
  expect(await errorOf(response)).toMatchObject({ code: 'invalid_request', param: 'background' });
  expect(harness.calls).toHaveLength(0);
  harness.adapt = (stream) => answerWhole(stream, '{}');
  expect((await send({ background: false })).status).toBe(200);
});

test('a field that no provider of the model can take is named in the error', async () => {
  const refused = { message: 'This model cannot take previous_response_id.', param: 'previous_response_id' };
  harness.adapt = (stream) => stream.fail(failure('invalid_request', refused));
  const response = await send({ previous_response_id: 'resp_1' });
  expect(response.status).toBe(400);
  expect(await errorOf(response)).toMatchObject({ code: 'invalid_request', param: 'previous_response_id' });
});

test.each(['GET', 'DELETE', 'POST'])('%s of a stored response says where it is', async (method) => {
  const path = method === 'POST' ? 'resp_1/cancel' : 'resp_1';
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${harness.url}/v1/responses/${path}`, { method, headers });
  expect(response.status).toBe(404);
  expect(await errorOf(response)).toMatchObject({
    code: 'route_not_found',
    message: expect.stringContaining('keeps no responses'),
  });
});

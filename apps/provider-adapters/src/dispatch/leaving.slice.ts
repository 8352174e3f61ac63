import type { ServerResponse } from 'node:http';
import { encodeJson, encodeUtf8 } from '@tollgate/kernel';
import type { ServerStream, StreamCancelReason } from '@tollgate/transport';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { chatBody, Harness, until } from '../testing/harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await new Harness().start();
});
beforeEach(() => {
  harness.reports.length = 0;
  harness.spans.length = 0;
});
afterAll(() => harness.stop());

const BODY = chatBody({ stream: true });
const frame = (content: string): string => `data: {"choices":[{"delta":{"content":${JSON.stringify(content)}}}]}\n\n`;

/** Calls, waits for one frame, and gives the upstream's side. */
async function openStream(requestId: string) {
  let upstream: ServerResponse | undefined;
  harness.upstream.handler = (response) => {
    upstream = response;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(frame('one'));
  };
  const call = harness.call({ body: BODY, requestId });
  await until(() => call.length > 0);
  return { call, upstream: upstream as ServerResponse };
}

test('when the caller leaves, the upstream`s socket is closed within 100 ms and what was used is reported', async () => {
  const { call, upstream } = await openStream('req_left');
  const closed = new Promise<number>((resolve) => upstream.on('close', () => resolve(performance.now())));
  const from = performance.now();
  call.stream.cancel('left');
  expect((await closed) - from).toBeLessThan(100);
  await until(() => harness.reports.length > 0);
  expect(harness.reports).toMatchObject([
    { v: 1, id: 'req_left', attempt: 1, status: 200, basis: 'counted', usage: { output: 1 } },
  ]);
});

test('a caller who leaves before the answer has begun closes the upstream too', async () => {
  let upstream: ServerResponse | undefined;
  harness.upstream.handler = (response) => {
    upstream = response;
  };
  const call = harness.call({ body: BODY });
  const response = await until(() => upstream);
  const closed = new Promise<void>((resolve) => response.on('close', resolve));
  call.stream.cancel('left');
  await closed;
  await until(() => harness.reports.length > 0);
  expect(harness.reports).toMatchObject([{ basis: 'estimated', status: null, usage: { output: 0 } }]);
  expect(harness.reports[0]?.usage.input).toBeGreaterThan(0);
});

test('a report that analytics does not take is made again', async () => {
  harness.reportFailures = 1;
  const { call } = await openStream('req_again');
  call.stream.cancel('left');
  await until(() => harness.reports.length > 0);
  expect(harness.reports[0]).toMatchObject({ id: 'req_again' });
});

test('a caller who leaves after the end changes nothing', async () => {
  harness.upstream.handler = (response) =>
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`${frame('a')}data: [DONE]\n\n`);
  const call = await harness.finished({ body: BODY });
  call.stream.cancel('late');
  expect(call.order.at(-1)).toBe('end');
  expect(harness.reports).toEqual([]);
});

test('a slow reader stops the upstream: what was sent stays bounded, and all of it arrives in the end', async () => {
  const total = 24 * 1024 * 1024;
  const piece = frame('x'.repeat(16_000));
  let sent = 0;
  let blocked = false;
  harness.upstream.handler = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const write = (): void => {
      while (sent < total) {
        sent += piece.length;
        if (!response.write(piece)) {
          blocked = true;
          response.once('drain', write);
          return;
        }
        blocked = false;
      }
      response.end('data: [DONE]\n\n');
    };
    write();
  };
  const call = harness.call({ body: BODY, reads: false, windowBytes: 64 * 1024, timeouts: { idleMs: 150 } });
  let last = -1;
  let still = 0;
  await until(() => {
    still = blocked && sent === last ? still + 1 : 0;
    last = sent;
    // Long enough that the idle timeout, which must not count a pause of ours, would have struck.
    return still > 150;
  });
  expect(call.over).toBe(false);
  expect(sent).toBeLessThan(16 * 1024 * 1024);
  const before = call.length;
  expect(before).toBeLessThan(2 * 1024 * 1024);
  const grant = setInterval(() => call.stream.consumed(4 * 1024 * 1024), 5);
  await until(() => call.over);
  clearInterval(grant);
  expect(call.end).not.toBeNull();
  expect(call.length).toBe(Math.ceil(total / piece.length) * piece.length + 'data: [DONE]\n\n'.length);
});

test.each<StreamCancelReason>(['vanished', 'closed', 'deadline'])(
  'a receiver that is gone (%s) has its usage reported',
  async (reason) => {
    harness.upstream.handler = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(frame('one') + frame('two'));
    };
    // The in-process transport has no receiver that vanishes: the adapter's side is called as NATS would call it.
    const sent: Uint8Array[] = [];
    const stream: ServerStream = {
      headers: { 'tg-request-id': `req_${reason}` },
      meta: encodeJson(callMeta(harness.snapshot.revision)),
      body: encodeUtf8(BODY),
      deadlineMs: 5_000,
      sendHead: () => {},
      send: (chunk) => sent.push(chunk) > 0,
      end: () => {},
      fail: () => {},
      onDrain: null,
      onCancel: null,
    };
    harness.adapter.handle(stream);
    await until(() => sent.length > 0);
    stream.onCancel?.(reason);
    await until(() => harness.reports.length > 0);
    expect(harness.reports[0]).toMatchObject({ id: `req_${reason}`, basis: 'counted', usage: { output: 2 } });
  },
);

function callMeta(revision: number) {
  const at = BODY.indexOf('"sim/model"');
  return {
    v: 1,
    attempt: 1,
    deploymentId: 'dep_sealed',
    revision,
    endpoint: 'chat.completions',
    dialect: 'openai-chat',
    stream: true,
    spans: { model: [at, at + 11], maxTokens: null, maxCompletionTokens: null, streamOptions: null, insertAt: 1 },
    maxOutputTokens: null,
    usageAsked: false,
    timeouts: { connectMs: 1000, firstByteMs: 1000, idleMs: 1000 },
    headers: {},
  };
}

test('a caller who leaves while the end waits for credit has the whole usage reported', async () => {
  const usage = 'data: {"choices":[],"usage":{"prompt_tokens":11,"completion_tokens":22}}\n\n';
  harness.upstream.handler = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(`${frame('x'.repeat(5_000))}${usage}data: [DONE]\n\n`);
  };
  const call = harness.call({ body: BODY, reads: false, windowBytes: 1_000, requestId: 'req_waiting' });
  // The adapter has all of it, and its last frame waits.
  await until(() => harness.spans.length > 0 && call.length === 1_000);
  call.stream.cancel('left');
  await until(() => harness.reports.length > 0);
  expect(harness.reports).toMatchObject([{ id: 'req_waiting', basis: 'reported', usage: { input: 11, output: 22 } }]);
});

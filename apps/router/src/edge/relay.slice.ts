import { connect } from 'node:net';
import { encodeUtf8 } from '@tollgate/kernel';
import { waitFor } from '@tollgate/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { answerWhole, chat, event, failure, head, RouterHarness } from '../testing/harness.js';

const harness = new RouterHarness();
let token = '';
let publicId = '';

beforeAll(async () => {
  await harness.start({ bodyMs: 400, pingMs: 300 });
  await waitFor(() => harness.router.gate.routes.index);
});
afterAll(() => harness.stop());
beforeEach(() => {
  ({ text: token, publicId } = harness.addToken());
  harness.adapt = (stream) => answerWhole(stream);
  harness.cancels.length = 0;
  // What one case makes fail is no matter of the next.
  harness.router.gate.health.keepOnly(new Map());
});

const recordOf = (response: { headers: { get(name: string): string | null } } | string) => {
  const id = typeof response === 'string' ? response : response.headers.get('x-tollgate-request-id');
  return waitFor(() => harness.records.find((record) => record.id === id), { what: 'the usage record' });
};
const errorOf = async (response: Response): Promise<{ code: string; type: string; param: string | null; message: string }> =>
  ((await response.json()) as { error: { code: string; type: string; param: string | null; message: string } }).error;

describe('upstream trouble', () => {
  test.each([
    ['upstream_auth_failed', 401, 502],
    ['upstream_rate_limited', 429, 429],
    ['upstream_error', 500, 502],
    ['upstream_overloaded', 529, 503],
    ['upstream_timeout', null, 504],
    ['upstream_invalid', 200, 502],
  ])('%s answers %i as %i, owned by the provider', async (code, status, expected) => {
    harness.adapt = (stream) => stream.fail(failure(code, { status, retryAfterMs: 1_500 }));
    const response = await harness.post(token);
    expect(response.status).toBe(expected);
    expect(response.headers.get('x-tollgate-error-source')).toBe('provider');
    expect(response.headers.get('retry-after')).toBe('2');
    expect(await recordOf(response)).toMatchObject({
      outcome: 'failed',
      errorCode: code,
      attempts: [{ errorCode: code, status }],
    });
  });

  test('an error before the first byte goes to the next deployment', async () => {
    harness.adapt = (stream, call) =>
      call.deploymentId === 'a' ? stream.fail(failure('upstream_overloaded', { status: 529 })) : answerWhole(stream);
    const response = await harness.post(token, chat({ model: 'fallback' }));
    expect(response.status).toBe(200);
    expect(response.headers.get('x-tollgate-attempts')).toBe('2');
    expect(response.headers.get('x-tollgate-provider')).toBe('provider-b');
    const record = await recordOf(response);
    expect(record.attempts.map((attempt) => attempt.errorCode)).toEqual(['upstream_overloaded', null]);
  });

  test('a refusal of the provider is not tried again and its body is shown', async () => {
    const before = harness.calls.length;
    harness.adapt = (stream) =>
      stream.fail(failure('upstream_bad_request', { status: 422, body: '{"error":{"message":"bad"}}' }));
    const response = await harness.post(token, chat({ model: 'retry' }));
    expect([response.status, await response.text()]).toEqual([422, '{"error":{"message":"bad"}}']);
    expect(harness.calls.length - before).toBe(1);
  });

  test('the same deployment is tried again after a pause', async () => {
    let tries = 0;
    harness.adapt = (stream) => {
      tries += 1;
      if (tries < 3) stream.fail(failure('upstream_error', { status: 500 }));
      else answerWhole(stream);
    };
    expect((await harness.post(token, chat({ model: 'retry' }))).status).toBe(200);
    expect(tries).toBe(3);
  });

  test('a stream that breaks ends with an error event and is settled as interrupted', async () => {
    harness.adapt = (stream) => {
      stream.sendHead(head('text/event-stream'));
      stream.send(encodeUtf8(event('a')));
      stream.fail(
        failure('upstream_closed', {
          status: 200,
          basis: 'counted',
          usage: { input: 3, cacheRead: 0, cacheWrite: 0, inputAudio: 0, output: 1, reasoning: 0, outputAudio: 0 },
        }),
      );
    };
    const response = await harness.post(token, chat({ stream: true }));
    const text = await response.text();
    expect(text.startsWith(event('a'))).toBe(true);
    expect(JSON.parse(text.slice(event('a').length + 6))).toMatchObject({ error: { code: 'upstream_closed' } });
    expect(await recordOf(response)).toMatchObject({ outcome: 'interrupted', basis: 'counted', usage: { input: 3, output: 1 } });
  });

  test('the deadline of the caller ends a call that never answers', async () => {
    harness.adapt = () => undefined;
    const response = await harness.post(token, chat(), { headers: { 'x-tollgate-timeout': '300' } });
    expect([response.status, (await errorOf(response)).code]).toEqual([504, 'deadline_exceeded']);
    await waitFor(() => harness.cancels.length > 0);
  });

  test('no adapter: 503 at once', async () => {
    await harness.stopAdapter();
    const start = performance.now();
    const response = await harness.post(token);
    const elapsed = performance.now() - start;
    harness.startAdapter();
    expect([response.status, (await errorOf(response)).code]).toEqual([503, 'no_adapter']);
    expect(elapsed).toBeLessThan(250);
    expect(await recordOf(response)).toMatchObject({ outcome: 'failed', errorCode: 'no_adapter', basis: 'none' });
  });
});

describe('the caller leaves', () => {
  const rawHead = (length: number): string =>
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nx-api-key: ${token}\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`;
  const lastRecord = () => waitFor(() => harness.records.find((record) => record.tokenId === `tok_${publicId}`));

  test('before the body is whole', async () => {
    const socket = connect(harness.port, '127.0.0.1');
    socket.write(`${rawHead(100)}{"mo`);
    await waitFor(() => [...harness.router.gate.calls.all()].some((call) => call.phase === 'reading'));
    socket.destroy();
    expect(await lastRecord()).toMatchObject({ outcome: 'cancelled', status: 499, attempts: [] });
  });

  test('before the answer: the upstream is cancelled within 100 ms', async () => {
    harness.adapt = () => undefined;
    const socket = connect(harness.port, '127.0.0.1');
    const before = harness.calls.length;
    socket.write(`${rawHead(chat().length)}${chat()}`);
    await waitFor(() => harness.calls.length > before);
    const left = performance.now();
    socket.destroy();
    await waitFor(() => harness.cancels.includes('cancelled'), { intervalMs: 2 });
    expect(performance.now() - left).toBeLessThan(100);
    expect(await lastRecord()).toMatchObject({
      outcome: 'cancelled',
      status: 499,
      attempts: [{ errorCode: 'client_closed_request' }],
    });
  });

  test('during the stream: what passed is counted', async () => {
    harness.adapt = (stream) => {
      stream.sendHead(head('text/event-stream'));
      for (const word of ['a', 'b', 'c']) stream.send(encodeUtf8(event(word)));
    };
    const controller = new AbortController();
    const response = await harness.post(token, chat({ stream: true }), { signal: controller.signal });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    controller.abort();
    await reader.read().catch(() => undefined);
    expect(await recordOf(response)).toMatchObject({ outcome: 'cancelled', basis: 'estimated', usage: { output: 3 } });
  });

  test('a revoked token`s stream ends within two seconds, and the next call is refused', async () => {
    harness.adapt = (stream) => {
      stream.sendHead(head('text/event-stream'));
      stream.send(encodeUtf8(event('a')));
    };
    const response = await harness.post(token, chat({ stream: true }));
    const start = performance.now();
    harness.tokens.delete(publicId);
    harness.change(publicId, 'revoked');
    expect(await response.text()).toContain('"code":"invalid_api_key"');
    expect(performance.now() - start).toBeLessThan(2_000);
    expect((await harness.post(token)).status).toBe(401);
  });
});

test('a slow caller stops the upstream: what is in memory stays bounded', async () => {
  let sent = 0;
  harness.adapt = (stream) => {
    const piece = Buffer.alloc(64 * 1024, 'x');
    stream.sendHead(head('text/event-stream'));
    const go = (): void => {
      while (sent < 200 * 1024 * 1024) {
        sent += piece.length;
        if (!stream.send(Buffer.from(piece))) return;
      }
    };
    stream.onDrain = go;
    go();
  };
  const socket = connect(harness.port, '127.0.0.1');
  const body = chat({ stream: true });
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nx-api-key: ${token}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  socket.pause();
  await waitFor(() => sent > 0);
  let last = -1;
  await waitFor(
    () => {
      const still = sent === last;
      last = sent;
      return still;
    },
    { intervalMs: 300 },
  );
  expect(sent).toBeLessThan(16 * 1024 * 1024);
  socket.destroy();
});

import { connect } from 'node:net';
import { encodeUtf8 } from '@tollgate/kernel';
import { waitFor } from '@tollgate/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { answerWhole, chat, event, head, RouterHarness } from '../testing/harness.js';

const harness = new RouterHarness();
let token = '';
let publicId = '';

beforeAll(async () => {
  await harness.start();
  await waitFor(() => harness.router.gate.routes.index);
});
afterAll(() => harness.stop());
beforeEach(() => {
  ({ text: token, publicId } = harness.addToken());
  harness.adapt = (stream) => answerWhole(stream);
  harness.cancels.length = 0;
});

const recordsOf = (id: string | null) => harness.records.filter((record) => record.id === id);
const recordOf = (response: Response) => {
  const id = response.headers.get('x-tollgate-request-id');
  return waitFor(() => recordsOf(id)[0], { what: 'the usage record' });
};
const codeOf = async (response: Response): Promise<string> => ((await response.json()) as { error: { code: string } }).error.code;

describe('the adapter is lost', () => {
  test.each([
    ['peer_lost', 'adapter_lost'],
    ['gap', 'adapter_lost'],
    ['disconnected', 'gateway_unavailable'],
  ] as const)('in mid-stream (%s): an error event %s, settled as interrupted, with what passed estimated', async (loss, code) => {
    harness.adapt = (stream) => {
      stream.sendHead(head('text/event-stream'));
      for (const word of ['a', 'b']) stream.send(encodeUtf8(event(word)));
    };
    const response = await harness.post(token, chat({ stream: true }));
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let text = '';
    while (text.split('data:').length < 3) text += Buffer.from((await reader.read()).value as Uint8Array).toString();
    harness.loseStreams(loss);
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) text += Buffer.from(piece.value).toString();
    const whole = `${event('a')}${event('b')}`;
    expect(text.startsWith(whole)).toBe(true);
    expect(JSON.parse(text.slice(whole.length + 'data: '.length))).toMatchObject({ error: { code } });
    expect(text).not.toContain('[DONE]');
    const record = await recordOf(response);
    expect(record).toMatchObject({
      outcome: 'interrupted',
      status: 200,
      errorCode: code,
      basis: 'estimated',
      attempts: [{ errorCode: code, basis: 'estimated' }],
    });
    expect(record.usage.output).toBe(2);
    expect(record.usage.input).toBeGreaterThan(0);
    expect(record.cost).not.toBeNull();
    await waitFor(() => harness.cancels.length > 0);
  });

  test('within a whole answer of which a part is out: the connection is cut, no client takes it for complete', async () => {
    harness.adapt = (stream) => {
      stream.sendHead(head());
      stream.send(encodeUtf8('x'.repeat(100_000)));
    };
    const response = await harness.post(token);
    harness.loseStreams('peer_lost');
    await expect(response.text()).rejects.toThrow();
    expect(await recordOf(response)).toMatchObject({ outcome: 'interrupted', basis: 'estimated', errorCode: 'adapter_lost' });
  });

  test('before the first byte: the next deployment answers, the lost attempt is on the record as estimated', async () => {
    harness.adapt = (stream, call) => {
      if (call.deploymentId === 'a') queueMicrotask(() => harness.loseStreams('peer_lost'));
      else answerWhole(stream);
    };
    const response = await harness.post(token, chat({ model: 'fallback' }));
    expect([response.status, response.headers.get('x-tollgate-attempts')]).toEqual([200, '2']);
    const { attempts, basis } = await recordOf(response);
    expect(attempts.map((attempt) => [attempt.errorCode, attempt.basis])).toEqual([
      ['adapter_lost', 'estimated'],
      [null, 'reported'],
    ]);
    expect(basis).toBe('estimated');
  });

  test('no room for a long body: 503 overloaded, nothing used, and the next deployment may try', async () => {
    harness.adapt = (stream, call) => {
      if (call.deploymentId === 'a') queueMicrotask(() => harness.loseStreams('no_capacity'));
      else answerWhole(stream);
    };
    const refused = await harness.post(token);
    expect([refused.status, await codeOf(refused)]).toEqual([503, 'overloaded']);
    expect(await recordOf(refused)).toMatchObject({ outcome: 'failed', basis: 'none', usage: { input: 0, output: 0 } });
    const served = await harness.post(token, chat({ model: 'fallback' }));
    expect(served.status).toBe(200);
    expect(await recordOf(served)).toMatchObject({ basis: 'reported', attempts: [{ basis: 'none' }, { basis: 'reported' }] });
  });
});

test.each([false, true])(
  'the caller leaves after the answer (stream: %s): one record, succeeded, nothing cancelled',
  async (stream) => {
    harness.adapt = (served) => {
      if (!stream) return answerWhole(served);
      served.sendHead(head('text/event-stream'));
      served.send(encodeUtf8(`${event('a')}data: [DONE]\n\n`));
      served.end(encodeUtf8(JSON.stringify({ usage: { ...NOTHING, input: 1, output: 1 }, basis: 'reported', durationMs: 1 })));
    };
    const body = chat({ stream });
    const socket = connect(harness.port, '127.0.0.1');
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nx-api-key: ${token}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    await waitFor(() => text.includes(stream ? '[DONE]' : '"hello"'), { intervalMs: 1 });
    socket.resetAndDestroy();
    const record = await waitFor(() => harness.records.find(({ tokenId }) => tokenId === `tok_${publicId}`));
    expect(record).toMatchObject({ outcome: 'succeeded', status: 200, basis: 'reported' });
    await waitFor(() => harness.router.gate.calls.size === 0);
    // A later call's record comes behind everything that this one could still have left.
    const later = await harness.post(token);
    await recordOf(later);
    expect(recordsOf(record.id)).toHaveLength(1);
    expect(harness.cancels).toEqual([]);
  },
);
const NOTHING = { input: 0, cacheRead: 0, cacheWrite: 0, inputAudio: 0, output: 0, reasoning: 0, outputAudio: 0 };

test('no adapter: 503 no_adapter within 50 ms', async () => {
  // Once before: the token's first look-up and the code's first run are not what is measured.
  expect((await harness.post(token)).status).toBe(200);
  await harness.stopAdapter();
  try {
    const times: number[] = [];
    for (let round = 0; round < 8; round += 1) {
      const start = performance.now();
      const response = await harness.post(token);
      expect([response.status, await codeOf(response)]).toEqual([503, 'no_adapter']);
      times.push(performance.now() - start);
      expect(response.headers.get('retry-after')).toBe('1');
      expect(await recordOf(response)).toMatchObject({ outcome: 'failed', errorCode: 'no_adapter', basis: 'none' });
    }
    // The machine may give this process no time just then, never too much: the quickest is what the router itself takes.
    expect(Math.min(...times)).toBeLessThan(50);
  } finally {
    harness.startAdapter();
  }
});

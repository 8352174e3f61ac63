import { request } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sendRaw } from '../raw-http.js';
import { waitFor } from '../wait-for.js';
import type { Wait } from './faults/play-script.js';
import { startSimulatedProvidersProcess } from './process.js';
import { type SimulatedProviders, startSimulatedProviders } from './server.js';

const waits: { readonly ms: number; readonly run: () => void }[] = [];
let immediate = true;
/** A timer by hand: what is asked for is noted, and run at once or when a test says so. */
const wait: Wait = (ms, run) => {
  waits.push({ ms, run });
  if (immediate) setImmediate(run);
  return () => undefined;
};

let providers: SimulatedProviders;
beforeAll(async () => {
  providers = await startSimulatedProviders({ wait });
});
beforeEach(() => {
  waits.length = 0;
  immediate = true;
});
afterAll(() => providers.stop());

const SAY = '@say one two three four';
const anthropicBody = (model: string, stream = true) => ({
  model,
  stream,
  max_tokens: 50,
  messages: [{ role: 'user', content: SAY }],
});

const call = (model: string, stream = true, signal?: AbortSignal): Promise<Response> =>
  fetch(`${providers.url('anthropic')}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': providers.keys.anthropic, 'anthropic-version': '2023-06-01' },
    body: JSON.stringify(anthropicBody(model, stream)),
    ...(signal === undefined ? {} : { signal }),
  });

const lastEntry = () => providers.ledger.entries.at(-1);
const count = (text: string, piece: string): number => text.split(piece).length - 1;

describe('faults on the wire', () => {
  test('a stream arrives whole, word by word, ended by its last event', async () => {
    const text = await (await call('claude-sim-none')).text();
    expect(count(text, '"text_delta"')).toBe(4);
    expect(text.endsWith('event: message_stop\ndata: {"type":"message_stop"}\n\n')).toBe(true);
    await waitFor(() => lastEntry()?.state === 'complete');
    expect(lastEntry()).toMatchObject({ provider: 'anthropic', path: '/v1/messages', framesSent: 4, usage: { answer: 4 } });
  });

  test('dripped bytes are the same bytes', async () => {
    const whole = await (await call('claude-sim-none')).text();
    const dripped = await (await call('claude-sim-drip-3b-5ms')).text();
    const withoutIds = (text: string) => text.replace(/msg_\w+/g, '').replaceAll('claude-sim-drip-3b-5ms', 'claude-sim-none');
    expect(withoutIds(dripped)).toBe(withoutIds(whole));
    expect(new Set(waits.map(({ ms }) => ms))).toEqual(new Set([5]));
  });

  test('a frame comes twice', async () => {
    expect(count(await (await call('claude-sim-duplicate')).text(), '"text_delta"')).toBe(5);
  });

  test('a frame comes after the end', async () => {
    const text = await (await call('claude-sim-late')).text();
    expect(text.indexOf('text_delta', text.indexOf('message_stop'))).toBeGreaterThan(0);
  });

  test('half a line ends the stream', async () => {
    const text = await (await call('claude-sim-half-end-2')).text();
    expect(text.endsWith('\n\n')).toBe(false);
    expect(count(text, '"text_delta"')).toBeLessThanOrEqual(3);
  });

  test.for(['half-2', 'stall-2', 'silent'])('%s leaves the connection open until the reader goes', async (fault) => {
    const controller = new AbortController();
    const answer = call(`claude-sim-${fault}`, true, controller.signal).catch(() => null);
    const entry = await waitFor(() => {
      const found = lastEntry();
      return found?.model === `claude-sim-${fault}` && found.framesSent === (fault === 'silent' ? 0 : 2) && found;
    });
    expect(entry.state).toBe('answering');
    const reading = (await Promise.race([answer, new Promise<null>((resolve) => setImmediate(() => resolve(null)))]))
      ?.text()
      .catch(() => '');
    controller.abort();
    await waitFor(() => entry.state === 'aborted');
    await reading;
  });

  test.for([
    ['html', 'text/html'],
    ['wrong-type', 'text/plain; charset=utf-8'],
    ['empty', 'text/event-stream; charset=utf-8'],
  ] as const)('%s is sent as %s with 200', async ([fault, type]) => {
    const answer = await call(`claude-sim-${fault}`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, type]);
    expect((await answer.text()) === '').toBe(fault === 'empty');
  });

  test('a redirect points at the metadata host', async () => {
    const body = JSON.stringify(anthropicBody('claude-sim-redirect'));
    const head = `POST /anthropic/v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: ${providers.keys.anthropic}\r\nanthropic-version: 2023-06-01\r\n`;
    const bytes = `${head}content-type: application/json\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    expect(await sendRaw({ port: providers.port, bytes })).toMatchObject({
      status: 302,
      headers: { location: expect.stringContaining('169.254') },
    });
  });

  test('of a hundred calls 50 wait p50, 45 p95 and 5 p99', async () => {
    for (let number = 0; number < 100; number += 1) await (await call('claude-sim-latency-5-50-200', false)).text();
    const tally = (ms: number) => waits.filter((one) => one.ms === ms).length;
    expect([tally(5), tally(50), tally(200)]).toEqual([50, 45, 5]);
  });

  test('the first byte waits for its timer', async () => {
    immediate = false;
    const answer = call('claude-sim-wait-900ms');
    const first = await waitFor(() => waits[0]);
    expect([first.ms, lastEntry()?.status]).toEqual([900, 0]);
    first.run();
    expect(await (await answer).text()).toContain('message_stop');
  });
});

describe('429', () => {
  const answers: readonly (readonly [
    string,
    string,
    (keys: SimulatedProviders['keys']) => Record<string, string>,
    object,
    Record<string, string>,
    string,
  ])[] = [
    [
      'anthropic',
      '/v1/messages',
      (keys) => ({ 'x-api-key': keys.anthropic, 'anthropic-version': '2023-06-01' }),
      anthropicBody('claude'),
      { 'retry-after': '2', 'anthropic-ratelimit-requests-remaining': '0' },
      'rate_limit_error',
    ],
    [
      'openai',
      '/v1/chat/completions',
      (keys) => ({ authorization: `Bearer ${keys.openai}` }),
      { model: 'gpt', messages: [{ role: 'user', content: 'x' }] },
      { 'retry-after': '2', 'retry-after-ms': '1500', 'x-ratelimit-remaining-requests': '0' },
      'rate_limit_exceeded',
    ],
    [
      'gemini',
      '/v1beta/models/gemini:generateContent',
      (keys) => ({ 'x-goog-api-key': keys.gemini }),
      { contents: [{ parts: [{ text: 'x' }] }] },
      {},
      '"retryDelay": "1.5s"',
    ],
    [
      'bedrock',
      '/model/claude/converse',
      (keys) => ({ authorization: `Bearer ${keys.aws.apiKey}` }),
      { messages: [{ role: 'user', content: [{ text: 'x' }] }] },
      { 'x-amzn-errortype': expect.stringMatching(/^ThrottlingException/) as never },
      'Simulated 429',
    ],
  ];

  test.for(answers)('%s tells when to come again', async ([provider, path, headers, body, expected, says]) => {
    providers.arm(provider, '429-1500ms');
    const answer = await fetch(`${providers.url(provider)}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers(providers.keys) },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(429);
    expect(Object.fromEntries(answer.headers)).toMatchObject(expected);
    expect(await answer.text()).toContain(says);
  });
});

describe('addresses', () => {
  test('a vendor answers under its own host, too', async () => {
    const status = await new Promise<number>((resolve) => {
      const options = {
        port: providers.port,
        host: '127.0.0.1',
        path: '/v1/models',
        headers: { host: 'api.openai.com', authorization: `Bearer ${providers.keys.openai}` },
      };
      request(options, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      }).end();
    });
    expect(status).toBe(200);
  });

  test('a name that nobody has is no provider', async () => {
    expect((await fetch(`http://127.0.0.1:${providers.port}/nobody/v1/models`)).status).toBe(404);
  });

  test('a stream of Gemini without alt=sse is one JSON array', async () => {
    const answer = await fetch(`${providers.url('gemini')}/v1beta/models/gemini-2.5-flash:streamGenerateContent`, {
      method: 'POST',
      headers: { 'x-goog-api-key': providers.keys.gemini },
      body: JSON.stringify({ contents: [{ parts: [{ text: SAY }] }] }),
    });
    expect(await answer.json()).toHaveLength(5);
  });

  test('a fault that nobody knows cannot be armed', () => {
    expect(() => providers.arm('openai', 'fire')).toThrow('There is no fault fire');
  });
});

test('in a process of its own it answers, arms faults and hands out its ledger', async () => {
  const spawned = await startSimulatedProvidersProcess();
  try {
    const ask = async () =>
      fetch(`${spawned.url('ollama')}/api/chat`, {
        method: 'POST',
        body: JSON.stringify({ model: 'qwen3', stream: false, messages: [{ role: 'user', content: SAY }] }),
      });
    await spawned.arm('ollama', '503');
    expect([(await ask()).status, (await ask()).status]).toEqual([503, 200]);
    const entries = await waitFor(async () => {
      const found = await spawned.ledger();
      return found[1]?.state === 'complete' && found;
    });
    expect(entries).toMatchObject([
      { status: 503, state: 'refused' },
      { status: 200, usage: { answer: 4 } },
    ]);
    await expect(spawned.arm('ollama', 'fire')).rejects.toThrow('There is no fault fire');
    await spawned.clear();
    expect(await spawned.ledger()).toEqual([]);
  } finally {
    await spawned.stop();
  }
});

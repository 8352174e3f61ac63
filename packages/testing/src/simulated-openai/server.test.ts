import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitFor } from '../wait-for.js';
import { type SimulatedOpenAi, startSimulatedOpenAi } from './server.js';

let upstream: SimulatedOpenAi;
beforeAll(async () => {
  upstream = await startSimulatedOpenAi();
});
afterAll(() => upstream.stop());

const call = (body: object, signal?: AbortSignal): Promise<Response> =>
  fetch(`${upstream.url}/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ messages: [{ role: 'user', content: 'hello' }], ...body }),
    ...(signal === undefined ? {} : { signal }),
  });

test('a whole answer carries the usage that the ledger holds', async () => {
  const answer = (await (await call({ model: 'sim-fast', user: 'whole' })).json()) as {
    id: string;
    usage: { prompt_tokens: number; completion_tokens: number };
  };
  const [entry] = await waitFor(() => {
    const entries = upstream.ledger.of('whole');
    return entries[0]?.state === 'complete' && entries;
  });
  expect(entry).toMatchObject({ id: answer.id, status: 200, stream: false });
  expect(entry?.usage.completionTokens).toBe(answer.usage.completion_tokens);
  expect(entry?.usage.promptTokens).toBe(answer.usage.prompt_tokens);
});

test('a stream says the same words as the whole answer, then usage where it was asked for', async () => {
  const whole = (await (await call({ model: 'sim-fast', seed: 7 })).json()) as { choices: [{ message: { content: string } }] };
  const text = await (await call({ model: 'sim-fast', seed: 7, stream: true, stream_options: { include_usage: true } })).text();
  const events = text.split('\n\n').filter((line) => line.startsWith('data: {'));
  const chunks = events.map(
    (line) => JSON.parse(line.slice(6)) as { choices: [{ delta: { content?: string } }?]; usage: object | null },
  );
  expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(whole.choices[0].message.content);
  expect(chunks.at(-1)?.usage).toMatchObject({ prompt_tokens: 5 });
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
});

test('a reader that leaves is seen as aborted, with what was produced', async () => {
  const controller = new AbortController();
  const response = await call({ model: 'sim-slow-20ms', stream: true, user: 'leaver' }, controller.signal);
  const reader = response.body?.getReader();
  await reader?.read();
  await waitFor(() => (upstream.ledger.of('leaver')[0]?.framesSent ?? 0) > 2);
  controller.abort();
  const entry = await waitFor(() => upstream.ledger.of('leaver').find((row) => row.state === 'aborted'));
  expect(entry.framesSent).toBeLessThan(50);
});

test('a flaky model fails as often as its name says', async () => {
  const statuses = [];
  for (let i = 0; i < 3; i += 1) statuses.push((await call({ model: 'sim-flaky-2', user: 'flaky' })).status);
  expect(statuses).toEqual([500, 500, 200]);
});

test('a cut stream breaks after good frames', async () => {
  const response = await call({ model: 'sim-cut', stream: true, user: 'cut' });
  await expect(response.text()).rejects.toThrow();
  expect(upstream.ledger.of('cut')[0]).toMatchObject({ state: 'cut', framesSent: 3 });
});

test('what a slow reader does not take is not produced', async () => {
  const response = await call({ model: 'sim-big-200mb', stream: true, user: 'big' });
  const reader = response.body?.getReader();
  await reader?.read();
  const entry = upstream.ledger.of('big')[0];
  let last = -1;
  await waitFor(
    () => {
      const still = entry?.framesSent === last;
      last = entry?.framesSent ?? 0;
      return still;
    },
    { intervalMs: 100 },
  );
  expect(last).toBeLessThan(2_000);
  await reader?.cancel();
});

test.each([
  ['sim-429', 429],
  ['sim-529', 529],
  ['sim-401', 401],
  ['sim-html', 200],
])('%s answers %i', async (model, status) => {
  expect((await call({ model })).status).toBe(status);
});

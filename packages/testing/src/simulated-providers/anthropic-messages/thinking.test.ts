import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SimulatedProviders, startSimulatedProviders } from '../server.js';

let providers: SimulatedProviders;
beforeAll(async () => {
  providers = await startSimulatedProviders();
});
afterAll(() => providers.stop());

interface Message {
  readonly content: readonly Record<string, string>[];
  readonly usage: object;
}

async function ask(
  prompt: string,
  display: string,
  earlier: readonly object[] = [],
): Promise<{ status: number; message: Message }> {
  const answer = await fetch(`${providers.url('anthropic')}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': providers.keys.anthropic, 'anthropic-version': '2023-06-01' },
    body: JSON.stringify({
      model: 'claude-opus-5',
      max_tokens: 4096,
      thinking: { type: 'adaptive', display },
      messages: [...earlier, { role: 'user', content: prompt }],
    }),
  });
  return { status: answer.status, message: (await answer.json()) as Message };
}

const THOUGHT = '@think Hush now.\n@say Done.';

test('a thought that is left out keeps its signature and its tokens', async () => {
  const { message } = await ask(THOUGHT, 'omitted');
  expect(message.content[0]).toMatchObject({ type: 'thinking', thinking: '', signature: expect.stringMatching(/^\S{20,}$/) });
  expect(message.usage).toMatchObject({ output_tokens: 3, output_tokens_details: { thinking_tokens: 2 } });
});

test('a sealed thought says nothing and comes back byte for byte', async () => {
  const first = { role: 'user', content: THOUGHT };
  const { message } = await ask(`@redact\n${THOUGHT}`, 'summarized');
  const [thought, text] = message.content;
  expect(thought).toMatchObject({ type: 'redacted_thinking', data: expect.stringMatching(/^\S{20,}$/) });
  expect(JSON.stringify(message.content)).not.toContain('Hush');
  expect((await ask('go on', 'summarized', [first, { role: 'assistant', content: [thought, text] }])).status).toBe(200);
  const changed = { ...thought, data: `A${thought?.data?.slice(1)}` };
  expect((await ask('go on', 'summarized', [first, { role: 'assistant', content: [changed, text] }])).status).toBe(400);
});

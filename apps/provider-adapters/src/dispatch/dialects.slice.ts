import type { Dialect } from '@tollgate/contracts';
import { SIMULATED_KEYS, type SimulatedProviders, startSimulatedProviders } from '@tollgate/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type CallOptions, Harness, SECRET, type TestCall } from '../testing/harness.js';

const KEYS = { openai: SECRET, anthropic: SECRET, gemini: SECRET, mistral: SECRET, cohere: SECRET };
let harness: Harness;
let providers: SimulatedProviders;
beforeAll(async () => {
  providers = await startSimulatedProviders({ keys: { ...SIMULATED_KEYS, ...KEYS } });
  harness = await new Harness().start();
  harness.change((snapshot) => {
    const [sim] = snapshot.providers;
    if (sim === undefined) throw new Error('the harness has no provider');
    const anthropic = {
      ...sim,
      id: 'prov_anthropic',
      name: 'anthropic',
      baseUrl: providers.url('anthropic'),
      auth: { type: 'header' as const, header: 'x-api-key' },
      serves: [{ endpoint: 'chat.completions' as const, dialect: 'anthropic-messages' as const, path: '/v1/messages' }],
      headers: { 'anthropic-version': '2023-06-01' },
    };
    const openai = { ...sim, id: 'prov_openai', name: 'openai', baseUrl: `${providers.url('openai')}/v1` };
    const gemini = {
      ...sim,
      id: 'prov_gemini',
      name: 'gemini',
      baseUrl: providers.url('gemini'),
      auth: { type: 'header' as const, header: 'x-goog-api-key' },
      serves: [
        {
          endpoint: 'chat.completions' as const,
          dialect: 'gemini' as const,
          path: '/v1beta/models/{model}:generateContent',
          streamPath: '/v1beta/models/{model}:streamGenerateContent?alt=sse',
        },
      ],
      headers: {},
    };
    const mistral = {
      ...sim,
      id: 'prov_mistral',
      name: 'mistral',
      baseUrl: `${providers.url('mistral')}/v1`,
      serves: [{ endpoint: 'chat.completions' as const, dialect: 'mistral' as const, path: '/chat/completions' }],
    };
    const ollama = {
      ...sim,
      id: 'prov_ollama',
      name: 'ollama',
      baseUrl: providers.url('ollama'),
      auth: { type: 'none' as const },
      serves: [{ endpoint: 'chat.completions' as const, dialect: 'ollama' as const, path: '/api/chat' }],
    };
    const cohere = {
      ...sim,
      id: 'prov_cohere',
      name: 'cohere',
      baseUrl: providers.url('cohere'),
      serves: [{ endpoint: 'chat.completions' as const, dialect: 'cohere-v2' as const, path: '/v2/chat' }],
    };
    snapshot.providers.push(gemini, mistral, ollama, cohere, anthropic, { ...openai, quirks: ['max_completion_tokens'] });
    const common = { credentialId: 'cred_sealed' };
    snapshot.deployments.push(
      { ...common, id: 'anthropic', providerId: 'prov_anthropic', upstreamModel: '*' },
      { ...common, id: 'gemini', providerId: 'prov_gemini', upstreamModel: 'gemini-2.5-flash' },
      { ...common, id: 'mistral', providerId: 'prov_mistral', upstreamModel: '*' },
      { ...common, id: 'ollama', providerId: 'prov_ollama', upstreamModel: '*' },
      { ...common, id: 'cohere', providerId: 'prov_cohere', upstreamModel: '*' },
      { ...common, id: 'openai', providerId: 'prov_openai', upstreamModel: '*' },
    );
  });
});
afterAll(async () => {
  await harness.stop();
  await providers.stop();
});
beforeEach(() => {
  harness.spans.length = 0;
});

const PAIRS: readonly (readonly [caller: Dialect, vendor: string])[] = [
  ['openai-chat', 'anthropic'],
  ['anthropic-messages', 'openai'],
  ['anthropic-messages', 'anthropic'],
  ['openai-chat', 'gemini'],
  ['anthropic-messages', 'gemini'],
  ['openai-chat', 'mistral'],
  ['anthropic-messages', 'mistral'],
  ['openai-chat', 'ollama'],
  ['anthropic-messages', 'ollama'],
  ['openai-chat', 'cohere'],
  ['anthropic-messages', 'cohere'],
];
const MODELS: Readonly<Record<string, string>> = {
  anthropic: 'claude-sonnet-4-5',
  openai: 'gpt-4.1',
  gemini: 'gemini-2.5-flash',
  mistral: 'mistral-large-latest',
  ollama: 'qwen3',
  cohere: 'command-a-03-2025',
};
const FAULTS: readonly (readonly [fault: string, code: string])[] = [
  ['429', 'upstream_rate_limited'],
  ['529', 'upstream_overloaded'],
  ['quota', 'upstream_auth_failed'],
  ['context-window', 'upstream_context_window'],
  ['content-policy', 'upstream_content_policy'],
];
/** There a spent quota is a 429 like any other, and a prompt against the rules is answered with a 200 or refused like any other. */
const UNTOLD = ['quota', 'content-policy'];
const TELLS_ALL = ['openai', 'anthropic'];
const TOOL = {
  name: 'weather',
  description: 'Tells the weather',
  schema: { type: 'object', properties: { town: { type: 'string' } } },
};

const bodyOf = (caller: Dialect, model: string, text: string, fields: object = {}): string => {
  const tools =
    caller === 'openai-chat'
      ? [{ type: 'function', function: { name: TOOL.name, description: TOOL.description, parameters: TOOL.schema } }]
      : [{ name: TOOL.name, description: TOOL.description, input_schema: TOOL.schema }];
  return JSON.stringify({ model, max_tokens: 500, messages: [{ role: 'user', content: text }], tools, ...fields });
};
const send = (caller: Dialect, vendor: string, text: string, fields: object = {}, options: CallOptions = {}): Promise<TestCall> =>
  harness.finished({
    deploymentId: vendor,
    dialect: caller,
    body: bodyOf(caller, `${vendor}/${MODELS[vendor]}`, text, fields),
    ...options,
  });
const eventsOf = (call: TestCall): Record<string, unknown>[] =>
  call.text
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice(6)));

/** What a client of that dialect would make of the answer. */
function understood(caller: Dialect, call: TestCall, stream: boolean): { text: string; tool: string; stop: unknown } {
  // biome-ignore lint/suspicious/noExplicitAny: answers of two dialects, of which a few members are looked at.
  const all: any[] = stream ? eventsOf(call) : [JSON.parse(call.text)];
  let [text, tool, stop] = ['', '', null as unknown];
  for (const each of all) {
    if (caller === 'openai-chat') {
      const choice = each.choices[0];
      const said = choice?.delta ?? choice?.message ?? {};
      text += said.content ?? '';
      for (const made of said.tool_calls ?? []) tool += `${made.function.name ?? ''}${made.function.arguments ?? ''}`;
      stop = choice?.finish_reason ?? stop;
    } else if (stream) {
      const { delta, content_block: block } = each;
      text += delta?.text ?? '';
      tool += `${block?.name ?? ''}${delta?.partial_json ?? ''}`;
      stop = delta?.stop_reason ?? stop;
    } else {
      for (const block of each.content) {
        text += block.text ?? '';
        tool += block.type === 'tool_use' ? `${block.name}${JSON.stringify(block.input)}` : '';
      }
      stop = each.stop_reason;
    }
  }
  return { text, tool, stop };
}

describe.each(PAIRS)('%s at %s', (caller, vendor) => {
  const openai = caller === 'openai-chat';

  test.each([false, true])('words, their end and what they used arrive (streamed: %s)', async (stream) => {
    const call = await send(caller, vendor, '@say one two three', { stream });
    expect(call.failure).toBeNull();
    expect(understood(caller, call, stream)).toEqual({ text: 'one two three', tool: '', stop: openai ? 'stop' : 'end_turn' });
    const entry = providers.ledger.entries.at(-1);
    expect(call.end?.basis).toBe('reported');
    const { usage } = call.end ?? {};
    expect(usage?.input).toBe(entry?.usage.fresh);
    expect(usage?.output).toBe(entry?.usage.answer);
    expect(call.head?.contentType).toMatch(stream ? /^text\/event-stream/ : /^application\/json/);
    expect(entry?.model).toBe(MODELS[vendor]);
  });

  test.each([false, true])('a tool is called with its arguments (streamed: %s)', async (stream) => {
    const call = await send(caller, vendor, '@call weather {"town":"Bern"}', { stream });
    const { tool, stop } = understood(caller, call, stream);
    expect(tool).toBe('weather{"town":"Bern"}');
    expect(stop).toBe(openai ? 'tool_calls' : 'tool_use');
  });

  // The deployment at Gemini names its model itself, since that stands in the path.
  test.skipIf(vendor === 'gemini')(
    'a refusal of the vendor comes in the caller`s envelope, and says nothing of our account',
    async () => {
      const call = await send(caller, vendor, 'x', { model: `${vendor}/nothing-404` });
      expect(call.order).toEqual(['error']);
      expect(call.failure).toMatchObject({ code: 'upstream_not_found', status: vendor === 'mistral' ? 400 : 404, basis: 'none' });
      const body = JSON.parse(call.failure?.body ?? 'null');
      expect(typeof body.error.message).toBe('string');
      expect(body.type).toBe(openai ? undefined : 'error');
    },
  );

  test.each(FAULTS.filter(([fault]) => TELLS_ALL.includes(vendor) || !UNTOLD.includes(fault)))(
    '%s is told apart',
    async (fault, code) => {
      providers.arm(vendor, fault);
      const call = await send(caller, vendor, '@say one');
      expect(call.failure?.code).toBe(code);
      expect(call.order).toEqual(['error']);
    },
  );

  test('an overload inside a 200, before the first word, is still an error that can be tried elsewhere', async () => {
    providers.arm(vendor, 'overload');
    const call = await send(caller, vendor, '@words 20', { stream: true });
    expect(call.order).toEqual(['error']);
    expect(call.failure?.code).toBe('upstream_overloaded');
  });

  test('a stream that breaks after some words is settled with what has passed', async () => {
    providers.arm(vendor, 'cut-3');
    const call = await send(caller, vendor, '@words 50', { stream: true });
    expect(call.order[0]).toBe('head');
    expect(call.order.at(-1)).toBe('error');
    expect(call.failure).toMatchObject({ code: 'upstream_closed', basis: 'counted' });
    expect(call.failure?.usage.output).toBeGreaterThan(0);
    expect(call.failure?.usage.output).toBeLessThan(50);
  });

  test('the cap on the output reaches the vendor', async () => {
    await send(caller, vendor, '@words 100', {}, { maxOutputTokens: 10 });
    const body = JSON.stringify(providers.ledger.entries.at(-1)?.body);
    expect(body).toMatch(/"(max_(completion_)?tokens|maxOutputTokens|num_predict)":10\b/);
  });
});

test('the same dialect passes to the letter, model and cap aside', async () => {
  const body = '{"max_tokens":50,  "model":"anthropic/claude-sonnet-4-5","messages":[{"role":"user","content":"@say \\u0068i"}]}';
  const call = await harness.finished({ deploymentId: 'anthropic', dialect: 'anthropic-messages', body });
  expect(call.end?.basis).toBe('reported');
  const entry = providers.ledger.entries.at(-1);
  expect(entry?.requestBytes).toBe(body.replace('anthropic/claude', 'claude').length);
});

test('what cannot be carried is named', async () => {
  const call = await send('openai-chat', 'anthropic', '@say hi', { logit_bias: { 5: 1 }, seed: 7 });
  expect(call.failure).toBeNull();
  expect(call.head?.dropped).toEqual(expect.arrayContaining(['logit_bias', 'seed']));
});

test('a body that is wrong in the caller`s dialect is the caller`s to mend', async () => {
  const call = await send('openai-chat', 'anthropic', 'x', { messages: [{ role: 'wizard', content: 'x' }] });
  expect(call.failure).toMatchObject({ code: 'invalid_request', status: null, basis: 'none' });
  expect(call.failure?.message).toContain('messages');
});

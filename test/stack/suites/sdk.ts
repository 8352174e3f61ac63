import type { Stack } from '@tollgate/testing';
import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';

const client = (stack: Stack): OpenAI => new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: stack.token, maxRetries: 0 });
const hello = [{ role: 'user' as const, content: 'hello' }];
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** The official SDK as a user has it, against the gateway. */
export function describeSdk(stack: () => Stack): void {
  describe('the openai SDK', () => {
    test('gets a whole answer with its usage', async () => {
      const answer = await client(stack()).chat.completions.create({ model: 'sim/sim-fast', messages: hello, seed: 11 });
      expect(answer.choices[0]?.message.content?.split(' ').length).toBe(answer.usage?.completion_tokens);
      // The upstream's own answer, to the letter.
      expect(answer.model).toBe('sim-fast');
      expect(answer.system_fingerprint).toBe('fp_simulated');
    });

    test('streams the same words, without a usage chunk that it did not ask for', async () => {
      const whole = await client(stack()).chat.completions.create({ model: 'sim/sim-fast', messages: hello, seed: 12 });
      const stream = await client(stack()).chat.completions.create({
        model: 'sim/sim-fast',
        messages: hello,
        seed: 12,
        stream: true,
      });
      const chunks = [];
      for await (const chunk of stream) chunks.push(chunk);
      expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(whole.choices[0]?.message.content);
      expect(chunks.every((chunk) => chunk.choices.length > 0 && !chunk.usage)).toBe(true);
    });

    test('streams usage where it asks for it', async () => {
      const stream = await client(stack()).chat.completions.create({
        model: 'sim/sim-fast',
        messages: hello,
        stream: true,
        stream_options: { include_usage: true },
      });
      const chunks = [];
      for await (const chunk of stream) chunks.push(chunk);
      expect(chunks.at(-1)?.usage?.completion_tokens).toBeGreaterThan(0);
    });

    test('gets tool calls, whole and streamed', async () => {
      const tools = [{ type: 'function' as const, function: { name: 'find_tree', parameters: { type: 'object' } } }];
      const body = { model: 'sim/sim-tools', messages: hello, tools, seed: 5 };
      const whole = await client(stack()).chat.completions.create(body);
      const call = whole.choices[0]?.message.tool_calls?.[0];
      expect(call).toMatchObject({ type: 'function', function: { name: 'find_tree', arguments: '{"query":"amber","seed":5}' } });
      let streamed = '';
      for await (const chunk of await client(stack()).chat.completions.create({ ...body, stream: true })) {
        streamed += chunk.choices[0]?.delta.tool_calls?.[0]?.function?.arguments ?? '';
      }
      expect(streamed).toBe('{"query":"amber","seed":5}');
    });

    test('sends images and a body of 5 MB', async () => {
      const image = { type: 'image_url' as const, image_url: { url: `data:image/png;base64,${PIXEL}` } };
      const small = await client(stack()).chat.completions.create({
        model: 'sim/sim-fast',
        messages: [{ role: 'user', content: [{ type: 'text', text: 'what is it' }, image] }],
      });
      expect(small.usage?.prompt_tokens).toBe(3 + 3 + 85);
      const big = { type: 'image_url' as const, image_url: { url: `data:image/png;base64,${'A'.repeat(5_000_000)}` } };
      const large = await client(stack()).chat.completions.create({
        model: 'sim/sim-fast',
        messages: [{ role: 'user', content: [big] }],
      });
      expect(large.usage?.prompt_tokens).toBe(3 + 85);
    });

    test('drives the demo: tools whole and streamed, JSON, several answers, a bound, usage', async () => {
      const tools = [{ type: 'function' as const, function: { name: 'find_tree', parameters: { type: 'object' } } }];
      const body = { model: 'demo/echo', messages: hello, tools, tool_choice: 'required' as const };
      const called = await client(stack()).chat.completions.create(body);
      expect(called.choices[0]?.finish_reason).toBe('tool_calls');
      const runner = client(stack()).chat.completions.stream({ ...body, stream_options: { include_usage: true } });
      const streamed = await runner.finalChatCompletion();
      expect(streamed.choices[0]?.message.tool_calls?.[0]).toMatchObject({ function: { name: 'find_tree', arguments: '{}' } });
      expect(streamed.usage).toEqual(called.usage);
      const json = await client(stack()).chat.completions.create({
        model: 'demo/echo',
        messages: hello,
        n: 2,
        response_format: { type: 'json_object' },
      });
      expect(json.choices.map(({ message }) => JSON.parse(message.content ?? '').demo)).toEqual([true, true]);
      const short = await client(stack()).chat.completions.create({ model: 'demo/chat', messages: hello, max_tokens: 3 });
      expect([short.choices[0]?.finish_reason, short.usage?.completion_tokens]).toEqual(['length', 3]);
    });

    test('lists the models', async () => {
      const ids = [];
      for await (const model of await client(stack()).models.list()) ids.push(model.id);
      expect(ids.some((id) => id.startsWith('demo/'))).toBe(true);
    });

    test('reads an error as its own error class', async () => {
      const wrong = new OpenAI({ baseURL: `${stack().url}/v1`, apiKey: 'sk-nothing', maxRetries: 0 });
      await expect(wrong.chat.completions.create({ model: 'sim/sim-fast', messages: hello })).rejects.toMatchObject({
        status: 401,
        code: 'invalid_api_key',
      });
    });

    test('tells the first token as soon as it is there', async () => {
      const since = performance.now();
      const stream = await client(stack()).chat.completions.create({
        model: 'sim/sim-slow-100ms-20',
        messages: hello,
        stream: true,
      });
      for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
      // Twenty frames of 100 ms take two seconds; the first must not wait for the rest.
      expect(performance.now() - since).toBeLessThan(1_000);
    });
  });
}

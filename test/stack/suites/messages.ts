import Anthropic, { APIError } from '@anthropic-ai/sdk';
import type { Stack } from '@tollgate/testing';
import { describe, expect, test } from 'vitest';
import { chat, newCallName, recordOf } from '../support.ts';

/** Anthropic's own SDK in front, a vendor that speaks OpenAI's chat behind. */
export function describeMessages(stack: () => Stack): void {
  describe('Anthropic messages', () => {
    const client = (token = stack().token) => new Anthropic({ baseURL: stack().url, apiKey: token, maxRetries: 0 });
    const turn = { max_tokens: 500, messages: [{ role: 'user' as const, content: 'hello' }] };

    test('a whole answer, with what it used, and one record of it', async () => {
      const name = newCallName();
      const message = await client().messages.create({ model: 'sim/sim-fast', ...turn }, { headers: { 'x-request-id': name } });
      expect(message).toMatchObject({ type: 'message', role: 'assistant', stop_reason: 'end_turn' });
      const [block] = message.content;
      expect(block?.type === 'text' ? block.text.length : 0).toBeGreaterThan(0);
      const record = await recordOf(stack(), name);
      expect(record).toMatchObject({ outcome: 'succeeded', basis: 'reported', model: 'sim/sim-fast' });
      expect(message.usage.output_tokens).toBe(record.tokens.output);
      expect(message.usage.input_tokens + (message.usage.cache_read_input_tokens ?? 0)).toBe(
        record.tokens.input + record.tokens.cache_read,
      );
    });

    test('a streamed answer says the same', async () => {
      const name = newCallName();
      const stream = client().messages.stream({ model: 'sim/sim-fast', ...turn }, { headers: { 'x-request-id': name } });
      let deltas = 0;
      stream.on('text', () => {
        deltas += 1;
      });
      const message = await stream.finalMessage();
      expect(deltas).toBeGreaterThan(1);
      expect(message.stop_reason).toBe('end_turn');
      const record = await recordOf(stack(), name);
      expect(record).toMatchObject({ outcome: 'succeeded', basis: 'reported', stream: true });
      expect(message.usage.output_tokens).toBe(record.tokens.output);
    });

    test('a tool is called with its arguments', async () => {
      const tools = [{ name: 'lookup', description: 'Looks up', input_schema: { type: 'object' as const, properties: {} } }];
      const message = await client().messages.create({ model: 'sim/sim-tools', tools, ...turn });
      expect(message.stop_reason).toBe('tool_use');
      expect(message.content.some(({ type }) => type === 'tool_use')).toBe(true);
    });

    test('errors come in its own envelope, with the gateway`s status', async () => {
      const errorOf = async (work: Promise<unknown>): Promise<APIError> => {
        const error: unknown = await work.then(
          () => null,
          (cause: unknown) => cause,
        );
        if (!(error instanceof APIError)) throw new Error('no error of the API');
        return error;
      };
      const wrong = await errorOf(client('tgk_live_nothing').messages.create({ model: 'sim/sim-fast', ...turn }));
      expect([wrong.status, wrong.type]).toEqual([401, 'authentication_error']);
      const unknown = await errorOf(client().messages.create({ model: 'nobody/knows', ...turn }));
      expect([unknown.status, unknown.type]).toEqual([404, 'not_found_error']);
      const limited = await errorOf(client().messages.create({ model: 'sim/sim-429', ...turn }));
      expect([limited.status, limited.type]).toEqual([429, 'rate_limit_error']);
      const wizard = [{ role: 'wizard' as 'user', content: 'hello' }];
      const broken = await errorOf(client().messages.create({ model: 'sim/sim-fast', ...turn, messages: wizard }));
      expect([broken.status, broken.type]).toEqual([400, 'invalid_request_error']);
    });

    test('a stream that breaks ends with an error event', async () => {
      const stream = client().messages.stream({ model: 'sim/sim-late-error-event', ...turn });
      await expect(stream.finalMessage()).rejects.toThrow();
    });

    test('the base URL may end in /anthropic, and the same model answers in both grammars', async () => {
      const nested = new Anthropic({ baseURL: `${stack().url}/anthropic`, apiKey: stack().token, maxRetries: 0 });
      expect((await nested.messages.create({ model: 'sim/sim-fast', ...turn })).type).toBe('message');
      expect((await chat(stack(), { model: 'sim/sim-fast' })).status).toBe(200);
    });
  });
}

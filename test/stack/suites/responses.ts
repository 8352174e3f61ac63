import type { Stack } from '@tollgate/testing';
import OpenAI, { APIError } from 'openai';
import { describe, expect, test } from 'vitest';
import { newCallName, recordOf } from '../support.ts';

const CHAT = 'sim/sim-fast';
/** A vendor of responses itself. */
const NATIVE = 'openai/gpt-4.1';

/** OpenAI's own SDK at /v1/responses: before a vendor that serves them and before one that knows only chats. */
export function describeResponses(stack: () => Stack): void {
  describe('OpenAI responses', () => {
    const client = (token = stack().token) => new OpenAI({ baseURL: `${stack().url}/v1`, apiKey: token, maxRetries: 0 });
    const errorOf = async (work: PromiseLike<unknown>): Promise<APIError> => {
      const error: unknown = await work.then(
        () => null,
        (cause: unknown) => cause,
      );
      if (!(error instanceof APIError)) throw new Error('no error of the API');
      return error;
    };

    test.each([CHAT, NATIVE])('%s: a whole answer, with what it used, and one record of it', async (model) => {
      const name = newCallName();
      const answer = await client().responses.create({ model, input: 'hello' }, { headers: { 'x-request-id': name } });
      expect(answer.status).toBe('completed');
      expect(answer.output_text.length).toBeGreaterThan(0);
      const record = await recordOf(stack(), name);
      expect(record).toMatchObject({ outcome: 'succeeded', basis: 'reported', model });
      expect(answer.usage?.output_tokens).toBe(record.tokens.output);
    });

    test.each([CHAT, NATIVE])('%s: a streamed answer says the same', async (model) => {
      const name = newCallName();
      const stream = await client().responses.create(
        { model, input: 'hello', stream: true },
        { headers: { 'x-request-id': name } },
      );
      let [text, final] = ['', ''];
      for await (const event of stream) {
        if (event.type === 'response.output_text.delta') text += event.delta;
        if (event.type === 'response.completed')
          final = event.response.output
            .flatMap((item) => (item.type === 'message' ? item.content : []))
            .map((part) => (part.type === 'output_text' ? part.text : ''))
            .join('');
      }
      expect(text.length).toBeGreaterThan(0);
      expect(final).toBe(text);
      expect(await recordOf(stack(), name)).toMatchObject({ outcome: 'succeeded', basis: 'reported', stream: true });
    });

    test('a tool is called with its arguments', async () => {
      const tools = [{ type: 'function' as const, name: 'lookup', parameters: { type: 'object' }, strict: false }];
      const answer = await client().responses.create({ model: 'sim/sim-tools', input: 'hello', tools });
      expect(answer.output.some((item) => item.type === 'function_call' && item.name === 'lookup')).toBe(true);
    });

    test('a stored response is gone on with where the vendor keeps it, and nowhere else', async () => {
      const first = await client().responses.create({ model: NATIVE, input: '@say one', store: true });
      const next = { input: '@say two', previous_response_id: first.id };
      expect((await client().responses.create({ model: NATIVE, ...next })).output_text).toBe('two');
      const refused = await errorOf(client().responses.create({ model: CHAT, ...next }));
      expect([refused.status, refused.param]).toEqual([400, 'previous_response_id']);
    });

    test('what is not served says so', async () => {
      const background = await errorOf(client().responses.create({ model: NATIVE, input: 'x', background: true }));
      expect([background.status, background.param]).toEqual([400, 'background']);
      const retrieved = await errorOf(client().responses.retrieve('resp_1'));
      expect(retrieved.status).toBe(404);
      const unknown = await errorOf(client().responses.create({ model: 'nobody/knows', input: 'x' }));
      expect([unknown.status, unknown.code]).toEqual([404, 'model_not_found']);
      const wrong = await errorOf(client('tgk_live_nothing').responses.create({ model: NATIVE, input: 'x' }));
      expect([wrong.status, wrong.code]).toEqual([401, 'invalid_api_key']);
    });
  });
}

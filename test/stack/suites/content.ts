import { ApiError, FunctionCallingConfigMode, GoogleGenAI, Type } from '@google/genai';
import type { Stack } from '@tollgate/testing';
import { describe, expect, test } from 'vitest';
import { newCallName, recordOf } from '../support.ts';

const CHAT = 'sim/sim-fast';
/** A vendor of the same grammar. */
const NATIVE = 'gemini/gemini-2.5-flash';

/** Google's own SDK in front: before a vendor that speaks it and before one that knows only OpenAI's chats. */
export function describeContent(stack: () => Stack): void {
  describe('Gemini content', () => {
    const client = (apiKey = stack().token, headers: Record<string, string> = {}) =>
      new GoogleGenAI({ apiKey, httpOptions: { baseUrl: stack().url, headers } });
    const named = () => {
      const name = newCallName();
      return { name, models: client(stack().token, { 'x-request-id': name }).models };
    };
    const errorOf = async (work: Promise<unknown>): Promise<ApiError> => {
      const error: unknown = await work.then(
        () => null,
        (cause: unknown) => cause,
      );
      if (!(error instanceof ApiError)) throw new Error('no error of the API');
      return error;
    };

    test.each([CHAT, NATIVE])('%s: a whole answer, with what it used, and one record of it', async (model) => {
      const { name, models } = named();
      const answer = await models.generateContent({ model, contents: 'hello', config: { maxOutputTokens: 500 } });
      expect(answer.text?.length).toBeGreaterThan(0);
      const record = await recordOf(stack(), name);
      expect(record).toMatchObject({ outcome: 'succeeded', basis: 'reported', model });
      expect(answer.usageMetadata?.candidatesTokenCount).toBe(record.tokens.output);
      expect(answer.usageMetadata?.promptTokenCount).toBe(record.tokens.input + record.tokens.cache_read);
    });

    test.each([CHAT, NATIVE])('%s: a streamed answer says the same', async (model) => {
      const { name, models } = named();
      let [text, chunks, output] = ['', 0, 0];
      for await (const chunk of await models.generateContentStream({ model, contents: 'hello' })) {
        text += chunk.text ?? '';
        chunks += 1;
        output = chunk.usageMetadata?.candidatesTokenCount ?? output;
      }
      expect(text.length).toBeGreaterThan(0);
      expect(chunks).toBeGreaterThan(1);
      const record = await recordOf(stack(), name);
      expect(record).toMatchObject({ outcome: 'succeeded', basis: 'reported', stream: true });
      expect(output).toBe(record.tokens.output);
    });

    test('a tool is called with its arguments', async () => {
      const declaration = { name: 'lookup', description: 'Looks up', parameters: { type: Type.OBJECT, properties: {} } };
      const config = {
        tools: [{ functionDeclarations: [declaration] }],
        toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.AUTO } },
      };
      const answer = await client().models.generateContent({ model: 'sim/sim-tools', contents: 'hello', config });
      expect(answer.functionCalls?.map(({ name }) => name)).toContain('lookup');
    });

    test('the models are listed in its shape, and one of them by its name', async () => {
      const names: string[] = [];
      for await (const model of await client().models.list()) names.push(model.name ?? '');
      expect(names).toContain(`models/${NATIVE}`);
      expect((await client().models.get({ model: NATIVE })).name).toBe(`models/${NATIVE}`);
    });

    test('errors come in its own envelope', async () => {
      const wrong = await errorOf(client('tgk_live_nothing').models.generateContent({ model: CHAT, contents: 'x' }));
      expect([wrong.status, wrong.message]).toEqual([401, expect.stringContaining('UNAUTHENTICATED')]);
      const unknown = await errorOf(client().models.generateContent({ model: 'nobody/knows', contents: 'x' }));
      expect([unknown.status, unknown.message]).toEqual([404, expect.stringContaining('NOT_FOUND')]);
    });

    test('a key in the URL is refused, whatever it is', async () => {
      const url = `${stack().url}/v1beta/models/${CHAT}:generateContent?key=anything`;
      const body = JSON.stringify({ contents: [{ parts: [{ text: 'hi' }] }] });
      const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      expect(response.ok).toBe(false);
      expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining('URL') } });
    });
  });
}

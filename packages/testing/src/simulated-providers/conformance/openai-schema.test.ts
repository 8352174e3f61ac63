import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SimulatedProviders, startSimulatedProviders } from '../server.js';
import { replay } from './replay.js';

/** Where the vendor's own OpenAPI document lies, outside of the repository. */
const FOLDER = process.env.SCHEMAS_DIR;

/** `nullable` is OpenAPI 3.0 in a document of 3.1: JSON Schema knows no null beside a `$ref` or an `enum`. */
function spellOutNull(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('nullable' in value)) return value;
  const { nullable, ...rest } = value;
  return nullable === true ? { anyOf: [rest, { type: 'null' }] } : rest;
}

/** Where real answers say null and the document allows a value only. */
const NULL_IN_TRUTH = new Set(['user', 'usage']);
const asDocumented = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), function (this: Record<string, unknown>, name, inner: unknown) {
    return inner === null && NULL_IN_TRUTH.has(name) ? undefined : inner;
  });

let providers: SimulatedProviders;
let ajv: Ajv;
beforeAll(async () => {
  providers = await startSimulatedProviders();
  if (FOLDER === undefined) return;
  // Formats such as `unixtime` and its `x-` keywords are the vendor's own.
  ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema(JSON.parse(readFileSync(join(FOLDER, 'openai-openapi.json'), 'utf8'), spellOutNull) as object, 'openai');
});
afterAll(() => providers.stop());

function complaints(name: string, values: readonly unknown[]): readonly string[] {
  const validate = ajv.getSchema(`openai#/components/schemas/${name}`);
  if (validate === undefined) throw new Error(`The document has no ${name}`);
  const found = values.flatMap((value) =>
    validate(value) ? [] : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`),
  );
  return [...new Set(found)];
}

const post = async (path: string, body: object): Promise<unknown> => {
  const headers = { authorization: `Bearer ${providers.keys.openai}`, 'content-type': 'application/json' };
  return (await fetch(`${providers.url('openai')}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).json();
};

describe.skipIf(FOLDER === undefined)("OpenAI's published schema (skipped where SCHEMAS_DIR is not set)", () => {
  test.for([
    ['openai chat', 'ask', 'CreateChatCompletionResponse'],
    ['openai chat', 'stream', 'CreateChatCompletionStreamResponse'],
    ['openai responses', 'ask', 'Response'],
    ['openai responses', 'stream', 'ResponseStreamEvent'],
  ] as const)('%s, %s: %s', async ([name, how, schema]) => {
    const values = (await replay(providers, how, name)).map(asDocumented);
    expect(values.length).toBeGreaterThan(5);
    expect(complaints(schema, values)).toEqual([]);
  });

  test('several choices', async () => {
    const answer = await post('/v1/chat/completions', {
      model: 'gpt-4.1',
      n: 3,
      logprobs: true,
      messages: [{ role: 'user', content: '@say a b' }],
    });
    expect(complaints('CreateChatCompletionResponse', [answer])).toEqual([]);
    expect(answer).toMatchObject({ choices: [{ index: 0 }, { index: 1 }, { index: 2 }], usage: { completion_tokens: 6 } });
  });

  test('a cache that was read and written', async () => {
    const content = `@cached 20 5\n${'a long prompt '.repeat(20)}`;
    const answer = await post('/v1/responses', { model: 'gpt-5', input: content });
    expect(complaints('Response', [asDocumented(answer)])).toEqual([]);
    expect(answer).toMatchObject({ usage: { input_tokens_details: { cached_tokens: 20, cache_write_tokens: 5 } } });
    const chat = await post('/v1/chat/completions', { model: 'gpt-4.1', messages: [{ role: 'user', content }] });
    expect(chat).toMatchObject({ usage: { prompt_tokens_details: { cached_tokens: 20, cache_write_tokens: 5 } } });
    expect(providers.ledger.entries.at(-1)?.usage).toMatchObject({ cacheRead: 20, cacheWritten: 5 });
  });

  test('embeddings', async () => {
    expect(
      complaints('CreateEmbeddingResponse', [await post('/v1/embeddings', { model: 'text-embedding-3-small', input: 'x' })]),
    ).toEqual([]);
  });

  test('errors', async () => {
    expect(complaints('ErrorResponse', [await post('/v1/chat/completions', { model: 'gpt-4.1' })])).toEqual([]);
  });
});

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stack } from '@tollgate/testing';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { chat, readEvents } from '../support.ts';

/** The vendor's own OpenAPI document, kept outside the repository. */
const file = join(process.env['SCHEMAS_DIR'] ?? '', 'openai-openapi.json');
const present = process.env['SCHEMAS_DIR'] !== undefined && existsSync(file);

type SchemaName =
  | 'CreateChatCompletionResponse'
  | 'CreateChatCompletionStreamResponse'
  | 'ErrorResponse'
  | 'ListModelsResponse'
  | 'Model';

/** `nullable` is OpenAPI 3.0 in a document of 3.1: JSON Schema knows no null beside a `$ref` or an `enum`. */
function spellOutNull(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('nullable' in value)) return value;
  const { nullable, ...rest } = value;
  return nullable === true ? { anyOf: [rest, { type: 'null' }] } : rest;
}

let ajv: Ajv | null = null;
/** What the document has against the value; an empty list where it conforms. */
function complaints(name: SchemaName, value: unknown): readonly string[] {
  if (ajv === null) {
    // Formats such as `unixtime` and its `x-` keywords are the vendor's own.
    ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
    ajv.addSchema(JSON.parse(readFileSync(file, 'utf8'), spellOutNull) as object, 'openai');
  }
  const validate = ajv.getSchema(`openai#/components/schemas/${name}`);
  if (validate === undefined) throw new Error(`The document has no ${name}`);
  return validate(value) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

const tools = [{ type: 'function', function: { name: 'find_tree', parameters: { type: 'object' } } }];
const ANSWERS: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ['words', { model: 'demo/chat' }],
  ['several answers', { model: 'demo/echo', n: 2 }],
  ['a tool call', { model: 'demo/echo', tools, tool_choice: 'required' }],
  ['a cut answer', { model: 'demo/chat', max_tokens: 3 }],
  ['words of an upstream', { model: 'sim/sim-fast' }],
  ['a tool call of an upstream', { model: 'sim/sim-tools', tools }],
];

/** What we say is what OpenAI's published description says that it says. */
export function describeOfficialSchema(stack: () => Stack): void {
  describe.skipIf(!present)("OpenAI's published schema (set SCHEMAS_DIR to its folder)", () => {
    test('tells a good answer from a bad one', () => {
      expect(complaints('ErrorResponse', { error: { type: 'x', message: 'x', param: null, code: null } })).toEqual([]);
      expect(complaints('ErrorResponse', { error: { type: 'x', message: 7, param: null } })).toHaveLength(2);
    });

    test.each(ANSWERS)('%s, whole', async (_, body) => {
      const response = await chat(stack(), body);
      expect(response.status).toBe(200);
      expect(complaints('CreateChatCompletionResponse', await response.json())).toEqual([]);
    });

    test.each(ANSWERS)('%s, streamed, with usage', async (_, body) => {
      const response = await chat(stack(), { ...body, stream: true, stream_options: { include_usage: true } });
      const { events } = await readEvents(response);
      expect(events.at(-1)).toBe('[DONE]');
      expect(events.length).toBeGreaterThan(2);
      const found = events.slice(0, -1).flatMap((event) => complaints('CreateChatCompletionStreamResponse', JSON.parse(event)));
      expect([...new Set(found)]).toEqual([]);
    });

    test.each([
      [401, { model: 'demo/chat' }, 'tgk_live_nobody'],
      [404, { model: 'nobody/knows-it' }, null],
      [400, { messages: 7 }, null],
      [429, { model: 'sim/sim-429' }, null],
      [502, { model: 'sim/sim-html' }, null],
    ] as const)('an error of status %i', async (status, body, token) => {
      const response = await chat(stack(), body, { token: token ?? stack().token });
      expect(response.status).toBe(status);
      expect(complaints('ErrorResponse', await response.json())).toEqual([]);
    });

    test('an error in mid-stream', async () => {
      const { events } = await readEvents(await chat(stack(), { model: 'sim/sim-cut', stream: true }));
      expect(complaints('ErrorResponse', JSON.parse(events.at(-1) ?? ''))).toEqual([]);
    });

    test('the models, all and one', async () => {
      const ask = async (path: string): Promise<unknown> =>
        (await fetch(`${stack().url}${path}`, { headers: { authorization: `Bearer ${stack().token}` } })).json();
      expect(complaints('ListModelsResponse', await ask('/v1/models'))).toEqual([]);
      expect(complaints('Model', await ask('/v1/models/demo/chat'))).toEqual([]);
    });
  });
}
